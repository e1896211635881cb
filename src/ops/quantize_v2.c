/* QuantizeV2: real numbers to codes
 *
 *   in      x, float; min_range, max_range: one float each, or one per slice along `axis`
 *   out     y, codes of attribute T, shape of x; the range that they really have: it holds zero and
 *           is not too narrow
 *   attr    mode MIN_COMBINED (scale, then round), MIN_FIRST (round both, then subtract) or SCALED
 *           (symmetric; zero is code 0); round_mode HALF_AWAY_FROM_ZERO or, for SCALED,
 *           HALF_TO_EVEN; narrow_range; axis; ensure_minimum_range
 *   exact   float, the bits of TensorFlow 1.15; with attribute ensure_minimum_range those of 2.15
 *   source  TensorFlow op "QuantizeV2"
 */
#include <float.h>
#include <math.h>

#include "ops/quantized.h"
#include "ops/quantized_slices.h"

typedef struct Rules {
    IoptQuantizeMode mode;
    bool half_to_even, narrow;
} Rules;

static IoptStatus read_rules(const IoptNode *node, Rules *rules, IoptError *err)
{
    const char *const rounding = iopt_attr_string(node, "round_mode", "HALF_AWAY_FROM_ZERO");

    IOPT_TRY(iopt_quantize_mode(node, &rules->mode, err));
    rules->narrow = iopt_attr_bool(node, "narrow_range", false);
    rules->half_to_even = strcmp(rounding, "HALF_TO_EVEN") == 0;
    if (!rules->half_to_even && strcmp(rounding, "HALF_AWAY_FROM_ZERO") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "QuantizeV2 '%s': unknown round_mode '%s'",
                         node->name, rounding);
    if (rules->half_to_even && rules->mode != IOPT_SCALED)
        return iopt_fail(err, IOPT_BAD_MODEL, "QuantizeV2 '%s': HALF_TO_EVEN wants mode SCALED",
                         node->name);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape ranges;
    IoptDType type;
    Rules rules;

    IOPT_TRY(iopt_need_type(node, "T", &type, err));
    if (!iopt_dtype_is_quantized(type))
        return iopt_fail(err, IOPT_BAD_MODEL, "QuantizeV2 '%s': want a quantized T; got %s",
                         node->name, iopt_dtype_name(type));
    IOPT_TRY(read_rules(node, &rules, err));
    IOPT_TRY(iopt_slices_check(node, in, &ranges, err));
    out[0] = iopt_fact(type, in[0].shape);
    out[1] = out[2] = iopt_fact(IOPT_F32, ranges);
    return IOPT_OK;
}

/* How one slice is quantized. */
typedef struct Coder {
    Rules rules;
    IoptRange range;
    IoptToCode first; /* MIN_FIRST */
    float scale, half;
    bool is_signed;
} Coder;

static Coder make_coder(IoptDType type, Rules rules, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);
    Coder coder = { .rules = rules, .range = range, .is_signed = codes.low < 0 };

    if (rules.mode == IOPT_MIN_FIRST) {
        coder.first = iopt_to_code(type, range);
    } else if (rules.mode == IOPT_MIN_COMBINED) {
        const double steps = (double)codes.high - (double)codes.low;
        coder.scale = (float)(steps / (double)(range.max - range.min));
        coder.half = coder.is_signed ? (float)((steps + 1) / 2) : 0;
    } else {
        const float low = (float)(codes.low + (rules.narrow ? 1 : 0)), high = (float)codes.high;
        const float from_min = low * range.min > 0 ? low / range.min : FLT_MAX;
        const float from_max = high * range.max > 0 ? high / range.max : FLT_MAX;
        coder.scale = from_min < from_max ? from_min : from_max;
        coder.range = (IoptRange){ low / coder.scale, high / coder.scale };
    }
    return coder;
}

static float clamp(float x, IoptRange range)
{
    x = x < range.max ? x : range.max;
    return x > range.min ? x : range.min;
}

/* cvttss2si: what does not fit is the smallest number. */
static int64_t truncate32(float x)
{
    return x >= -0x1p31f && x < 0x1p31f ? (int64_t)x : INT32_MIN;
}

static int64_t encode(const Coder *coder, float x)
{
    if (coder->rules.mode == IOPT_MIN_FIRST)
        return iopt_code(&coder->first, x);
    if (coder->rules.mode == IOPT_MIN_COMBINED) {
        const float steps = (clamp(x, coder->range) - coder->range.min) * coder->scale;
        return truncate32(coder->is_signed ? roundf(steps - coder->half) : steps + 0.5f);
    }
    const float scaled = clamp(x, coder->range) * coder->scale;
    return truncate32(coder->rules.half_to_even ? rintf(scaled) : roundf(scaled));
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptSlices s = iopt_slices_of(node, in[0]);
    IoptRange range = { 0, 0 };
    Rules rules;

    IOPT_TRY(read_rules(node, &rules, err));
    for (size_t slice = 0; slice < s.count; slice++) {
        const IoptRange given = { iopt_f32(in[1])[slice], iopt_f32(in[2])[slice] };
        IOPT_TRY(iopt_quantize_range(node, given, &range, err));
        const Coder coder = make_coder(out[0]->dtype, rules, range);
        iopt_f32_mut(out[1])[slice] = coder.range.min;
        iopt_f32_mut(out[2])[slice] = coder.range.max;
        for (size_t o = 0; o < s.outer; o++)
            for (size_t i = 0; i < s.inner; i++) {
                const size_t at = (o * s.count + slice) * s.inner + i;
                iopt_tensor_set_i64(out[0], at, encode(&coder, iopt_f32(in[0])[at]));
            }
    }
    return IOPT_OK;
}

const IoptOp iopt_op_quantize_v2 = {
    .name = "QuantizeV2",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "float",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "real numbers to codes",
    .infer = infer,
    .eval = eval,
};
