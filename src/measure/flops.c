/* Counting floating-point operations. */
#include "measure/flops.h"

/* What each output element takes, times two; 0 if a shape is not known. */
static double per_element(const IoptNode *node, const IoptFact *a, const IoptFact *b)
{
    if (iopt_op_in(node->op, "MatMul|QuantizedMatMul")) {
        const bool transposed = iopt_attr_bool(node, "transpose_a", false);
        return a->shape.rank == 2 ? 2 * (double)a->shape.dim[transposed ? 0 : 1] : 0;
    }
    if (b->shape.rank != 4)
        return 0;
    const double taps = 2 * (double)b->shape.dim[0] * (double)b->shape.dim[1];
    return iopt_is_op(node, "DepthwiseConv2dNative") ? taps : taps * (double)b->shape.dim[2];
}

IoptStatus iopt_graph_flops(const IoptGraph *graph, int64_t *out, IoptError *err)
{
    static const double most = 9e18;
    double sum = 0;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const node = graph->nodes[i];
        size_t elems;
        if (!iopt_op_in(node->op, "Conv2D|QuantizedConv2D|DepthwiseConv2dNative|MatMul|"
                                  "QuantizedMatMul") ||
            node->n_in < 2)
            continue;
        const IoptFact a = iopt_fact_at(node->in[0]), b = iopt_fact_at(node->in[1]);
        const IoptFact y = iopt_fact_at((IoptValue){ graph->nodes[i], 0 });
        if (!iopt_shape_known(&a.shape) || !iopt_shape_known(&b.shape) ||
            !iopt_shape_elems(&y.shape, &elems))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': its shapes are not known",
                             node->op, node->name);
        sum += (double)elems * per_element(node, &a, &b);
    }
    *out = sum < most ? (int64_t)sum : (int64_t)most;
    return IOPT_OK;
}
