/* Range: start, start + delta, ... below limit (above it for a negative delta)
 *
 *   in      start, limit, delta: scalars of one type
 *   out     y [n]
 *   exact   floats add delta again and again in their own type, as TensorFlow 1 does
 *   source  TensorFlow op "Range"
 */
#include <math.h>

#include "ops/ints.h"

static IoptStatus refuse(const IoptNode *node, IoptError *err)
{
    return iopt_fail(err, IOPT_BAD_MODEL, "Range '%s': delta does not lead from start to limit",
                     node->name);
}

static IoptStatus count_ints(const IoptNode *node, const IoptFact *in, int64_t *out, IoptError *err)
{
    const int64_t start = iopt_tensor_get_i64(in[0].value, 0);
    const int64_t limit = iopt_tensor_get_i64(in[1].value, 0);
    const int64_t delta = iopt_tensor_get_i64(in[2].value, 0);

    if (delta == 0 || (delta > 0 ? start > limit : start < limit))
        return refuse(node, err);
    /* Unsigned, as the distance of two int64 may not fit into one. */
    const uint64_t way =
        delta > 0 ? (uint64_t)limit - (uint64_t)start : (uint64_t)start - (uint64_t)limit;
    const uint64_t step = delta > 0 ? (uint64_t)delta : 0 - (uint64_t)delta;
    const uint64_t n = way / step + (way % step != 0);
    if (n > INT64_MAX)
        return refuse(node, err);
    *out = (int64_t)n;
    return IOPT_OK;
}

static IoptStatus count_floats(const IoptNode *node, const IoptFact *in, int64_t *out,
                               IoptError *err)
{
    const double start = iopt_tensor_get_f64(in[0].value, 0);
    const double limit = iopt_tensor_get_f64(in[1].value, 0);
    const double delta = iopt_tensor_get_f64(in[2].value, 0);

    if (!(delta > 0 ? start <= limit : delta < 0 && start >= limit))
        return refuse(node, err);
    const double n = in[0].dtype == IOPT_F64
                         ? ceil(fabs((limit - start) / delta))
                         : (double)ceilf(fabsf(((float)limit - (float)start) / (float)delta));
    if (!(n < 0x1p62))
        return refuse(node, err);
    *out = (int64_t)n;
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptDType type = iopt_input_type(node, in, "Tidx");
    int64_t n = -1;

    for (int i = 0; i < 3; i++)
        if (!iopt_may_have_rank(&in[i], 0) || (in[i].dtype && type && in[i].dtype != type))
            return iopt_bad_inputs(node, in, err, "three scalars of one type");
    if (in[0].value && in[1].value && in[2].value)
        IOPT_TRY(iopt_dtype_is_float(type) ? count_floats(node, in, &n, err)
                                           : count_ints(node, in, &n, err));
    out[0] = iopt_fact(type, iopt_shape(1, &n));
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(out[0]);

    (void)node, (void)err;
    if (out[0]->dtype == IOPT_F32) {
        float value = *iopt_f32(in[0]);
        for (size_t i = 0; i < n; i++, value += *iopt_f32(in[2]))
            iopt_f32_mut(out[0])[i] = value;
    } else if (iopt_dtype_is_float(out[0]->dtype)) {
        double value = iopt_tensor_get_f64(in[0], 0);
        for (size_t i = 0; i < n; i++, value += iopt_tensor_get_f64(in[2], 0))
            iopt_tensor_set_f64(out[0], i, value);
    } else {
        const int64_t start = iopt_tensor_get_i64(in[0], 0), delta = iopt_tensor_get_i64(in[2], 0);
        for (size_t i = 0; i < n; i++) /* the last value lies before limit: no overflow */
            iopt_tensor_set_i64(out[0], i, start + (int64_t)i * delta);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_range = {
    .name = "Range",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "int32 int64 float double half bfloat16",
    .flags = IOPT_OP_HALF,
    .brief = "start, start + delta, ... up to limit",
    .infer = infer,
    .eval = eval,
};
