/* LinSpace: num values from start to stop at equal distances
 *
 *   in      start, stop: scalars of one float type; num: one int32 or int64, at least 1
 *   out     y [num]; y[i] = start + i * step, the last is stop itself
 *   source  TensorFlow op "LinSpace"
 */
#include "ops/ints.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts num;

    if (!iopt_may_have_rank(&in[0], 0) || !iopt_may_have_rank(&in[1], 0))
        return iopt_bad_inputs(node, in, err, "scalars");
    IOPT_TRY(iopt_ints_scalar(node, in, 2, "num", &num, err));
    if (num.known && num.v[0] < 1)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "LinSpace '%s': want at least one value; got num %lld", node->name,
                         (long long)num.v[0]);
    const int64_t n = num.known ? num.v[0] : -1;
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), iopt_shape(1, &n));
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(out[0]);
    const double start = iopt_tensor_get_f64(in[0], 0), stop = iopt_tensor_get_f64(in[1], 0);

    (void)node, (void)err;
    if (out[0]->dtype == IOPT_F64) {
        const double step = n > 1 ? (stop - start) / (double)(n - 1) : 0;
        for (size_t i = 0; i < n; i++)
            ((double *)out[0]->data)[i] = start + step * (double)i;
    } else {
        const float step = n > 1 ? ((float)stop - (float)start) / (float)(n - 1) : 0;
        for (size_t i = 0; i < n; i++)
            iopt_f32_mut(out[0])[i] = (float)start + step * (float)i;
    }
    if (n > 1)
        iopt_tensor_set_f64(out[0], n - 1, stop);
    return IOPT_OK;
}

const IoptOp iopt_op_lin_space = {
    .name = "LinSpace",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "float double half bfloat16",
    .flags = IOPT_OP_HALF,
    .brief = "num values from start to stop",
    .infer = infer,
    .eval = eval,
};
