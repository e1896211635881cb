/* fold_constants: a node that always gives the same value becomes that value.
 *
 *   in         nodes whose inputs are all constant, and nodes that ask only for shapes that are
 *              known
 *   exactness  same bits: values come from the op's plain-C result
 *   keeps      random and stateful ops, graph outputs, and what would make the file grow: a value
 *              may exceed the constants that it frees by IoptPassOptions.max_folded_bytes at most;
 *              what only repeats or counts (Fill, Tile, Range, ...) by 1 kB: it is cheap to make;
 *              and weights that are kept in 8 bits: Cast of an int8 constant, Mul of that by a
 *              scale, FakeQuant and QuantizeAndDequantize of a constant
 */
#include <stdio.h>
#include <stdlib.h>

#include "passes/pass.h"

enum { DEFAULT_GROWTH_BYTES = 1 << 20, REPLICA_BYTES = 1024 };

/* Cast of an int8 constant. */
static bool unpacks_int8(const IoptNode *node)
{
    const IoptTensor *const codes =
        iopt_is_op(node, "Cast") && node->n_in == 1 ? iopt_const_mapped(node->in[0].node) : NULL;

    return codes && codes->dtype == IOPT_I8;
}

/* What makes floats of weights in 8 bits: folded, the file would be four times as large, and nobody
 * could see any more that integers are enough. */
static bool is_quantized_weight(const IoptNode *node)
{
    if (iopt_op_in(node->op, "FakeQuantWithMinMaxArgs|FakeQuantWithMinMaxVars|"
                             "FakeQuantWithMinMaxVarsPerChannel|QuantizeAndDequantize|"
                             "QuantizeAndDequantizeV2|QuantizeAndDequantizeV3"))
        return true;
    if (iopt_is_op(node, "Mul"))
        for (size_t i = 0; i < node->n_in; i++)
            if (unpacks_int8(node->in[i].node))
                return true;
    return unpacks_int8(node);
}

static bool may_fold(const IoptNode *node, const IoptOp *op)
{
    if (!op || !op->eval || node->n_out == 0 || node->n_control || iopt_is_output(node) ||
        iopt_is_input(node) || (op->flags & (IOPT_OP_STATEFUL | IOPT_OP_RANDOM | IOPT_OP_CONTROL)))
        return false;
    return !iopt_op_in(node->op, "Const|Placeholder|PlaceholderWithDefault|NoOp") &&
           !is_quantized_weight(node);
}

/* Bytes of constants that go once the node is gone. */
static size_t freed_bytes(const IoptNode *node)
{
    size_t bytes = 0;

    for (size_t i = 0; i < node->n_in; i++) {
        const IoptTensor *const tensor = iopt_const_mapped(node->in[i].node);
        if (tensor && iopt_node_uses(node->in[i].node) == 1)
            bytes += tensor->bytes;
    }
    return bytes;
}

static bool outputs_known(const IoptNode *node)
{
    for (size_t i = 0; i < node->n_out; i++)
        if (!node->facts[i].value)
            return false;
    return true;
}

static bool inputs_constant(const IoptNode *node)
{
    for (size_t i = 0; i < node->n_in; i++)
        if (!iopt_const_mapped(node->in[i].node))
            return false;
    return node->n_in > 0;
}

/* By how much the file may grow for a node. */
static size_t growth_limit(const IoptNode *node, const IoptPassContext *context)
{
    const size_t asked = context->options ? context->options->max_folded_bytes : 0;
    const size_t limit = asked ? asked : DEFAULT_GROWTH_BYTES;

    if (iopt_op_in(node->op, "Fill|ZerosLike|OnesLike|Tile|BroadcastTo|Range|LinSpace|OneHot|"
                             "MatrixDiag|Diag"))
        return limit < REPLICA_BYTES ? limit : REPLICA_BYTES;
    return limit;
}

/* Output bytes as inferred; SIZE_MAX if not known. */
static size_t result_bytes(const IoptNode *node)
{
    size_t total = 0, elems, bytes;

    for (size_t i = 0; i < node->n_out; i++) {
        if (!node->facts[i].dtype || iopt_tensor_size(node->facts[i].dtype, &node->facts[i].shape,
                                                      &elems, &bytes, NULL) != IOPT_OK)
            return SIZE_MAX;
        total += bytes;
    }
    return total;
}

static IoptStatus replace_with(IoptEdit *edit, IoptNode *node, IoptTensor **values, IoptError *err)
{
    for (size_t port = 0; port < node->n_out; port++) {
        IoptNode *constant;
        IoptTensor *const value = values[port];
        values[port] = NULL;
        IOPT_TRY(iopt_edit_add_const(edit, node->name, value, &constant, err));
        constant->device = node->device;
        IOPT_TRY(iopt_node_infer(constant, &(IoptInferOptions){ .fold = true }, err));
        if (node->n_out == 1)
            IOPT_TRY(iopt_edit_replace(edit, node, constant, err));
        else
            IOPT_TRY(iopt_edit_replace_value(edit, (IoptValue){ node, (int)port },
                                             (IoptValue){ constant, 0 }, err));
    }
    return IOPT_OK;
}

/* Known values are shared, others computed; values has room for n_out and starts empty. */
static IoptStatus compute(const IoptOp *op, const IoptNode *node, IoptTensor **values,
                          IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *block = NULL;

    if (outputs_known(node)) {
        for (size_t i = 0; i < node->n_out; i++)
            IOPT_TRY(iopt_tensor_clone(node->facts[i].value, &values[i], err));
        return IOPT_OK;
    }
    IOPT_TRY(iopt_alloc(&block, node->n_in, sizeof(IoptTensor *), err));
    const IoptTensor **const in = block;
    for (size_t i = 0; i < node->n_in; i++)
        in[i] = iopt_const_mapped(node->in[i].node);
    status = iopt_op_eval(op, node, in, values, err);
    free(block);
    return status;
}

static IoptStatus fold(IoptGraph *graph, IoptNode *node, const IoptOp *op, IoptPassContext *context,
                       IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptEdit edit;
    void *block = NULL;

    iopt_edit_begin(&edit, graph);
    IOPT_DO(iopt_alloc(&block, node->n_out, sizeof(IoptTensor *), err));
    IoptTensor **const values = block;
    const size_t n_out = node->n_out;
    if (compute(op, node, values, err) != IOPT_OK) {
        /* An op that fails on its constants (Assert, division by zero) fails when it is run. */
        context->skips++;
        (void)snprintf(context->skip_text, sizeof context->skip_text, "%s '%s' fails on its inputs",
                       node->op, node->name);
    } else {
        IOPT_DO(replace_with(&edit, node, values, err));
        IOPT_DO(iopt_edit_commit(&edit, err));
        context->changes++;
    }
    for (size_t i = 0; i < n_out; i++)
        iopt_tensor_destroy(values[i]);
done:
    free(block);
    iopt_edit_abandon(&edit);
    return status;
}

static IoptStatus run(IoptGraph *graph, IoptPassContext *context, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode **order = NULL;
    const size_t count = graph->n_nodes;

    IOPT_TRY(iopt_graph_order(graph, &order, err));
    for (size_t i = 0; i < count; i++) {
        IoptNode *const node = order[i];
        const IoptOp *const op = iopt_op_find(node->op);
        if (node->removed || !may_fold(node, op) || iopt_node_uses(node) == 0)
            continue;
        if (!outputs_known(node) && !inputs_constant(node))
            continue;
        const size_t bytes = result_bytes(node), freed = freed_bytes(node);
        if (bytes > freed && bytes - freed > growth_limit(node, context)) {
            context->skips++;
            (void)snprintf(context->skip_text, sizeof context->skip_text,
                           "%s '%s' would grow the file by %zu bytes", node->op, node->name,
                           bytes - freed);
            continue;
        }
        IOPT_DO(fold(graph, node, op, context, err));
    }
done:
    free(order);
    return status;
}

const IoptPass iopt_pass_fold_constants = {
    .name = "fold_constants",
    .brief = "compute once what always gives the same value",
    .exactness = IOPT_SAME_BITS,
    .run = run,
};
