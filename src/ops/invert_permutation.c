/* InvertPermutation: y[x[i]] = i
 *
 *   in      x [n] of int32 or int64, the numbers 0 .. n-1 in any order
 *   out     y [n]
 *   source  TensorFlow op "InvertPermutation"
 */
#include "ops/ints.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    if (!iopt_may_have_rank(&in[0], 1))
        return iopt_bad_inputs(node, in, err, "a vector");
    out[0] = iopt_fact(iopt_input_type(node, in, "T"),
                       in[0].shape.rank < 0 ? iopt_shape_of_rank(1) : in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const int64_t n = (int64_t)iopt_elems(in[0]);

    for (int64_t i = 0; i < n; i++)
        iopt_tensor_set_i64(out[0], (size_t)i, -1);
    for (int64_t i = 0; i < n; i++) {
        const int64_t at = iopt_tensor_get_i64(in[0], (size_t)i);
        if (at < 0 || at >= n || iopt_tensor_get_i64(out[0], (size_t)at) >= 0)
            return iopt_fail(err, IOPT_BAD_DATA,
                             "InvertPermutation '%s': want 0 .. %lld once each; value %lld is %lld",
                             node->name, (long long)n - 1, (long long)i, (long long)at);
        iopt_tensor_set_i64(out[0], (size_t)at, i);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_invert_permutation = {
    .name = "InvertPermutation",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "int32 int64",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "y[x[i]] = i",
    .infer = infer,
    .eval = eval,
};
