/* FakeQuantWithMinMaxArgs, ...Vars, ...VarsPerChannel: rounds x to the steps of a quantized range
 *
 *   in      x [..., C], float;  Vars: min, max, scalars;  VarsPerChannel: min, max [C]
 *   out     y, shape of x
 *   attr    num_bits 2 .. 16, narrow_range;  Args: min, max
 *   formula steps s = (max - min) / (qmax - qmin), the range shifted so that 0 is a step;
 *           y = floor((clamp(x) - nmin) / s + 0.5) * s + nmin
 *   exact   float, one rounding per operation; Args multiplies by 1/s where the others divide by s
 *   source  TensorFlow ops of these names
 */
#include "ops/fake_quant.h"

#include <math.h>

#include "ops/ints.h"

IoptNudged iopt_fake_quant_nudge(float min, float max, float qmin, float qmax)
{
    const float step = (max - min) / (qmax - qmin);
    const float zero = qmin - min / step;
    const float code = zero < qmin ? qmin : zero > qmax ? qmax : roundf(zero);

    return (IoptNudged){ (qmin - code) * step, (qmax - code) * step, step, code };
}

static float clamp(float x, const IoptNudged *range)
{
    return x < range->min ? range->min : x > range->max ? range->max : x; /* NaN stays */
}

IoptStatus iopt_fake_quant_codes(const IoptNode *node, float *qmin, float *qmax, IoptError *err)
{
    const int64_t bits = iopt_attr_int(node, "num_bits", 8);

    if (bits < 2 || bits > 16)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want num_bits in 2 .. 16; got %lld",
                         node->op, node->name, (long long)bits);
    *qmin = iopt_attr_bool(node, "narrow_range", false) ? 1.0f : 0.0f;
    *qmax = (float)((1 << bits) - 1);
    return IOPT_OK;
}

static IoptStatus infer_args(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    const float min = iopt_attr_float(node, "min", -6), max = iopt_attr_float(node, "max", 6);
    float qmin, qmax;

    IOPT_TRY(iopt_fake_quant_codes(node, &qmin, &qmax, err));
    if (!(min < max))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want min < max; got %g, %g", node->op,
                         node->name, (double)min, (double)max);
    out[0] = iopt_fact(IOPT_F32, in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval_args(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const float min = iopt_attr_float(node, "min", -6), max = iopt_attr_float(node, "max", 6);
    float qmin, qmax;

    IOPT_TRY(iopt_fake_quant_codes(node, &qmin, &qmax, err));
    const IoptNudged range = iopt_fake_quant_nudge(min, max, qmin, qmax);
    const float inverse = 1.0f / range.step;
    for (size_t i = 0; i < iopt_elems(in[0]); i++) {
        const float x = clamp(iopt_f32(in[0])[i], &range);
        iopt_f32_mut(out[0])[i] = floorf((x - range.min) * inverse + 0.5f) * range.step + range.min;
    }
    return IOPT_OK;
}

/* min and max: scalars for Vars, vectors of the last dimension for VarsPerChannel. */
static IoptStatus infer_vars(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    const bool per_channel = iopt_is_op(node, "FakeQuantWithMinMaxVarsPerChannel");
    const IoptShape *const x = &in[0].shape;
    const int64_t channels = x->rank > 0 ? x->dim[x->rank - 1] : -1;
    float qmin, qmax;

    IOPT_TRY(iopt_fake_quant_codes(node, &qmin, &qmax, err));
    for (int i = 1; i < 3; i++)
        if (!iopt_may_have_rank(&in[i], per_channel) || (in[i].dtype && in[i].dtype != IOPT_F32) ||
            (per_channel &&
             (x->rank == 0 || !iopt_dims_agree(iopt_dim_or_unknown(&in[i].shape, 0), channels))))
            return iopt_bad_inputs(node, in, err, "min and max as float%s",
                                   per_channel ? "[C]" : " scalars");
    out[0] = iopt_fact(IOPT_F32, *x);
    return IOPT_OK;
}

static IoptStatus eval_vars(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const size_t n = iopt_elems(in[0]), channels = iopt_elems(in[1]);
    float qmin, qmax;

    IOPT_TRY(iopt_fake_quant_codes(node, &qmin, &qmax, err));
    for (size_t c = 0; c < channels; c++) {
        const float min = iopt_f32(in[1])[c], max = iopt_f32(in[2])[c];
        if (min == 0 && max == 0)
            continue; /* nothing but zeros, which are there */
        const IoptNudged range = iopt_fake_quant_nudge(min, max, qmin, qmax);
        for (size_t i = c; i < n; i += channels) {
            const float x = clamp(iopt_f32(in[0])[i], &range);
            iopt_f32_mut(out[0])[i] =
                floorf((x - range.min) / range.step + 0.5f) * range.step + range.min;
        }
    }
    return IOPT_OK;
}

const IoptOp iopt_op_fake_quant_args = {
    .name = "FakeQuantWithMinMaxArgs",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "float",
    .brief = "x rounded to the steps of a quantized range",
    .infer = infer_args,
    .eval = eval_args,
};

const IoptOp iopt_op_fake_quant_vars = {
    .name = "FakeQuantWithMinMaxVars",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "float",
    .brief = "x rounded to the steps of a quantized range",
    .infer = infer_vars,
    .eval = eval_vars,
};

const IoptOp iopt_op_fake_quant_vars_per_channel = {
    .name = "FakeQuantWithMinMaxVarsPerChannel",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "float",
    .brief = "x rounded to the steps of a quantized range per channel",
    .infer = infer_vars,
    .eval = eval_vars,
};
