/* cut_inputs: a fed value that is not a Placeholder becomes one; what led to it goes.
 *
 *   in         graph->inputs (--inputs): any value, such as the output of a queue or of a decoder
 *   exactness  same bits
 *   source     strip_unused_nodes of TensorFlow's Graph Transform Tool
 */
#include "passes/pass.h"

static IoptStatus cut(IoptGraph *graph, size_t which, IoptError *err)
{
    IoptNode *const node = graph->inputs[which].node;
    const IoptValue value = graph->inputs[which];
    const IoptFact fact = iopt_fact_at(value);
    IoptNode *placeholder;

    const char *const name = iopt_graph_unique_name(graph, node->name);
    if (!name)
        return iopt_fail_memory(err, strlen(node->name));
    IOPT_TRY(iopt_graph_add(graph, name, "Placeholder", &placeholder, err));
    IOPT_TRY(iopt_node_set_type(placeholder, "dtype", fact.dtype ? fact.dtype : IOPT_F32, err));
    if (fact.shape.rank >= 0)
        IOPT_TRY(iopt_node_set_shape(placeholder, "shape", &fact.shape, err));
    IOPT_TRY(iopt_graph_replace_value(value, (IoptValue){ placeholder, 0 }, err));
    graph->inputs[which] = (IoptValue){ placeholder, 0 };
    if (iopt_node_uses(node) || iopt_is_input(node))
        return IOPT_OK; /* other ports, or control edges, still need it under its name */
    const char *const old_name = node->name;
    iopt_graph_remove(node);
    return iopt_graph_rename(placeholder, old_name, err);
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    for (size_t i = 0; i < graph->n_inputs; i++) {
        const IoptNode *const node = graph->inputs[i].node;
        if (iopt_is_op(node, "Placeholder") && graph->inputs[i].port == 0)
            continue;
        IOPT_TRY(cut(graph, i, err));
        context->changes++;
    }
    return IOPT_OK;
}

const IoptPass iopt_pass_cut_inputs = {
    .name = "cut_inputs",
    .brief = "turn what is fed into placeholders, drop what led to it",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
