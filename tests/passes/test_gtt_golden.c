/* Graph transforms against TensorFlow's own tool: the committed selection of cases, and all of the
 * shared ones where they are.  IOPT_GTT=fold_constants (or driver/cycle_sort, or 'rename*') runs
 * these alone and prints the counts of every group. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/model_file.h"
#include "platform/file.h"
#include "t_gtt.h"
#include "t_gtt_case.h"

typedef struct Count {
    size_t passed, failed, not_binding, missing;
} Count;

/* The first transform of the string that does not exist here and that TensorFlow knew. */
static const char *find_missing(const TGttCase *c, const IoptGttCalls *calls)
{
    for (size_t i = 0; i < calls->n; i++)
        if (!iopt_transform_find(calls->at[i].name) &&
            !(c->wanted_error && strstr(c->wanted_error, "not recognized")))
            return calls->at[i].name;
    return NULL;
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

static void judge_error(TGttCase *c, IoptText *out)
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

static void judge_graph(TGttCase *c, IoptText *out)
{
    const bool folds = strstr(c->transforms, "fold_constants") != NULL;
    const bool hashes = strstr(c->transforms, "merge_duplicate_nodes") != NULL ||
                        strstr(c->transforms, "quantize_nodes") != NULL;
    char names[T_GTT_NAMES][256];
    const char *free_names[T_GTT_NAMES];
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

/* What run_groups counts, for one group at a time. */
typedef struct Tally {
    const char *group;
    Count count;
    IoptText missing; /* names of transforms that are not there */
} Tally;

static bool is_chosen(const char *group, const char *shown)
{
    const char *const filter = getenv("IOPT_GTT");

    return !filter || fnmatch(filter, group, 0) == 0 || fnmatch(filter, shown, 0) == 0;
}

static void run_case(const char *folder, const char *shown, void *user)
{
    Tally *const tally = user;
    Count *const count = &tally->count;
    TGttCase c = { .folder = folder };
    IoptGttCalls calls = { 0 };
    IoptText out = { 0 };
    const char *absent = NULL;

    if (!is_chosen(tally->group, shown))
        return;
    if (t_gtt_case_load(&c)) {
        c.status = iopt_gtt_parse(c.transforms, &calls, &c.err);
        if (c.status == IOPT_OK && !(absent = find_missing(&c, &calls)))
            t_gtt_case_run(&c, &calls);
        if (c.wanted_error && !absent)
            judge_error(&c, &out);
        else if (!absent)
            judge_graph(&c, &out);
    } else {
        iopt_text_printf(&out, "    cannot be read: %s\n", c.err.text);
    }
    if (absent) {
        count->missing++;
        note_missing(&tally->missing, absent);
    } else if (c.json && strstr(t_gtt_case_text(&c, "note"), "undefined upstream")) {
        count->not_binding++;
    } else if (out.size) {
        count->failed++;
        printf("gtt %s:\n%s", shown, out.s);
    } else {
        count->passed++;
    }
    iopt_text_free(&out);
    iopt_gtt_calls_free(&calls);
    t_gtt_case_free(&c);
}

/* --- all cases ------------------------------------------------------------------------------ */

static void add_count(Count *total, const Count *count)
{
    total->passed += count->passed;
    total->failed += count->failed;
    total->not_binding += count->not_binding;
    total->missing += count->missing;
}

static void run_groups(Test *t, const char *folder)
{
    char root[1024];
    Count total = { 0 };
    Tally tally = { 0 };
    char **groups;
    size_t n;

    (void)snprintf(root, sizeof root, "%s", folder); /* its buffer is used again and again */
    T_OK(t, iopt_directory_list(root, &groups, &n, &t->err));
    for (size_t i = 0; i < n; i++) {
        tally.group = groups[i];
        tally.count = (Count){ 0 };
        t_gtt_each_case(t, root, groups[i], run_case, &tally);
        const Count *const count = &tally.count;
        if (count->passed + count->failed + count->not_binding + count->missing &&
            getenv("IOPT_GTT"))
            printf("%-28s %4zu passed %4zu failed %3zu undefined %4zu without transform\n",
                   groups[i], count->passed, count->failed, count->not_binding, count->missing);
        add_count(&total, count);
    }
    iopt_names_free(groups, n);
    printf("gtt: %zu passed, %zu failed, %zu undefined upstream, %zu without transform%s%s\n",
           total.passed, total.failed, total.not_binding, total.missing,
           tally.missing.size ? ":" : "", tally.missing.size ? tally.missing.s : "");
    iopt_text_free(&tally.missing);
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
