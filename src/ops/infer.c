/* Facts of a whole graph: each op's rule in order, small constants carried along. */
#include "ops/infer.h"

#include <stdlib.h>

enum { DEFAULT_FOLD_BYTES = 1 << 20 };

/* Facts that know nothing, one per output. */
static IoptStatus reset_facts(IoptNode *node, IoptError *err)
{
    const size_t n_out = iopt_node_n_out(node);

    if (!node->facts || node->n_out < n_out) {
        node->facts = iopt_arena_alloc(node->graph->arena, n_out, sizeof(IoptFact));
        if (!node->facts) {
            node->n_out = 0;
            return iopt_fail_memory(err, n_out * sizeof(IoptFact));
        }
    }
    node->n_out = n_out;
    for (size_t i = 0; i < n_out; i++)
        node->facts[i] = iopt_fact(IOPT_DTYPE_NONE, iopt_shape_unknown());
    return IOPT_OK;
}

/* Whether the inputs of this node already are what they will be in every run, as far as its op
 * looks at them. */
static bool inputs_known(const IoptOp *op, const IoptNode *node, const IoptFact *in)
{
    for (size_t i = 0; i < node->n_in; i++) {
        size_t elems, bytes;
        if (in[i].value)
            continue;
        if (!(op->flags & IOPT_OP_SHAPES) ||
            iopt_tensor_size(in[i].dtype, &in[i].shape, &elems, &bytes, NULL) != IOPT_OK)
            return false;
    }
    return node->n_in > 0;
}

/* Whether evaluating this node now gives what every run will give, within the size bound. */
static bool can_fold(const IoptOp *op, const IoptNode *node, const IoptFact *in,
                     const IoptInferOptions *options)
{
    const uint32_t never = IOPT_OP_STATEFUL | IOPT_OP_RANDOM | IOPT_OP_CONTROL;
    const size_t bound = options->max_fold_bytes ? options->max_fold_bytes : DEFAULT_FOLD_BYTES;

    if (!options->fold || op->flags & never || (!op->eval && !(op->flags & IOPT_OP_REFERENCE)) ||
        !inputs_known(op, node, in))
        return false;
    for (size_t i = 0; i < node->n_out; i++) {
        size_t elems, bytes;
        const IoptFact *const fact = &node->facts[i];
        if (fact->value ||
            iopt_tensor_size(fact->dtype, &fact->shape, &elems, &bytes, NULL) != IOPT_OK ||
            bytes > bound)
            return false;
    }
    return true;
}

/* An Identity of something known is that something: no copy. */
static bool hands_value_through(const IoptOp *op, const IoptNode *node, const IoptFact *in,
                                const IoptInferOptions *options)
{
    const uint32_t never = IOPT_OP_STATEFUL | IOPT_OP_RANDOM | IOPT_OP_CONTROL | IOPT_OP_MAY_FAIL;

    return options->fold && op->flags & IOPT_OP_REFERENCE && !(op->flags & never) &&
           node->n_out == 1 && node->n_in > 0 && in[0].value;
}

/* The inputs of a fold: known values, or shapes without data for ops that look no further. */
typedef struct FoldBlock {
    const IoptTensor **in;
    IoptTensor **out, *shapes;
} FoldBlock;

static IoptStatus make_fold_block(const IoptNode *node, const IoptFact *in, FoldBlock *fold,
                                  void **block, IoptError *err)
{
    const size_t pointers = (node->n_in + node->n_out) * sizeof(void *);
    size_t elems;

    IOPT_TRY(iopt_alloc(block, 1, node->n_in * sizeof(IoptTensor) + pointers, err));
    fold->shapes = *block;
    fold->in = (const IoptTensor **)(void *)(fold->shapes + node->n_in);
    fold->out = (IoptTensor **)(void *)(fold->in + node->n_in);
    for (size_t i = 0; i < node->n_in; i++) {
        IoptTensor *const shape = &fold->shapes[i];
        fold->in[i] = in[i].value ? in[i].value : shape;
        if (in[i].value)
            continue;
        *shape = (IoptTensor){ .dtype = in[i].dtype, .shape = in[i].shape };
        IOPT_TRY(iopt_tensor_size(in[i].dtype, &in[i].shape, &elems, &shape->bytes, err));
    }
    return IOPT_OK;
}

static IoptStatus fold_node(const IoptOp *op, IoptNode *node, const IoptFact *in, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    FoldBlock fold = { 0 };
    void *block = NULL;

    IOPT_DO(make_fold_block(node, in, &fold, &block, err));
    IOPT_DO(iopt_op_eval(op, node, fold.in, fold.out, err));
    for (size_t i = 0; i < node->n_out; i++) {
        IoptTensor *const value = fold.out[i];
        fold.out[i] = NULL; /* the graph's, also if it cannot keep it */
        IOPT_DO(iopt_graph_own(node->graph, value, err));
        node->facts[i] = iopt_fact_of(value);
    }
done:
    for (size_t i = 0; fold.out && i < node->n_out; i++)
        iopt_tensor_destroy(fold.out[i]);
    free(block);
    return status;
}

/* What is fed differs from run to run, whatever the node would have computed. */
static void forget_fed_values(IoptNode *node)
{
    for (size_t i = 0; i < node->graph->n_inputs; i++) {
        const IoptValue fed = node->graph->inputs[i];
        if (fed.node == node && (size_t)fed.port < node->n_out)
            node->facts[fed.port].value = NULL;
    }
}

/* Ops that we do not know have as many outputs as are read. */
static IoptStatus check_ports(const IoptNode *node, IoptError *err)
{
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptValue in = node->in[i];
        if (iopt_op_of(in.node) && (size_t)in.port >= iopt_node_n_out(in.node))
            return iopt_fail(
                err, IOPT_BAD_MODEL, "%s '%s' reads output %d of %s '%s', which has %zu", node->op,
                node->name, in.port, in.node->op, in.node->name, iopt_node_n_out(in.node));
    }
    return IOPT_OK;
}

static IoptStatus infer_known_op(const IoptOp *op, IoptNode *node, const IoptInferOptions *options,
                                 IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block;

    IOPT_TRY(check_ports(node, err));
    IOPT_TRY(iopt_alloc(&block, node->n_in, sizeof(IoptFact), err));
    IoptFact *const in = block;
    for (size_t i = 0; i < node->n_in; i++)
        in[i] = iopt_fact_at(node->in[i]);
    IOPT_DO(iopt_op_infer(op, node, in, node->facts, err));
    if (hands_value_through(op, node, in, options))
        node->facts[0] = in[0];
    else if (can_fold(op, node, in, options))
        IOPT_DO(fold_node(op, node, in, err));
done:
    free(block);
    return status;
}

IoptStatus iopt_node_infer(IoptNode *node, const IoptInferOptions *options, IoptError *err)
{
    const IoptOp *const op = iopt_op_of(node);

    IOPT_TRY(reset_facts(node, err));
    if (!op)
        return IOPT_OK;
    if (op->n_in != IOPT_VARIADIC && node->n_in < (size_t)op->n_in) /* passes count on them */
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %d inputs; got %zu", node->op,
                         node->name, op->n_in, node->n_in);
    const IoptStatus status = infer_known_op(op, node, options, err);
    if (status != IOPT_OK) {
        if (options->strict || status == IOPT_NO_MEMORY)
            return status;
        IOPT_TRY(reset_facts(node, err));
    }
    if (iopt_is_input(node))
        forget_fed_values(node);
    return IOPT_OK;
}

IoptStatus iopt_graph_infer(IoptGraph *graph, const IoptInferOptions *options, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode **order = NULL;

    IOPT_TRY(iopt_graph_order(graph, &order, err));
    for (size_t i = 0; i < graph->n_nodes; i++) /* a loop's back edge knows nothing at first */
        IOPT_DO(reset_facts(graph->nodes[i], err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        IOPT_DO(iopt_node_infer(order[i], options, err));
done:
    free(order);
    return status;
}
