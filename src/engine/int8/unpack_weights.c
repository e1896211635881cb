/* Constant arithmetic that is too large to be folded on the way of inference becomes Consts:
 * filters in 8 bits of layers that stay float (recipe weights8), fake quantizations of weights.
 *
 * A plan computes nothing twice that is always the same, whatever it weighs.  The float copy that a
 * Cast makes for the Mul behind it is dropped at once.
 */
#include <stdlib.h>

#include "engine/follower.h"
#include "engine/int8/coded_filter.h"
#include "engine/int8/recognize.h"
#include "ops/op.h"

/* Whether the node's one reader will compute it as well. */
static bool reader_takes_it(const IoptNode *node)
{
    const IoptNode *const reader = iopt_sole_reader(node);

    if (!reader || !iopt_is_op(node, "Cast") || !iopt_is_op(reader, "Mul"))
        return false;
    const IoptValue other = reader->in[reader->in[0].node == node ? 1 : 0];
    return iopt_fact_at(other).value != NULL;
}

/* Whether input `slot` is known, or a Cast of something known. */
static bool is_ready(const IoptNode *node, size_t slot)
{
    const IoptNode *const from = node->in[slot].node;

    return iopt_fact_at(node->in[slot]).value ||
           (iopt_is_op(from, "Cast") && from->n_in == 1 && iopt_fact_at(from->in[0]).value);
}

static bool inputs_ready(const IoptNode *node)
{
    size_t ready = 0;

    while (ready < node->n_in && is_ready(node, ready))
        ready++;
    return ready > 0 && ready == node->n_in;
}

static bool is_candidate(const IoptNode *node)
{
    const IoptOp *const op = iopt_op_of(node);
    const uint32_t never =
        IOPT_OP_STATEFUL | IOPT_OP_RANDOM | IOPT_OP_CONTROL | IOPT_OP_REFERENCE | IOPT_OP_MAY_FAIL;

    return op && op->eval && !(op->flags & never) && inputs_ready(node) && node->n_out == 1 &&
           !node->facts[0].value && iopt_int8_is_free(node) && !iopt_is_op(node, "Const") &&
           iopt_shape_known(&node->facts[0].shape) && node->facts[0].dtype != IOPT_STRING;
}

static IoptStatus fold(IoptNode *node, IoptError *err)
{
    const IoptTensor *tensor;
    IoptTensor *owned;
    IoptValue constant;

    IOPT_TRY(iopt_int8_known((IoptValue){ node, 0 }, &tensor, &owned, err));
    if (!owned)
        return IOPT_OK;
    IOPT_TRY(iopt_int8_add_const(node->graph, node->name, owned, &constant, err));
    IOPT_TRY(iopt_graph_replace_value((IoptValue){ node, 0 }, constant, err));
    if (iopt_node_uses(node) == 0)
        iopt_graph_remove(node);
    return IOPT_OK;
}

IoptStatus iopt_unpack_weights(IoptGraph *graph, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode **order;

    IOPT_TRY(iopt_graph_order(graph, &order, err));
    const size_t count = graph->n_nodes;
    for (size_t i = 0; i < count; i++)
        if (!order[i]->removed && is_candidate(order[i]) && !reader_takes_it(order[i]))
            IOPT_DO(fold(order[i], err));
    iopt_graph_compact(graph);
done:
    free(order);
    return status;
}
