/* Quantized numbers. */
#include "ops/quantized.h"

#include <math.h>

IoptCodes iopt_codes(IoptDType type)
{
    switch (type) {
    case IOPT_QU8: return (IoptCodes){ 8, 0, UINT8_MAX };
    case IOPT_QI8: return (IoptCodes){ 8, INT8_MIN, INT8_MAX };
    case IOPT_QU16: return (IoptCodes){ 16, 0, UINT16_MAX };
    case IOPT_QI16: return (IoptCodes){ 16, INT16_MIN, INT16_MAX };
    default: return (IoptCodes){ 32, INT32_MIN, INT32_MAX };
    }
}

IoptRange iopt_range_of(const IoptTensor *const *in, size_t slot)
{
    return (IoptRange){ iopt_f32(in[slot])[0], iopt_f32(in[slot + 1])[0] };
}

void iopt_range_put(IoptTensor *const *out, size_t port, IoptRange range)
{
    iopt_f32_mut(out[port])[0] = range.min;
    iopt_f32_mut(out[port + 1])[0] = range.max;
}

IoptStatus iopt_ranges_check(const IoptNode *node, const IoptFact *in, size_t slot, size_t count,
                             IoptError *err)
{
    for (size_t i = slot; i < slot + count; i++) {
        size_t elems;
        if ((in[i].dtype && in[i].dtype != IOPT_F32) ||
            (iopt_shape_elems(&in[i].shape, &elems) && elems != 1))
            return iopt_bad_inputs(node, in, err, "one float as input %zu", i);
    }
    return IOPT_OK;
}

void iopt_quantized_facts(IoptFact *out, IoptDType type, IoptShape shape)
{
    out[0] = iopt_fact(type, shape);
    out[1] = out[2] = iopt_fact(IOPT_F32, iopt_shape_scalar());
}

IoptStatus iopt_requantized_facts(const IoptNode *node, IoptShape shape, IoptFact *out,
                                  IoptError *err)
{
    const IoptDType type = iopt_attr_type(node, "out_type", IOPT_QU8);

    if (type != IOPT_QU8 && type != IOPT_QI8)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want out_type quint8 or qint8; got %s",
                         node->op, node->name, iopt_dtype_name(type));
    iopt_quantized_facts(out, type, shape);
    return IOPT_OK;
}

/* cvttsd2si: what does not fit is the smallest number. */
static int64_t truncate(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

/* The range in double, widened by the half steps at its ends, and the number of codes. */
static double wide_range(IoptRange range, double codes)
{
    return (double)(range.max - range.min) * (codes / (codes - 1));
}

int64_t iopt_code_unclamped(IoptDType type, float real, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);

    if (range.min == range.max)
        return codes.low;
    const double count = ldexp(1, codes.bits), k = count / wide_range(range, count);
    const int64_t code = truncate(round((double)real * k) - round((double)range.min * k));
    return (int64_t)((uint64_t)code + (uint64_t)codes.low); /* may wrap, as TensorFlow's does */
}

int64_t iopt_code_of(IoptDType type, float real, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);
    const int64_t code = iopt_code_unclamped(type, real, range);

    return code < codes.low ? codes.low : code > codes.high ? codes.high : code;
}

float iopt_code_real(IoptDType type, int64_t code, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);

    if (range.min == range.max)
        return range.min;
    const double count = ldexp(1, codes.bits), step = wide_range(range, count) / count;
    const float base = roundf(range.min / (float)step) * (float)step;
    const double exact = type == IOPT_QI32 ? (double)(float)code : (double)code;
    return (float)((double)base + (exact - (double)codes.low) * step);
}

int32_t iopt_zero_code(IoptDType type, IoptRange range)
{
    return iopt_wrap_i32((uint64_t)iopt_code_unclamped(type, 0, range));
}

/* What one code is worth. */
static float level(IoptDType type, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);

    return (range.max - range.min) / (float)(codes.high - codes.low);
}

IoptRange iopt_product_range(IoptDType a_type, IoptRange a, IoptDType b_type, IoptRange b)
{
    const float step = level(a_type, a) * level(b_type, b);

    return (IoptRange){ step * (float)INT32_MIN, step * (float)INT32_MAX };
}

IoptToReal iopt_to_real(IoptDType type, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);
    const float scale = (float)((double)(range.max - range.min) / (ldexp(1, codes.bits) - 1));
    const float base = range.max == range.min ? range.min : roundf(range.min / scale) * scale;

    return (IoptToReal){ base - (float)codes.low * scale, scale };
}

IoptToCode iopt_to_code(IoptDType type, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);
    const float scale = range.max == range.min
                            ? 0
                            : (float)((ldexp(1, codes.bits) - 1) / (double)(range.max - range.min));
    const float low = (float)codes.low, high = (float)codes.high;
    const float below_2_31 = 2147483520.0f; /* the largest float that an int32 can be */

    return (IoptToCode){ scale, roundf(range.min * scale) - low, low,
                         high < below_2_31 ? high : below_2_31 };
}

int64_t iopt_code(const IoptToCode *to, float real)
{
    const float code = roundf(real * to->scale) - to->shift;

    return (int64_t)(code > to->low ? (code < to->high ? code : to->high) : to->low);
}

IoptCodeShrink iopt_code_shrink(IoptRange from, IoptRange to)
{
    const float in = from.max - from.min, out = to.max - to.min;
    const float ratio = out == 0 ? 0 : (float)(255.0 / (double)out);
    const float middle = (float)((double)(from.min + from.max) / 2.0);
    const int64_t scale = out == 0 ? 0 : truncate(255.0 * 65536.0 * (double)in / (double)out);
    const int64_t in_offset = truncate((double)(middle * ratio * 65536.0f));
    const int64_t out_offset =
        out == 0 ? 0 : truncate(65536.0 * ((double)to.min * 255.0) / (double)out);
    const uint64_t offset = (uint64_t)in_offset - (uint64_t)out_offset + 32768;

    return (IoptCodeShrink){ scale, (int64_t)offset };
}

static void requantize_fixed(const IoptTensor *x, IoptRange from, IoptTensor *y, IoptRange to)
{
    const IoptCodeShrink s = iopt_code_shrink(from, to);

    for (size_t i = 0; i < iopt_elems(x); i++) {
        const uint64_t product = (uint64_t)iopt_tensor_get_i64(x, i) * (uint64_t)s.scale;
        const int64_t code =
            (int64_t)((uint64_t)((int64_t)product >> 32) + (uint64_t)s.offset) >> 16;
        iopt_tensor_set_i64(y, i, code < 0 ? 0 : code > 255 ? 255 : code);
    }
}

void iopt_requantize(const IoptTensor *x, IoptRange from, IoptTensor *y, IoptRange to)
{
    const IoptToReal real = iopt_to_real(x->dtype, from);
    const IoptToCode code = iopt_to_code(y->dtype, to);

    if (x->dtype == IOPT_QI32 && y->dtype == IOPT_QU8) {
        requantize_fixed(x, from, y, to);
        return;
    }
    for (size_t i = 0; i < iopt_elems(x); i++)
        iopt_tensor_set_i64(y, i, iopt_code(&code, iopt_real(&real, iopt_tensor_get_i64(x, i))));
}

IoptRange iopt_taken_range(IoptDType type, int64_t lowest, int64_t highest, IoptRange range)
{
    const float min = iopt_code_real(type, lowest, range);

    return (IoptRange){ min < 0 ? min : 0, iopt_code_real(type, highest, range) };
}

IoptStatus iopt_quantize_range(const IoptNode *node, IoptRange given, IoptRange *out,
                               IoptError *err)
{
    const IoptAttr *const least = iopt_attr(node, "ensure_minimum_range");
    const float largest = fmaxf(1, fmaxf(fabsf(given.min), fabsf(given.max)));
    const float width =
        least && least->kind == IOPT_ATTR_FLOAT ? largest * least->u.f : largest / 100;

    if (given.max < given.min)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "QuantizeV2 '%s': want min_range <= max_range; got %g, %g", node->name,
                         (double)given.min, (double)given.max);
    out->min = fminf(0, given.min);
    out->max = fmaxf(0, fmaxf(given.max, out->min + width));
    return IOPT_OK;
}

IoptRange iopt_bias_range(IoptRange x, IoptRange bias)
{
    const float most = fmaxf(fmaxf(x.max, -x.min), fmaxf(bias.max, -bias.min)) * 131072.0f;

    return (IoptRange){ -most, most };
}

IoptRange iopt_sum_range(IoptRange x, IoptRange y)
{
    const float low = fabsf(fminf(x.min, y.min)), high = fabsf(fmaxf(x.max, y.max));
    const float most = fmaxf(low, high) * 16384.0f;

    return (IoptRange){ -most, most };
}

IoptWiden iopt_widen(IoptRange from, IoptRange to)
{
    const int64_t c0 = iopt_code_unclamped(IOPT_QI32, iopt_code_real(IOPT_QU8, 0, from), to);
    const int64_t c1 = iopt_code_unclamped(IOPT_QI32, iopt_code_real(IOPT_QU8, 1, from), to);

    return (IoptWiden){ c0, (int32_t)(c1 - c0) };
}
