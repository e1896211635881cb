/* resolve_switches: a Switch on a constant predicate lets through one side; the Merge behind it is
 * that side.
 *
 *   in         Switch, RefSwitch whose predicate is known; Merge, RefMerge that they reach
 *   exactness  same bits
 *
 * A value is dead if it is the side of a Switch that is not taken, or comes from a node that reads,
 * by data or by control, something dead.  A Merge lives while one of its inputs does.
 */
#include <stdlib.h>

#include "passes/pass.h"

static bool is_switch(const IoptNode *node)
{
    return iopt_op_in(node->op, "Switch|RefSwitch") && node->n_in == 2;
}

static bool is_merge(const IoptNode *node)
{
    return iopt_op_in(node->op, "Merge|RefMerge");
}

/* The side that a Switch takes: 0 or 1, or -1 if that is not known. */
static int side_taken(const IoptNode *node)
{
    const IoptFact pred = iopt_fact_at(node->in[1]);

    if (!pred.value || pred.value->dtype != IOPT_BOOL || iopt_elems(pred.value) != 1)
        return -1;
    return iopt_tensor_get_i64(pred.value, 0) != 0;
}

/* node->mark: 1 for a node that is dead as a whole. */
static bool is_dead(IoptValue value)
{
    if (value.node->mark)
        return true;
    const int side = is_switch(value.node) ? side_taken(value.node) : -1;
    return side >= 0 && value.port != side;
}

static bool becomes_dead(const IoptNode *node)
{
    size_t dead = 0;

    for (size_t i = 0; i < node->n_in; i++)
        dead += is_dead(node->in[i]);
    for (size_t i = 0; i < node->n_control; i++)
        if (node->control[i]->mark)
            return true;
    return is_merge(node) ? dead == node->n_in : dead > 0;
}

static IoptStatus resolve_merge(IoptGraph *graph, IoptNode *node, size_t *changes, IoptError *err)
{
    size_t alive = 0, index = 0;
    IoptTensor *tensor;
    IoptNode *constant;

    for (size_t i = 0; i < node->n_in; i++)
        if (!is_dead(node->in[i])) {
            alive++;
            index = i;
        }
    if (alive != 1 || alive == node->n_in)
        return IOPT_OK;
    ++*changes;
    if (iopt_value_uses((IoptValue){ node, 1 })) {
        const char *const name = iopt_graph_unique_name(graph, node->name);
        IOPT_TRY(iopt_tensor_scalar_i32((int32_t)index, &tensor, err));
        IOPT_TRY(iopt_graph_add_const(graph, name ? name : node->name, tensor, &constant, err));
        IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, 1 }, (IoptValue){ constant, 0 }, err));
    }
    /* As an Identity the node keeps its name, which may be an output's. */
    const IoptValue taken = node->in[index];
    IOPT_TRY(iopt_node_set_inputs(node, &taken, 1, err));
    node->op = "Identity";
    iopt_node_remove_attr(node, "N");
    return IOPT_OK;
}

static IoptStatus resolve_switch(IoptNode *node, size_t *changes, IoptError *err)
{
    const int side = side_taken(node);

    if (side < 0 || iopt_value_uses((IoptValue){ node, side }) == 0)
        return IOPT_OK;
    ++*changes;
    return iopt_graph_replace_value((IoptValue){ node, side }, node->in[0], err);
}

static IoptStatus check_outputs(const IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (is_dead(graph->outputs[i]))
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "output '%s:%d' is never computed: it is on the side of a Switch that "
                             "is not taken",
                             graph->outputs[i].node->name, graph->outputs[i].port);
    return IOPT_OK;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode **order = NULL;
    const size_t count = graph->n_nodes;

    IOPT_TRY(iopt_graph_order(graph, &order, err));
    for (size_t i = 0; i < count; i++)
        order[i]->mark = 0;
    for (size_t i = 0; i < count; i++)
        order[i]->mark = becomes_dead(order[i]);
    IOPT_DO(check_outputs(graph, err));
    for (size_t i = 0; i < count; i++)
        if (is_merge(order[i]) && !order[i]->mark)
            IOPT_DO(resolve_merge(graph, order[i], &context->changes, err));
    for (size_t i = 0; i < count; i++)
        if (is_switch(order[i]) && !order[i]->mark)
            IOPT_DO(resolve_switch(order[i], &context->changes, err));
done:
    free(order);
    return status;
}

const IoptPass iopt_pass_resolve_switches = {
    .name = "resolve_switches",
    .brief = "take the side of a Switch whose predicate is known",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
