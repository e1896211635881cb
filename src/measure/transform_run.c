/* Transforms, measured and compared. */
#include "measure/transform_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "measure/model.h"
#include "passes/gtt/gtt_params.h"
#include "platform/clock.h"

/* What goes from one transform to the next. */
typedef struct State {
    const IoptTransformRun *run;
    IoptTransformContext context;
    IoptNodeList *list;
    IoptGraph *linked; /* NULL: the list cannot be linked, and `why` tells why */
    IoptError why;
    IoptPassEntry *entry; /* of the transform that runs now */
    size_t folded;
    char last_line[IOPT_ERROR_BYTES]; /* what is said many times over is told once */
} State;

/* --- linking ---------------------------------------------------------------------------------- */

/* The graph's values under the names that they had; *count of them are still there. */
static IoptStatus find_values(const IoptGraph *linked, const IoptValue *old, size_t n,
                              IoptValue **out, size_t *count, IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, n, sizeof **out, err));
    *out = block;
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        IoptNode *const node = iopt_graph_find(linked, old[i].node->name);
        if (node)
            (*out)[(*count)++] = (IoptValue){ node, old[i].port };
    }
    return IOPT_OK;
}

/* What is fed keeps the shapes that were asked for. */
static IoptStatus fix_shapes(IoptGraph *linked, const IoptGraph *old, IoptError *err)
{
    for (size_t i = 0; i < linked->n_inputs; i++)
        for (size_t k = 0; k < old->n_inputs; k++) {
            const IoptFact fact = iopt_fact_at(old->inputs[k]);
            if (strcmp(linked->inputs[i].node->name, old->inputs[k].node->name) != 0 ||
                fact.shape.rank <= 0)
                continue;
            IOPT_TRY(iopt_model_fix_shape(linked, i, &fact.shape, err));
        }
    return IOPT_OK;
}

static IoptStatus set_ports(IoptGraph *linked, const IoptGraph *old, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptValue *inputs = NULL, *outputs = NULL;
    size_t n_inputs, n_outputs;

    IOPT_DO(find_values(linked, old->inputs, old->n_inputs, &inputs, &n_inputs, err));
    IOPT_DO(find_values(linked, old->outputs, old->n_outputs, &outputs, &n_outputs, err));
    if (n_outputs < old->n_outputs) {
        status = iopt_fail(err, IOPT_INVALID_ARGUMENT, "an output of the graph is gone");
        goto done;
    }
    IOPT_DO(iopt_graph_set_inputs(linked, inputs, n_inputs, err));
    IOPT_DO(iopt_graph_set_outputs(linked, outputs, n_outputs, err));
    IOPT_DO(fix_shapes(linked, old, err));
done:
    free(inputs);
    free(outputs);
    return status;
}

/* The list as a graph, or why it is none. */
static IoptGraph *link_list(const IoptNodeList *list, const IoptGraph *old, IoptError *why)
{
    IoptGraph *linked;

    if (iopt_list_link(list, &linked, why) != IOPT_OK)
        return NULL;
    if (set_ports(linked, old, why) == IOPT_OK)
        return linked;
    iopt_graph_destroy(linked);
    return NULL;
}

/* --- one transform ---------------------------------------------------------------------------- */

static bool same_inputs(const IoptListNode *a, const IoptListNode *b)
{
    if (a->n_inputs != b->n_inputs)
        return false;
    for (size_t i = 0; i < a->n_inputs; i++)
        if (strcmp(a->inputs[i], b->inputs[i]) != 0)
            return false;
    return true;
}

static bool same_node(const IoptListNode *a, const IoptListNode *b)
{
    const IoptNode *const x = a->node, *const y = b->node;

    if (strcmp(x->name, y->name) != 0 || strcmp(x->op, y->op) != 0 ||
        strcmp(x->device, y->device) != 0 || x->n_attrs != y->n_attrs || !same_inputs(a, b))
        return false;
    for (size_t i = 0; i < x->n_attrs; i++)
        if (!iopt_attr_equal(&x->attrs[i], &y->attrs[i]))
            return false;
    return true;
}

static bool same_list(const IoptNodeList *a, const IoptNodeList *b)
{
    if (a->n_nodes != b->n_nodes)
        return false;
    for (size_t i = 0; i < a->n_nodes; i++)
        if (!same_node(a->nodes[i], b->nodes[i]))
            return false;
    return true;
}

static size_t constant_bytes(const IoptNodeList *list)
{
    size_t bytes = 0;

    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptTensor *const tensor = iopt_const_mapped(list->nodes[i]->node);
        bytes += tensor ? tensor->bytes : 0;
    }
    return bytes;
}

static double ms_since(uint64_t start_ns)
{
    return (double)(iopt_now_ns() - start_ns) / 1e6;
}

/* The first line of a transform is kept in its entry. */
static void keep_line(void *user, const char *text)
{
    State *const state = user;
    const IoptGttLog *const log = state->run->log;

    if (strcmp(state->last_line, text) == 0)
        return;
    (void)snprintf(state->last_line, sizeof state->last_line, "%s", text);
    if (state->entry && !state->entry->note[0])
        (void)snprintf(state->entry->note, sizeof state->entry->note, "%.255s", text);
    if (log)
        log->line(log->user, text);
}

/* Compares the outputs before and after; what cannot be compared is told, and no failure. */
static IoptStatus check(State *state, const IoptGraph *before, IoptPassEntry *entry, IoptError *err)
{
    const IoptPipelineOptions *const options = state->run->options;
    char why[sizeof entry->note] = "";
    IoptError failure = { 0 };

    if (!options || !options->check)
        return IOPT_OK;
    const uint64_t start = iopt_now_ns();
    IoptStatus status = IOPT_OK;
    if (!before || !state->linked)
        (void)snprintf(why, sizeof why, "not compared: %.230s", state->why.text);
    else
        status = options->check(options->check_context, before, state->linked, IOPT_LOSSY,
                                &entry->difference, why, sizeof why, &failure);
    entry->check_ms = ms_since(start);
    if (status == IOPT_NO_MEMORY || status == IOPT_CANCELLED) {
        if (err)
            *err = failure;
        return status;
    }
    if (status != IOPT_OK)
        (void)snprintf(why, sizeof why, "not compared: %.230s", failure.text);
    if (why[0] && !entry->note[0])
        (void)memcpy(entry->note, why, sizeof why);
    return IOPT_OK;
}

/* What freeze_requantization_ranges asks for: an IoptRequantMeter of the list that stands. */
static IoptStatus measure_ranges(void *user, const IoptNodeList *list, IoptRequantLog *out,
                                 IoptError *err)
{
    const State *const state = user;

    (void)list;
    if (!state->linked)
        return iopt_fail(err, IOPT_BAD_MODEL, "the graph cannot be run: %.400s", state->why.text);
    return iopt_requant_measure(state->linked, state->run->images, out, err);
}

static IoptStatus run_call(State *state, IoptGttCall *call, IoptPassEntry *entry, IoptError *err)
{
    const IoptGttCalls one = { .at = call, .n = 1 };
    IoptGraph *const before = state->linked;
    IoptNodeList *after;

    const uint64_t start = iopt_now_ns();
    state->entry = entry;
    IOPT_TRY(iopt_while(err, iopt_gtt_run(state->list, &one, &state->context, &after, err), "%s",
                        call->name));
    entry->ms = ms_since(start);
    entry->nodes_after = after->n_nodes;
    entry->bytes_after = constant_bytes(after);
    const bool same = same_list(state->list, after);
    iopt_list_destroy(state->list);
    state->list = after;
    if (same) {
        entry->outcome = IOPT_PASS_NOTHING;
        return IOPT_OK;
    }
    entry->outcome = IOPT_PASS_CHANGED;
    state->linked = link_list(after, state->run->graph, &state->why);
    const IoptStatus status = check(state, before, entry, err);
    iopt_graph_destroy(before);
    return status;
}

/* --- the whole -------------------------------------------------------------------------------- */

/* strip_unused_nodes(type=float, shape="1,299,299,3"): what an input becomes that is no
 * placeholder yet.  With several inputs their types and shapes stay unsaid. */
static IoptStatus tell_shape(IoptGttCalls *calls, const IoptGraph *graph, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText text = { 0 };

    if (graph->n_inputs != 1 || calls->n == 0)
        return IOPT_OK;
    const IoptFact fact = iopt_fact_at(graph->inputs[0]);
    for (int i = 0; i < fact.shape.rank; i++) {
        const int64_t dim = fact.shape.dim[i] < 0 && i == 0 ? 1 : fact.shape.dim[i];
        if (dim < 0)
            goto done;
        iopt_text_printf(&text, "%s%lld", i ? "," : "", (long long)dim);
    }
    if (!fact.dtype || !text.size || text.failed)
        goto done;
    const char *const type = iopt_dtype_name(fact.dtype);
    IoptGttParams *const params = &calls->at[0].params;
    IOPT_DO(iopt_gtt_params_add(params, "type", (IoptBytes){ type, strlen(type) }, err));
    IOPT_DO(iopt_gtt_params_add(params, "shape", (IoptBytes){ text.s, text.size }, err));
done:
    iopt_text_free(&text);
    return status;
}

/* Names of the graph's inputs or outputs in the arena. */
static IoptStatus name_values(IoptArena *arena, const IoptValue *values, size_t n,
                              const char *const **out, IoptError *err)
{
    const char **const names = iopt_arena_alloc(arena, n, sizeof *names);

    *out = names;
    for (size_t i = 0; names && i < n; i++) {
        names[i] = values[i].port
                       ? iopt_arena_printf(arena, "%s:%d", values[i].node->name, values[i].port)
                       : values[i].node->name;
        if (!names[i])
            return iopt_fail_memory(err, n);
    }
    return names ? IOPT_OK : iopt_fail_memory(err, n * sizeof *names);
}

static IoptStatus set_names(State *state, IoptArena *arena, IoptError *err)
{
    const IoptTransformRun *const run = state->run;

    state->context.inputs = run->inputs;
    state->context.n_inputs = run->n_inputs;
    state->context.outputs = run->outputs;
    state->context.n_outputs = run->n_outputs;
    if (!run->n_inputs) {
        IOPT_TRY(name_values(arena, run->graph->inputs, run->graph->n_inputs,
                             &state->context.inputs, err));
        state->context.n_inputs = run->graph->n_inputs;
    }
    if (!run->n_outputs) {
        IOPT_TRY(name_values(arena, run->graph->outputs, run->graph->n_outputs,
                             &state->context.outputs, err));
        state->context.n_outputs = run->graph->n_outputs;
    }
    return IOPT_OK;
}

static IoptStatus run_calls(State *state, const IoptGttCalls *calls, IoptPassLog *log,
                            IoptError *err)
{
    const IoptPipelineOptions *const options = state->run->options;

    for (size_t i = 0; i < calls->n; i++) {
        const IoptTransform *const transform = iopt_transform_find(calls->at[i].name);
        IoptPassEntry entry = { .pass = transform ? transform->name : "", .difference = NAN };
        if (options && options->progress)
            options->progress(options->progress_context, calls->at[i].name, i, calls->n);
        entry.nodes_before = state->list->n_nodes;
        entry.bytes_before = constant_bytes(state->list);
        IOPT_TRY(run_call(state, &calls->at[i], &entry, err));
        IOPT_TRY(iopt_pass_log_add(log, &entry, err));
    }
    if (!state->linked)
        return iopt_fail(err, IOPT_BAD_MODEL, "the result cannot be used: %.400s", state->why.text);
    return IOPT_OK;
}

static size_t count_ops(const IoptNodeList *list, const char *ops)
{
    size_t count = 0;

    for (size_t i = 0; i < list->n_nodes; i++)
        count += iopt_op_in(list->nodes[i]->node->op, ops);
    return count;
}

/* What the old transforms do not know, and what helps. */
static void tell_leftovers(State *state)
{
    const size_t switches = count_ops(state->list, "Switch|Merge");
    const size_t norms = count_ops(state->list, "FusedBatchNormV2|FusedBatchNormV3");

    state->entry = NULL; /* this is about the whole */
    if (switches)
        iopt_gtt_say(&state->context,
                     "historic: %zu training switches stay, and what is between them stays float; "
                     "recipe float before it removes them",
                     switches);
    else if (norms)
        iopt_gtt_say(&state->context,
                     "historic: %zu batch norms stay float; recipe float before it folds them, or "
                     "fold_old_batch_norms(all_versions=true)",
                     norms);
}

/* TensorFlow's tool drops a transform whose ) is missing, and does not say so. */
static IoptStatus check_closed(const IoptGttCalls *calls, State *state, IoptError *err)
{
    if (!calls->unclosed)
        return IOPT_OK;
    if (!state->context.strict_compat)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Looking for ), but the text ends [column %zu]", calls->unclosed);
    iopt_gtt_say(&state->context, "strict: the last transform is dropped, for its ) is missing");
    return IOPT_OK;
}

IoptStatus iopt_transforms_run(const IoptTransformRun *run, const IoptNodeList *list,
                               IoptPassLog *log, IoptNodeList **out, IoptGraph **linked,
                               IoptError *err)
{
    IoptStatus status = IOPT_OK;
    State state = { .run = run };
    const IoptGttLog own = { keep_line, &state };
    const IoptRequantMeter meter = { measure_ranges, &state };
    IoptGttCalls calls = { 0 };
    IoptArena *arena = NULL;

    *out = NULL;
    *linked = NULL;
    state.context.strict_compat = run->strict_compat;
    state.context.folded = &state.folded;
    state.context.log = &own;
    state.context.meter = run->images ? &meter : NULL;
    IOPT_DO(iopt_gtt_parse(run->transforms, &calls, err));
    IOPT_DO(check_closed(&calls, &state, err));
    IOPT_DO(iopt_arena_create(&arena, err));
    IOPT_DO(set_names(&state, arena, err));
    if (run->historic)
        IOPT_DO(tell_shape(&calls, run->graph, err));
    IOPT_DO(iopt_list_clone(list, &state.list, err));
    state.linked = link_list(list, run->graph, &state.why);
    IOPT_DO(run_calls(&state, &calls, log, err));
    if (run->historic)
        tell_leftovers(&state);
    *out = state.list;
    *linked = state.linked;
    state.list = NULL;
    state.linked = NULL;
done:
    iopt_list_destroy(state.list);
    iopt_graph_destroy(state.linked);
    iopt_gtt_calls_free(&calls);
    iopt_arena_destroy(arena);
    return status;
}
