/* ConcatOffset: where each of N values begins inside their concatenation
 *
 *   in      the axis, one int32; N shapes as int32 vectors [rank] that differ in the axis at most
 *   out     N vectors [rank]: zeros, and at the axis the sum of the sizes before
 *   source  TensorFlow op "ConcatOffset"
 */
#include "ops/ints.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape shape = iopt_shape_of_rank(1);
    const size_t n = iopt_node_n_out(node);

    if (node->n_in < 2 || n != node->n_in - 1)
        return iopt_fail(err, IOPT_BAD_MODEL, "ConcatOffset '%s': want an axis and shapes",
                         node->name);
    for (size_t i = 0; i < n; i++) {
        if (!iopt_may_have_rank(&in[1 + i], 1) || !iopt_shapes_agree(&shape, &in[1 + i].shape) ||
            (in[1 + i].dtype && in[1 + i].dtype != IOPT_I32))
            return iopt_bad_inputs(node, in, err, "int32 vectors of one length");
        shape = iopt_shape_merge(&shape, &in[1 + i].shape);
    }
    for (size_t i = 0; i < n; i++)
        out[i] = iopt_fact(IOPT_I32, shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_node_n_out(node), rank = iopt_elems(in[1]);
    int64_t at = 0;
    int axis;

    if (!iopt_axis(iopt_tensor_get_i64(in[0], 0), (int)rank, &axis))
        return iopt_fail(err, IOPT_BAD_DATA, "ConcatOffset '%s': axis %lld of %zu dimensions",
                         node->name, (long long)iopt_tensor_get_i64(in[0], 0), rank);
    for (size_t i = 0; i < n; i++) {
        for (size_t d = 0; d < rank; d++)
            if ((int)d != axis && iopt_i32(in[1 + i])[d] != iopt_i32(in[1])[d])
                return iopt_fail(err, IOPT_BAD_DATA,
                                 "ConcatOffset '%s': shapes 0 and %zu differ in dimension %zu",
                                 node->name, i, d);
        iopt_i32_mut(out[i])[axis] = (int32_t)at;
        at += iopt_i32(in[1 + i])[axis];
        if (at < 0 || at > INT32_MAX)
            return iopt_fail(err, IOPT_BAD_DATA, "ConcatOffset '%s': offset %lld beyond int32",
                             node->name, (long long)at);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_concat_offset = {
    .name = "ConcatOffset",
    .n_in = IOPT_VARIADIC,
    .n_out = IOPT_VARIADIC,
    .dtypes = "int32",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "where each value begins inside a concatenation",
    .infer = infer,
    .eval = eval,
};
