/* Feeds and fetches, as TensorFlow's sessions make them. */
#include <stdlib.h>

#include "passes/gtt/gtt_folding.h"
#include "passes/gtt/gtt_tensor_id.h"

static IoptStatus check_names(const IoptTransformContext *context, IoptError *err)
{
    if (context->n_outputs == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Must specify at least one target to fetch or execute.");
    for (size_t i = 0; i < context->n_inputs; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(context->inputs[i], context->inputs[k]) == 0)
                return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Endpoint \"%s\" fed more than once.",
                                 context->inputs[i]);
    for (size_t i = 0; i < context->n_outputs; i++)
        for (size_t k = 0; k < context->n_inputs; k++)
            if (strcmp(context->outputs[i], context->inputs[k]) == 0)
                return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s is both fed and fetched.",
                                 context->outputs[i]);
    return IOPT_OK;
}

/* The fed node's fact, but its value, is the feed's. */
static IoptStatus copy_fact(const IoptNode *from, size_t port, IoptNode *feed, IoptError *err)
{
    feed->facts = iopt_arena_alloc(feed->graph->arena, 1, sizeof(IoptFact));
    if (!feed->facts)
        return iopt_fail_memory(err, sizeof(IoptFact));
    feed->n_out = 1;
    feed->facts[0] = iopt_fact_at((IoptValue){ (IoptNode *)(uintptr_t)from, (int)port });
    feed->facts[0].value = NULL;
    return IOPT_OK;
}

static IoptStatus feed_input(IoptFolding *folding, size_t i, IoptError *err)
{
    IoptGraph *const graph = folding->import.graph;
    const char *const text = folding->context->inputs[i];
    const IoptTensorId id = iopt_tensor_id(text);
    IoptNode *const node = iopt_tensor_id_find(graph, id);

    if (!node || id.port < 0)
        return iopt_fail(err, IOPT_NOT_FOUND, "FeedInputs: unable to find feed output %s", text);
    const size_t n_out = folding->import.n_out[node->index];
    if ((size_t)id.port >= n_out)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "FeedInputs: %s should have output index < %zu", text, n_out);

    const char *const name = iopt_arena_printf(graph->arena, "_recv_%s_%d", node->name, id.port);
    if (!name)
        return iopt_fail_memory(err, strlen(text));
    folding->feeds[i] = iopt_graph_find(graph, name);
    if (!folding->feeds[i]) { /* "x" and "x:0" are fed by one node */
        IOPT_TRY(iopt_graph_add(graph, name, "_Recv", &folding->feeds[i], err));
        IOPT_TRY(copy_fact(node, (size_t)id.port, folding->feeds[i], err));
    }
    const IoptValue from = { node, id.port }, to = { folding->feeds[i], 0 };
    IOPT_TRY(iopt_graph_replace_value(from, to, err));
    if (!iopt_op_in(node->op, "Placeholder|PlaceholderV2"))
        return IOPT_OK;
    return iopt_graph_replace_control(node, folding->feeds[i], err);
}

static IoptStatus find_fetch(const IoptFolding *folding, const char *text, IoptValue *out,
                             IoptError *err)
{
    const IoptTensorId id = iopt_tensor_id(text);
    IoptNode *const node = iopt_tensor_id_find(folding->import.graph, id);

    if (!node || id.port < 0 || node->index >= folding->import.n)
        return iopt_fail(err, IOPT_NOT_FOUND, "FetchOutputs node %s: not found", text);
    const size_t n_out = folding->import.n_out[node->index];
    if (n_out == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Tried to fetch data for '%s', which produces no output.  To run to a "
                         "node but not fetch any data, pass '%s' as an argument to the "
                         "'target_node_names' argument of the Session::Run API.",
                         text, text);
    if ((size_t)id.port >= n_out)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "FetchOutputs %s: output index too large, must be < %zu", text, n_out);
    *out = (IoptValue){ node, id.port };
    return IOPT_OK;
}

static IoptStatus fetch_outputs(const IoptFolding *folding, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block;

    IOPT_TRY(iopt_alloc(&block, folding->context->n_outputs, sizeof(IoptValue), err));
    IoptValue *const values = block;
    for (size_t i = 0; i < folding->context->n_outputs; i++)
        IOPT_DO(find_fetch(folding, folding->context->outputs[i], &values[i], err));
    IOPT_DO(
        iopt_graph_set_outputs(folding->import.graph, values, folding->context->n_outputs, err));
done:
    free(block);
    return status;
}

IoptStatus iopt_folding_cut(IoptFolding *folding, IoptError *err)
{
    void *feeds;

    IOPT_TRY(check_names(folding->context, err));
    IOPT_TRY(iopt_alloc(&feeds, folding->context->n_inputs, sizeof(IoptNode *), err));
    folding->feeds = feeds;
    for (size_t i = 0; i < folding->context->n_inputs; i++)
        IOPT_TRY(feed_input(folding, i, err));
    IOPT_TRY(fetch_outputs(folding, err));
    (void)iopt_graph_sweep(folding->import.graph);
    return IOPT_OK;
}
