/* Ranges of fake quantizations, in TensorFlow's own arithmetic. */
#include "engine/int8/int8_range.h"

#include <math.h>

#include "ops/fake_quant.h"

bool iopt_int8_is_quantizer(const IoptNode *node)
{
    return iopt_op_in(node->op, "FakeQuantWithMinMaxVars|FakeQuantWithMinMaxArgs|"
                                "FakeQuantWithMinMaxVarsPerChannel|QuantizeAndDequantize|"
                                "QuantizeAndDequantizeV2|QuantizeAndDequantizeV3|"
                                "QuantizeAndDequantizeV4");
}

static bool is_symmetric(const IoptNode *node)
{
    return node->op[0] == 'Q';
}

/* *value = the element that all of a known float input are. */
static bool one_value(const IoptNode *node, size_t slot, float *value)
{
    const IoptTensor *const tensor = iopt_fact_at(node->in[slot]).value;
    const size_t count = tensor && tensor->dtype == IOPT_F32 ? iopt_elems(tensor) : 0;

    for (size_t i = 0; i < count; i++) {
        const float element = (float)iopt_tensor_get_f64(tensor, i);
        if (i > 0 && element != *value)
            return false;
        *value = element;
    }
    return count > 0;
}

static bool fake_quant_range(const IoptNode *node, IoptInt8Range *range)
{
    float min = iopt_attr_float(node, "min", -6), max = iopt_attr_float(node, "max", 6);
    float first, last;

    if (node->n_in == 3 && (!one_value(node, 1, &min) || !one_value(node, 2, &max)))
        return false;
    if (!(min < max) || iopt_fake_quant_codes(node, &first, &last, NULL) != IOPT_OK)
        return false;
    const IoptNudged nudged = iopt_fake_quant_nudge(min, max, first, last);
    if (!isfinite(nudged.step) || !isfinite(nudged.zero))
        return false;
    *range = (IoptInt8Range){ .scale = nudged.step,
                              .min = nudged.min,
                              .max = nudged.max,
                              .zero = (int32_t)(nudged.zero - first),
                              .top = (int32_t)(last - first) };
    return true;
}

static bool symmetric_range(const IoptNode *node, IoptInt8Range *range)
{
    const IoptFact x = iopt_fact_at(node->in[0]);
    const IoptTensor *in[4] = { NULL };
    IoptSymmetricSteps steps;

    for (size_t i = 1; i < node->n_in && i < 4; i++) {
        in[i] = iopt_fact_at(node->in[i]).value;
        if (!in[i])
            return false;
    }
    if (!iopt_attr_bool(node, "range_given", node->n_in != 1) || x.dtype != IOPT_F32 ||
        iopt_attr_int(node, "axis", -1) >= 0 ||
        iopt_symmetric_steps(node, in, &x.shape, 0, &steps, NULL) != IOPT_OK ||
        steps.max_code - steps.min_code > UINT16_MAX)
        return false;
    *range = (IoptInt8Range){ .scale = steps.step,
                              .min = steps.min_code * steps.step,
                              .max = steps.max_code * steps.step,
                              .zero = (int32_t)-steps.min_code,
                              .top = (int32_t)(steps.max_code - steps.min_code) };
    return true;
}

bool iopt_int8_range_of(const IoptNode *quantizer, IoptInt8Range *range)
{
    if (!iopt_int8_is_quantizer(quantizer) || iopt_fact_at(quantizer->in[0]).dtype != IOPT_F32 ||
        !(is_symmetric(quantizer) ? symmetric_range(quantizer, range)
                                  : fake_quant_range(quantizer, range)))
        return false;
    range->dtype = range->top <= UINT8_MAX ? IOPT_QU8 : IOPT_QU16;
    return range->scale > 0 && isfinite(range->scale) && isfinite(1 / range->scale) &&
           isfinite(range->min) && isfinite(range->max) && isfinite(range->max - range->min);
}

bool iopt_int8_range_equal(const IoptInt8Range *a, const IoptInt8Range *b)
{
    return a->scale == b->scale && a->zero == b->zero && a->top == b->top;
}

int32_t iopt_int8_code_of(const IoptInt8Range *range, float value)
{
    const float inside = value > range->min ? value < range->max ? value : range->max : range->min;

    return (int32_t)floorf((inside - range->min) * (1 / range->scale) + 0.5F);
}

IoptS8End iopt_int8_range_end(const IoptInt8Range *range, float lo, float hi)
{
    return (IoptS8End){
        .type = range->dtype == IOPT_QU8 ? IOPT_S8_OUT_U8 : IOPT_S8_OUT_U16,
        .lo = (float)(iopt_int8_code_of(range, lo) - range->zero),
        .hi = (float)(iopt_int8_code_of(range, hi) - range->zero),
        .zero = range->zero,
    };
}

IoptS8In iopt_int8_range_in(const IoptInt8Range *range)
{
    return (IoptS8In){
        .type = range->dtype == IOPT_QU8 ? IOPT_S8_OUT_U8 : IOPT_S8_OUT_U16,
        .zero = range->zero,
        .scale = range->scale,
    };
}
