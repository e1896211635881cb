/* ClipByValue: y = min(max(x, low), high)
 *
 *   in      x, any shape; low and high, scalars or of x's shape
 *   out     y, like x
 *   exact
 *   source  TensorFlow op "ClipByValue"
 */
#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    for (size_t i = 1; i < 3; i++)
        if (in[i].shape.rank != 0 && !iopt_shapes_agree(&in[i].shape, &in[0].shape))
            return iopt_bad_inputs(node, in, err, "limits that are scalars or of x's shape");
    out[0] = iopt_fact(in[0].dtype, in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(in[0]);
    const bool one_low = in[1]->shape.rank == 0, one_high = in[2]->shape.rank == 0;

    (void)node, (void)err;
    for (size_t i = 0; i < n; i++)
        if (iopt_dtype_is_float(in[0]->dtype)) {
            const double x = iopt_tensor_get_f64(in[0], i);
            const double low = iopt_tensor_get_f64(in[1], one_low ? 0 : i);
            const double high = iopt_tensor_get_f64(in[2], one_high ? 0 : i);
            const double raised = x < low ? low : x;
            iopt_tensor_set_f64(out[0], i, raised > high ? high : raised);
        } else {
            const int64_t x = iopt_tensor_get_i64(in[0], i);
            const int64_t low = iopt_tensor_get_i64(in[1], one_low ? 0 : i);
            const int64_t high = iopt_tensor_get_i64(in[2], one_high ? 0 : i);
            const int64_t raised = x < low ? low : x;
            iopt_tensor_set_i64(out[0], i, raised > high ? high : raised);
        }
    return IOPT_OK;
}

const IoptOp iopt_op_clip_by_value = { .name = "ClipByValue",
                                       .n_in = 3,
                                       .n_out = 1,
                                       .dtypes = IOPT_NUMBER_TYPES,
                                       .flags = IOPT_OP_HALF,
                                       .brief = "y = min(max(x, low), high)",
                                       .infer = infer,
                                       .eval = eval };
