/* Graph transforms against TensorFlow's own tool: the committed selection of cases, and all of the
 * shared ones where they are.  IOPT_GTT=fold_constants (or driver/cycle_sort, or 'rename*') runs
 * these alone and prints the counts of every group. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "formats/graphdef.h"
#include "formats/model_file.h"
#include "passes/gtt/gtt_driver.h"
#include "platform/file.h"
#include "t.h"
#include "t_gtt.h"

enum { MAX_NAMES = 32 };

typedef struct Case {
    const char *folder;
    cJSON *json;
    const char *inputs[MAX_NAMES], *outputs[MAX_NAMES];
    size_t n_inputs, n_outputs;
    const char *transforms;
    char *wanted_error; /* error.txt; NULL: the case gives a graph */
    IoptNodeList *in, *out;
    IoptStatus status;
    IoptError err;
} Case;

typedef struct Count {
    size_t passed, failed, not_binding, missing;
} Count;

static const char *text_of(const Case *c, const char *key)
{
    const cJSON *const item = cJSON_GetObjectItemCaseSensitive(c->json, key);

    return item && item->valuestring ? item->valuestring : "";
}

static char *read_text(const char *path)
{
    IoptBuffer *file;

    if (iopt_path_kind(path) != IOPT_PATH_FILE || iopt_file_map(path, &file, NULL) != IOPT_OK)
        return NULL;
    const size_t size = iopt_buffer_bytes(file);
    char *const text = calloc(size + 1, 1);
    if (text && size)
        memcpy(text, iopt_buffer_data(file), size);
    iopt_buffer_unref(file);
    return text;
}

static size_t read_names(const Case *c, const char *key, const char **out)
{
    const cJSON *item;
    size_t n = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(c->json, key))
    {
        if (n < MAX_NAMES)
            out[n++] = item->valuestring;
    }
    return n;
}

static bool load_case(Case *c)
{
    char *const json = read_text(t_path(c->folder, "args.json"));

    c->json = json ? cJSON_Parse(json) : NULL;
    free(json);
    if (!c->json)
        return false;
    c->n_inputs = read_names(c, "inputs", c->inputs);
    c->n_outputs = read_names(c, "outputs", c->outputs);
    c->transforms = text_of(c, "transforms");
    c->wanted_error = read_text(t_path(c->folder, "error.txt"));
    const char *const in = *text_of(c, "in") ? text_of(c, "in") : "in.pb";
    c->status = iopt_model_load_list(t_path(c->folder, in), NULL, &c->in, &c->err);
    return c->status == IOPT_OK;
}

/* Writes the result and reads it again: the writer is a part of the tool. */
static void write_and_read(Case *c)
{
    IoptText bytes = { 0 };
    IoptNodeList *again = NULL;
    IoptBuffer *file;

    c->status = iopt_graphdef_append_list(c->out, &bytes, &c->err);
    if (c->status == IOPT_OK)
        c->status = iopt_buffer_create(bytes.size, &file, &c->err);
    if (c->status == IOPT_OK) {
        if (bytes.size)
            memcpy(iopt_buffer_data(file), bytes.s, bytes.size);
        c->status = iopt_graphdef_parse_list(file, &again, &c->err);
        iopt_buffer_unref(file);
    }
    iopt_text_free(&bytes);
    iopt_list_destroy(c->out);
    c->out = again;
}

/* The first transform of the string that does not exist here and that TensorFlow knew. */
static const char *find_missing(const Case *c, const IoptGttCalls *calls)
{
    for (size_t i = 0; i < calls->n; i++)
        if (!iopt_transform_find(calls->at[i].name) &&
            !(c->wanted_error && strstr(c->wanted_error, "not recognized")))
            return calls->at[i].name;
    return NULL;
}

/* Runs in the case's folder, where the files are that the transforms name. */
static void run_transforms(Case *c, const IoptGttCalls *calls)
{
    const IoptTransformContext context = { .inputs = c->inputs,
                                           .n_inputs = c->n_inputs,
                                           .outputs = c->outputs,
                                           .n_outputs = c->n_outputs,
                                           .strict_compat = true };
    char here[4096];

    const bool moved = getcwd(here, sizeof here) && chdir(c->folder) == 0;
    c->status = iopt_gtt_run(c->in, calls, &context, &c->out, &c->err);
    if (moved && chdir(here) != 0)
        c->status = iopt_fail(&c->err, IOPT_IO, "cannot go back to %.300s", here);
    if (c->status == IOPT_OK)
        write_and_read(c);
}

/* --- judging ------------------------------------------------------------------------------- */

/* Messages that quote op definitions need only have the same status. */
static bool quotes_definitions(const char *message)
{
    static const char *const words[] = { "Op<name=", "[[{{node", "[[Node:",
                                         "NodeDef",  "binary",   "for node" };

    for (size_t i = 0; i < IOPT_COUNT(words); i++)
        if (strstr(message, words[i]))
            return true;
    return false;
}

static void judge_error(Case *c, IoptText *out)
{
    char *message = strchr(c->wanted_error, '\n');

    if (message)
        *message++ = 0;
    else
        message = c->wanted_error + strlen(c->wanted_error);
    if (c->status == IOPT_OK) {
        iopt_text_printf(out, "    no error; wanted %s: %.200s\n", c->wanted_error, message);
        return;
    }
    if (strcmp(c->wanted_error, "FATAL") == 0 || strcmp(c->wanted_error, "HANG") == 0)
        return; /* any error will do */
    size_t size = strlen(message);
    while (size && (message[size - 1] == '\n' || message[size - 1] == '\r'))
        size--;
    message[size] = 0;
    for (char *at = message; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = ' '; /* as iopt_fail has it */
    if (strcmp(iopt_gtt_status_name(c->status), c->wanted_error) != 0)
        iopt_text_printf(out, "    status %s (%s), wanted %s (%.200s)\n",
                         iopt_gtt_status_name(c->status), c->err.text, c->wanted_error, message);
    else if (strncmp(c->err.text, message, size < 400 ? size : 400) != 0 &&
             !quotes_definitions(message))
        iopt_text_printf(out, "    message '%s', wanted '%.300s'\n", c->err.text, message);
}

static void judge_graph(Case *c, IoptText *out)
{
    const bool folds = strstr(c->transforms, "fold_constants") != NULL;
    const bool hashes = strstr(c->transforms, "merge_duplicate_nodes") != NULL ||
                        strstr(c->transforms, "quantize_nodes") != NULL;
    char names[MAX_NAMES][256];
    const char *free_names[MAX_NAMES];
    IoptNodeList *want;
    IoptError err;

    if (c->status != IOPT_OK) {
        iopt_text_printf(out, "    %s: %s\n", iopt_gtt_status_name(c->status), c->err.text);
        return;
    }
    if (iopt_model_load_list(t_path(c->folder, "out.pb"), NULL, &want, &err) != IOPT_OK) {
        iopt_text_printf(out, "    %s\n", err.text);
        return;
    }
    for (size_t i = 0; i < c->n_inputs; i++) {
        (void)snprintf(names[i], sizeof names[i], "%.*s", (int)strcspn(c->inputs[i], ":"),
                       c->inputs[i]);
        free_names[i] = names[i];
    }
    TGttCompare may = { .free_names = free_names };
    if (folds) {
        may.rtol = 1e-5F;
        may.atol = 1e-6F;
        may.n_free = c->n_inputs > 1 ? c->n_inputs : 0;
    }
    t_gtt_compare(c->out, want, &may, out);
    if (out->size && folds && hashes) { /* the order depends on the last bits of folded values */
        iopt_text_free(out);
        may.any_order = true;
        t_gtt_compare(c->out, want, &may, out);
    }
    iopt_list_destroy(want);
}

static void note_missing(IoptText *missing, const char *name)
{
    char word[80];

    (void)snprintf(word, sizeof word, " %.70s", name);
    if (!missing->s || !strstr(missing->s, word))
        iopt_text_append(missing, word, strlen(word));
}

static void run_case(const char *folder, const char *shown, Count *count, IoptText *missing)
{
    Case c = { .folder = folder };
    IoptGttCalls calls = { 0 };
    IoptText out = { 0 };
    const char *absent = NULL;

    if (load_case(&c)) {
        c.status = iopt_gtt_parse(c.transforms, &calls, &c.err);
        if (c.status == IOPT_OK && !(absent = find_missing(&c, &calls)))
            run_transforms(&c, &calls);
        if (c.wanted_error && !absent)
            judge_error(&c, &out);
        else if (!absent)
            judge_graph(&c, &out);
    } else {
        iopt_text_printf(&out, "    cannot be read: %s\n", c.err.text);
    }
    if (absent) {
        count->missing++;
        note_missing(missing, absent);
    } else if (c.json && strstr(text_of(&c, "note"), "undefined upstream")) {
        count->not_binding++;
    } else if (out.size) {
        count->failed++;
        printf("gtt %s:\n%s", shown, out.s);
    } else {
        count->passed++;
    }
    iopt_text_free(&out);
    iopt_gtt_calls_free(&calls);
    iopt_list_destroy(c.in);
    iopt_list_destroy(c.out);
    cJSON_Delete(c.json);
    free(c.wanted_error);
}

/* --- finding the cases --------------------------------------------------------------------- */

static bool is_chosen(const char *group, const char *shown)
{
    const char *const filter = getenv("IOPT_GTT");

    return !filter || fnmatch(filter, group, 0) == 0 || fnmatch(filter, shown, 0) == 0;
}

/* Cases are folders with args.json; those of whole networks lie one folder deeper. */
static void run_folder(Test *t, const char *group, const char *folder, const char *shown,
                       Count *count, IoptText *missing)
{
    char path[2048], name[2048], **names;
    size_t n;

    if (iopt_path_kind(folder) != IOPT_PATH_DIRECTORY)
        return;
    (void)snprintf(path, sizeof path, "%s/args.json", folder);
    if (iopt_path_kind(path) == IOPT_PATH_FILE) {
        if (is_chosen(group, shown))
            run_case(folder, shown, count, missing);
        return;
    }
    if (strlen(shown) > 512)
        T_FAIL(t, "folders too deep: %s", folder);
    T_OK(t, iopt_directory_list(folder, &names, &n, &t->err));
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)snprintf(name, sizeof name, "%s/%s", shown, names[i]);
        run_folder(t, group, path, name, count, missing);
    }
    iopt_names_free(names, n);
}

static void run_groups(Test *t, const char *folder)
{
    char root[1024];
    Count total = { 0 };
    IoptText missing = { 0 };
    char path[2048], **groups;
    size_t n;

    (void)snprintf(root, sizeof root, "%s", folder); /* its buffer is used again and again */
    T_OK(t, iopt_directory_list(root, &groups, &n, &t->err));
    for (size_t i = 0; i < n; i++) {
        Count count = { 0 };
        (void)snprintf(path, sizeof path, "%s/%s", root, groups[i]);
        run_folder(t, groups[i], path, groups[i], &count, &missing);
        const size_t all = count.passed + count.failed + count.not_binding + count.missing;
        if (all && getenv("IOPT_GTT"))
            printf("%-28s %4zu passed %4zu failed %3zu undefined %4zu without transform\n",
                   groups[i], count.passed, count.failed, count.not_binding, count.missing);
        total.passed += count.passed;
        total.failed += count.failed;
        total.not_binding += count.not_binding;
        total.missing += count.missing;
    }
    iopt_names_free(groups, n);
    printf("gtt: %zu passed, %zu failed, %zu undefined upstream, %zu without transform%s%s\n",
           total.passed, total.failed, total.not_binding, total.missing, missing.size ? ":" : "",
           missing.size ? missing.s : "");
    iopt_text_free(&missing);
    if (total.failed)
        T_FAIL(t, "%zu of %zu cases failed", total.failed, total.passed + total.failed);
    T_SAME_INT(t, total.missing, 0);
}

static void committed_cases_agree(Test *t)
{
    run_groups(t, t_path(t_data_dir(), "gtt"));
}

static void shared_cases_agree(Test *t)
{
    if (t_shared_dir())
        run_groups(t, t_path(t_path(t_shared_dir(), "golden"), "gtt"));
}

const TestCase tests_gtt_golden[] = {
    TEST(committed_cases_agree),
    TEST(shared_cases_agree),
    { 0 },
};
