/* remove_dropout: at inference dropout hands its input through.
 *
 *   in         Mul(scaled, mask), SelectV2(mask, scaled, zeros), where mask comes from a random op
 *              and constants alone, and scaled is RealDiv(x, keep) or Mul(x, 1 / keep) by a
 *              constant
 *   out        x
 *   exactness  lossy on paper: the graph before is random.  On average the two are equal, and this
 *              is what the layer means at inference
 *   source     tf.nn.dropout of TensorFlow 1.0 to 2.x: floor(keep + uniform), cast(uniform >=
 *              rate), select
 */
#include "passes/pass.h"

enum { MAX_WALK = 64 };

static bool is_random(const IoptNode *node)
{
    const IoptOp *const op = iopt_op_find(node->op);

    return iopt_op_in(node->op, "RandomUniform|StatelessRandomUniform|StatelessRandomUniformV2") ||
           (op && (op->flags & IOPT_OP_RANDOM));
}

/* Whether a value is decided by a random op and constants: walks back over at most MAX_WALK nodes.
 * A random op's own inputs (a shape) do not matter. */
static bool is_random_mask(IoptNode *root)
{
    IoptNode *queue[MAX_WALK];
    size_t count = 1, random = 0;

    queue[0] = root;
    for (size_t at = 0; at < count; at++) {
        const IoptNode *const node = queue[at];
        if (is_random(node)) {
            random++;
            continue;
        }
        if (iopt_is_op(node, "Const"))
            continue;
        if (!iopt_op_in(node->op, "Floor|Cast|GreaterEqual|Greater|Less|LessEqual|LogicalNot|Add|"
                                  "AddV2|Sub|Mul|Identity|RealDiv"))
            return false;
        for (size_t i = 0; i < node->n_in; i++) {
            if (count == MAX_WALK)
                return false;
            queue[count++] = node->in[i].node;
        }
    }
    return random > 0;
}

static bool is_scalar_const(const IoptNode *node)
{
    const IoptTensor *const tensor = iopt_const(node);
    return tensor && iopt_elems(tensor) == 1;
}

/* x of RealDiv(x, keep), Mul(x, c) or Mul(c, x); a NULL node if the value is none of these. */
static IoptValue unscaled(IoptValue value)
{
    const IoptNode *const node = value.node;

    if (node->n_in == 2 && iopt_op_in(node->op, "RealDiv|Mul") && is_scalar_const(node->in[1].node))
        return node->in[0];
    if (node->n_in == 2 && iopt_is_op(node, "Mul") && is_scalar_const(node->in[0].node))
        return node->in[1];
    return (IoptValue){ 0 };
}

static bool is_zero(const IoptNode *node)
{
    const IoptTensor *const tensor = iopt_const(node);

    if (iopt_op_in(node->op, "ZerosLike"))
        return true;
    return tensor && iopt_elems(tensor) == 1 && iopt_tensor_get_f64(tensor, 0) == 0;
}

/* What dropout was applied to and its mask; false if the node is no dropout. */
static bool find_dropout(const IoptNode *node, IoptValue *x)
{
    *x = (IoptValue){ 0 };
    if (iopt_is_op(node, "Mul") && node->n_in == 2) {
        for (size_t mask = 0; mask < 2 && !x->node; mask++)
            if (!iopt_is_op(node->in[mask].node, "Const") && is_random_mask(node->in[mask].node))
                *x = unscaled(node->in[1 - mask]);
    } else if (iopt_op_in(node->op, "Select|SelectV2") && node->n_in == 3) {
        if (is_random_mask(node->in[0].node) && is_zero(node->in[2].node))
            *x = unscaled(node->in[1]);
    }
    return x->node != NULL;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        IoptValue x;
        if (node->removed || !find_dropout(node, &x))
            continue;
        context->changes++;
        /* As an Identity the node keeps its name, which may be an output's. */
        IOPT_TRY(iopt_node_set_inputs(node, &x, 1, err));
        node->op = "Identity";
    }
    return IOPT_OK;
}

const IoptPass iopt_pass_remove_dropout = {
    .name = "remove_dropout",
    .brief = "drop dropout in all its forms",
    .after = "resolve_switches",
    .exactness = IOPT_LOSSY,
    .run = run,
};
