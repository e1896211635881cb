/* Opening a model. */
#include "measure/model.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "formats/io_guess.h"
#include "passes/training_flags.h"
#include "platform/clock.h"

/* --- shapes ---------------------------------------------------------------------------------- */

IoptStatus iopt_shape_parse(const char *text, IoptShape *out, IoptError *err)
{
    const char *at = text;

    *out = (IoptShape){ .rank = 0 };
    for (;;) {
        char *end;
        errno = 0;
        long long dim = strtoll(at, &end, 10);
        if (*at == '?') {
            dim = -1;
            end += *end == '?';
        }
        if (end == at || dim < -1 || errno || (*end && *end != ',') || out->rank == IOPT_MAX_RANK)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "shape '%s': want dimensions as in 1,299,299,3", text);
        out->dim[out->rank++] = dim;
        if (!*end)
            return IOPT_OK;
        at = end + 1;
    }
}

/* Makes every fed value a Placeholder, so that a shape can be written to it. */
static IoptStatus cut_inputs(IoptGraph *graph, IoptError *err)
{
    const IoptPassOptions options = { 0 };
    IoptPassContext context = { .options = &options };

    return iopt_pass_run(iopt_pass_find("cut_inputs"), graph, &context, err);
}

IoptStatus iopt_model_fix_shape(IoptGraph *graph, size_t which, const IoptShape *shape,
                                IoptError *err)
{
    if (!iopt_is_op(graph->inputs[which].node, "Placeholder"))
        IOPT_TRY(cut_inputs(graph, err));
    IoptNode *const node = graph->inputs[which].node;
    const IoptAttr *const attr = iopt_attr(node, "shape");
    const bool is_given = attr && attr->kind == IOPT_ATTR_SHAPE;
    /* Graphs of TensorFlow before 1.0 write an unknown shape as that of a scalar. */
    const bool is_open = !is_given || attr->u.shape.rank <= 0;

    if (!is_open && !iopt_shapes_agree(&attr->u.shape, shape))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "input '%s': shape %s does not fit the graph's %s", node->name,
                         iopt_shape_text(shape).s, iopt_shape_text(&attr->u.shape).s);
    const IoptShape merged = is_open ? *shape : iopt_shape_merge(&attr->u.shape, shape);
    return iopt_node_set_shape(node, "shape", &merged, err);
}

IoptStatus iopt_model_set_shape(IoptGraph *graph, size_t which, const IoptShape *shape,
                                IoptError *err)
{
    if (!iopt_is_op(graph->inputs[which].node, "Placeholder"))
        IOPT_TRY(cut_inputs(graph, err));
    return iopt_node_set_shape(graph->inputs[which].node, "shape", shape, err);
}

/* The input that "name=..." means; the only one if there is no name. */
static IoptStatus find_input(const IoptGraph *graph, const char *text, size_t *which,
                             const char **shape, IoptError *err)
{
    const char *const equals = strchr(text, '=');
    IoptValue value;

    *shape = equals ? equals + 1 : text;
    *which = 0;
    if (!equals) {
        if (graph->n_inputs == 1)
            return IOPT_OK;
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the graph has %zu inputs; say which: --input-shape NAME=%s",
                         graph->n_inputs, text);
    }
    char *const name = strndup(text, (size_t)(equals - text));
    if (!name)
        return iopt_fail_memory(err, strlen(text));
    IoptStatus status = iopt_graph_find_value(graph, name, &value, err);
    while (status == IOPT_OK && *which < graph->n_inputs &&
           (graph->inputs[*which].node != value.node || graph->inputs[*which].port != value.port))
        ++*which;
    if (status == IOPT_OK && *which == graph->n_inputs)
        status = iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s' is not an input of the graph", name);
    free(name);
    return status;
}

static IoptStatus fix_shapes(IoptGraph *graph, const IoptModelRequest *request, IoptError *err)
{
    for (size_t i = 0; i < request->n_shapes; i++) {
        const char *text;
        IoptShape shape;
        size_t which;
        IOPT_TRY(find_input(graph, request->shapes[i], &which, &text, err));
        IOPT_TRY(iopt_shape_parse(text, &shape, err));
        IOPT_TRY(iopt_model_fix_shape(graph, which, &shape, err));
    }
    return IOPT_OK;
}

/* --- constants ------------------------------------------------------------------------------- */

static bool parse_value(const char *text, double *out)
{
    char *end;

    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        *out = text[0] == 't';
        return true;
    }
    *out = strtod(text, &end);
    return end != text && *end == 0 && isfinite(*out);
}

static IoptStatus set_placeholder(IoptGraph *graph, const char *text, bool may_miss, IoptError *err)
{
    const char *const equals = strchr(text, '=');
    IoptValue value;
    double number;

    if (!equals || equals == text || !parse_value(equals + 1, &number))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "'%s': want NAME=VALUE, the value true, false or a number", text);
    char *const name = strndup(text, (size_t)(equals - text));
    if (!name)
        return iopt_fail_memory(err, strlen(text));
    const bool is_missing = may_miss && !iopt_graph_find(graph, name);
    const IoptStatus status =
        is_missing ? IOPT_OK : iopt_graph_find_value(graph, name, &value, err);
    free(name);
    if (is_missing || status != IOPT_OK)
        return status;
    return iopt_placeholder_set(value.node, number, err);
}

/* --- inputs and outputs ---------------------------------------------------------------------- */

static IoptStatus find_values(const IoptGraph *graph, const char *const *names, size_t count,
                              const char *what, IoptValue **out, IoptError *err)
{
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptValue), err));
    IoptValue *const values = block;
    for (size_t i = 0; i < count; i++) {
        IoptStatus status = iopt_graph_find_value(graph, names[i], &values[i], err);
        if (status == IOPT_OK && iopt_op_find(values[i].node->op) &&
            (size_t)values[i].port >= iopt_node_n_out(values[i].node))
            status = iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s': %s '%s' has %zu outputs only",
                               names[i], values[i].node->op, values[i].node->name,
                               iopt_node_n_out(values[i].node));
        for (size_t k = 0; k < i && status == IOPT_OK; k++)
            if (values[k].node == values[i].node && values[k].port == values[i].port)
                status = iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s' is given twice", names[i]);
        if (status != IOPT_OK) {
            free(values);
            return iopt_while(err, status, "%s", what);
        }
    }
    *out = values;
    return IOPT_OK;
}

/* The placeholders that the outputs need and that are no flags of training. */
static IoptStatus guess_inputs(const IoptGraph *graph, const IoptValue *outputs, size_t n_outputs,
                               IoptValue **out, size_t *count, IoptError *err)
{
    bool *needed;
    size_t kept = 0;

    IOPT_TRY(iopt_guess_inputs(graph, out, count, err));
    const IoptStatus status =
        iopt_graph_reach(graph, outputs, n_outputs, IOPT_REACH_NEEDED, &needed, err);
    if (status != IOPT_OK) {
        free(*out);
        *out = NULL;
        return status;
    }
    for (size_t i = 0; i < *count; i++)
        if (needed[(*out)[i].node->index] && !iopt_is_training_flag((*out)[i].node))
            (*out)[kept++] = (*out)[i];
    *count = kept;
    free(needed);
    return IOPT_OK;
}

/* "inputs (guessed): input float[?,299,299,3]". */
static void note_values(IoptText *notes, const char *what, const IoptValue *values, size_t count)
{
    enum { MOST = 8 };

    iopt_text_printf(notes, "%s%s (guessed):", notes->size ? "; " : "", what);
    for (size_t i = 0; i < count && i < MOST; i++) {
        const IoptFact fact = iopt_fact_at(values[i]);
        iopt_text_printf(notes, "%s %s", i ? "," : "", values[i].node->name);
        if (values[i].port)
            iopt_text_printf(notes, ":%d", values[i].port);
        if (fact.dtype)
            iopt_text_printf(notes, " %s", iopt_fact_text(&fact).s);
    }
    if (count > MOST)
        iopt_text_printf(notes, " and %zu more", count - MOST);
    if (count == 0)
        iopt_text_printf(notes, " none");
}

static IoptStatus choose_values(IoptGraph *graph, const IoptModelRequest *request, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptValue *in = NULL, *out = NULL;
    size_t n_in = request->n_inputs, n_out = request->n_outputs;

    if (n_out)
        IOPT_DO(find_values(graph, request->outputs, n_out, "--outputs", &out, err));
    else if (!request->as_is)
        IOPT_DO(iopt_guess_outputs(graph, true, &out, &n_out, err));
    if (n_out == 0 && !request->as_is) {
        status = iopt_fail(err, IOPT_BAD_MODEL,
                           "no output can be guessed; name what is wanted with --outputs");
        goto done;
    }
    if (n_in)
        IOPT_DO(find_values(graph, request->inputs, n_in, "--inputs", &in, err));
    else if (!request->as_is)
        IOPT_DO(guess_inputs(graph, out, n_out, &in, &n_in, err));
    IOPT_DO(iopt_graph_set_inputs(graph, in, n_in, err));
    IOPT_DO(iopt_graph_set_outputs(graph, out, n_out, err));
done:
    free(in);
    free(out);
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

static IoptStatus set_constants(IoptGraph *graph, const IoptModelRequest *request, IoptText *notes,
                                IoptError *err)
{
    char flags[512] = "";
    size_t changes = 0;

    for (size_t i = 0; i < request->n_sets; i++)
        IOPT_TRY(iopt_while(
            err, set_placeholder(graph, request->sets[i], request->sets_may_miss, err), "--set"));
    IOPT_TRY(choose_values(graph, request, err));
    if (request->as_is)
        return IOPT_OK;
    IOPT_TRY(iopt_training_flags_default(graph, flags, sizeof flags, &changes, err));
    if (flags[0])
        iopt_text_printf(notes, "set for inference: %s", flags);
    return IOPT_OK;
}

static IoptStatus prepare(IoptModel *model, const IoptModelRequest *request, IoptText *notes,
                          IoptError *err)
{
    const IoptInferOptions infer = { .fold = true };
    IoptGraph *const graph = model->graph;

    IOPT_TRY(set_constants(graph, request, notes, err));
    IOPT_TRY(iopt_while(err, fix_shapes(graph, request, err), "--input-shape"));
    IOPT_TRY(iopt_graph_infer(graph, &infer, err));
    if (request->as_is)
        return IOPT_OK;
    if (!request->n_inputs)
        note_values(notes, "inputs", graph->inputs, graph->n_inputs);
    if (!request->n_outputs)
        note_values(notes, "outputs", graph->outputs, graph->n_outputs);
    return IOPT_OK;
}

IoptStatus iopt_model_open(const char *path, const IoptModelRequest *request, IoptModel *out,
                           IoptError *err)
{
    const uint64_t start = iopt_now_ns();
    IoptText notes = { 0 };
    struct stat info;

    *out = (IoptModel){ 0 };
    if (stat(path, &info) == 0 && S_ISREG(info.st_mode))
        out->file_bytes = (size_t)info.st_size;
    IOPT_TRY(iopt_model_load(path, &request->file, &out->graph, err));
    IoptStatus status = prepare(out, request, &notes, err);
    if (status == IOPT_OK) {
        out->notes = iopt_arena_copy(out->graph->arena, notes.s ? notes.s : "", notes.size);
        if (!out->notes || notes.failed)
            status = iopt_fail_memory(err, notes.size);
    }
    iopt_text_free(&notes);
    out->load_ms = (double)(iopt_now_ns() - start) / 1e6;
    if (status != IOPT_OK)
        iopt_model_close(out);
    return status;
}

void iopt_model_close(IoptModel *model)
{
    iopt_graph_destroy(model->graph);
    *model = (IoptModel){ 0 };
}
