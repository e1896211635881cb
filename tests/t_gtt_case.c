/* Golden cases of graph transforms. */
#include "t_gtt_case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "formats/graphdef.h"
#include "formats/model_file.h"
#include "platform/file.h"

const char *t_gtt_case_text(const TGttCase *c, const char *key)
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

static size_t read_names(const TGttCase *c, const char *key, const char **out)
{
    const cJSON *item;
    size_t n = 0;

    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(c->json, key))
    {
        if (n < T_GTT_NAMES)
            out[n++] = item->valuestring;
    }
    return n;
}

bool t_gtt_case_load(TGttCase *c)
{
    char *const json = read_text(t_path(c->folder, "args.json"));

    c->json = json ? cJSON_Parse(json) : NULL;
    free(json);
    if (!c->json)
        return false;
    c->n_inputs = read_names(c, "inputs", c->inputs);
    c->n_outputs = read_names(c, "outputs", c->outputs);
    c->transforms = t_gtt_case_text(c, "transforms");
    c->wanted_error = read_text(t_path(c->folder, "error.txt"));
    const char *const in = *t_gtt_case_text(c, "in") ? t_gtt_case_text(c, "in") : "in.pb";
    c->status = iopt_model_load_list(t_path(c->folder, in), NULL, &c->in, &c->err);
    return c->status == IOPT_OK;
}

void t_gtt_case_free(TGttCase *c)
{
    iopt_list_destroy(c->in);
    iopt_list_destroy(c->out);
    cJSON_Delete(c->json);
    free(c->wanted_error);
}

static void write_and_read(TGttCase *c)
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

void t_gtt_case_run(TGttCase *c, const IoptGttCalls *calls)
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

/* --- finding the cases --------------------------------------------------------------------- */

/* Cases are folders with args.json; those of whole networks lie one folder deeper. */
static void visit_folder(Test *t, const char *folder, const char *shown, TGttVisit visit,
                         void *user)
{
    char path[2048], name[2048], **names;
    size_t n;

    if (iopt_path_kind(folder) != IOPT_PATH_DIRECTORY)
        return;
    (void)snprintf(path, sizeof path, "%s/args.json", folder);
    if (iopt_path_kind(path) == IOPT_PATH_FILE) {
        visit(folder, shown, user);
        return;
    }
    if (strlen(shown) > 512)
        T_FAIL(t, "folders too deep: %s", folder);
    T_OK(t, iopt_directory_list(folder, &names, &n, &t->err));
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)snprintf(name, sizeof name, "%s/%s", shown, names[i]);
        visit_folder(t, path, name, visit, user);
    }
    iopt_names_free(names, n);
}

void t_gtt_each_case(Test *t, const char *root, const char *group, TGttVisit visit, void *user)
{
    char path[2048];

    (void)snprintf(path, sizeof path, "%s/%s", root, group);
    visit_folder(t, path, group, visit, user);
}
