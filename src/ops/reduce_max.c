/* Max, Min, All, Any over axes.
 *
 *   in      x, any shape (All, Any: bool); axes, int32 or int64, a vector or a scalar
 *   out     y, x without these axes (attribute keep_dims: they stay as 1)
 *   exact   NaN is skipped; of nothing, or of NaN only, Max is -infinity (the least integer), Min
 *           the opposite, All true, Any false
 *   source  TensorFlow ops of the same names
 */
#include <math.h>

#include "ops/reduce.h"

static int64_t least_int(IoptDType dtype)
{
    switch (dtype) {
    case IOPT_I8: return INT8_MIN;
    case IOPT_I16: return INT16_MIN;
    case IOPT_I32: return INT32_MIN;
    case IOPT_I64: return INT64_MIN;
    default: return 0;
    }
}

static int64_t most_int(IoptDType dtype)
{
    switch (dtype) {
    case IOPT_I8: return INT8_MAX;
    case IOPT_U8: return UINT8_MAX;
    case IOPT_I16: return INT16_MAX;
    case IOPT_U16: return UINT16_MAX;
    case IOPT_I32: return INT32_MAX;
    case IOPT_BOOL: return 1;
    default: return INT64_MAX;
    }
}

static void start(IoptTensor *out, bool greatest)
{
    const size_t n = iopt_elems(out);

    for (size_t i = 0; i < n; i++)
        if (iopt_dtype_is_float(out->dtype))
            iopt_tensor_set_f64(out, i, greatest ? -(double)INFINITY : (double)INFINITY);
        else
            iopt_tensor_set_i64(out, i, greatest ? least_int(out->dtype) : most_int(out->dtype));
}

/* On bools the greatest is Any and the least is All. */
static void reduce(const IoptTensor *const *in, IoptTensor *out, bool greatest)
{
    const size_t n = iopt_elems(in[0]);
    const bool is_float = iopt_dtype_is_float(out->dtype);
    IoptWalk walk;

    start(out, greatest);
    iopt_reduction_walk(in[0], in[1], &walk);
    for (size_t i = 0; i < n; i++, iopt_walk_next(&walk)) {
        const size_t at = (size_t)walk.offset[0];
        if (is_float) {
            const double x = iopt_tensor_get_f64(in[0], i), best = iopt_tensor_get_f64(out, at);
            if (greatest ? x > best : x < best)
                iopt_tensor_set_f64(out, at, x);
        } else {
            const int64_t x = iopt_tensor_get_i64(in[0], i), best = iopt_tensor_get_i64(out, at);
            if (greatest ? x > best : x < best)
                iopt_tensor_set_i64(out, at, x);
        }
    }
}

#define EXTREME_OP(id, op_name, types, greatest, text)                             \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)node, (void)err;                                                     \
        reduce(in, out[0], greatest);                                              \
        return IOPT_OK;                                                            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 2,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = types,                                 \
                                  .flags = IOPT_OP_HALF,                           \
                                  .brief = text,                                   \
                                  .infer = iopt_infer_reduction,                   \
                                  .eval = eval_##id }

EXTREME_OP(max, "Max", IOPT_NUMBER_TYPES, true, "the greatest over axes");
EXTREME_OP(min, "Min", IOPT_NUMBER_TYPES, false, "the least over axes");
EXTREME_OP(any, "Any", "bool", true, "whether any over axes is true");
EXTREME_OP(all, "All", "bool", false, "whether all over axes are true");
