/* Dequantize: codes to real numbers
 *
 *   in      x, codes; min_range, max_range: one float each, or one per slice along `axis`
 *   out     y, float or bfloat16, shape of x
 *   attr    mode MIN_COMBINED, MIN_FIRST or SCALED; narrow_range; axis; dtype
 *   exact   float, the bits of TensorFlow 1.15.  SCALED of qint32 goes through int32 as a float and
 *           back: codes that round up to 2^31 change their sign.
 *   source  TensorFlow op "Dequantize"
 */
#include <math.h>

#include "ops/quantized.h"
#include "ops/quantized_slices.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptDType type = iopt_attr_type(node, "dtype", IOPT_F32);
    IoptQuantizeMode mode;
    IoptShape ranges;

    IOPT_TRY(iopt_quantize_mode(node, &mode, err));
    if (type != IOPT_F32 && (type != IOPT_BF16 || mode != IOPT_MIN_COMBINED))
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "Dequantize '%s': want float, or bfloat16 with MIN_COMBINED; got %s",
                         node->name, iopt_dtype_name(type));
    IOPT_TRY(iopt_slices_check(node, in, &ranges, err));
    out[0] = iopt_fact(type, in[0].shape);
    return IOPT_OK;
}

/* real = base + (code + half) * scale, or what MIN_FIRST makes of it */
typedef struct Decoder {
    IoptQuantizeMode mode;
    IoptToReal first;
    float scale, half, min;
} Decoder;

static Decoder make_decoder(IoptDType type, IoptQuantizeMode mode, bool narrow, IoptRange range)
{
    const IoptCodes codes = iopt_codes(type);
    const double steps = (double)codes.high - (double)codes.low;
    Decoder d = { .mode = mode, .min = range.min };

    if (mode == IOPT_MIN_FIRST) {
        d.first = iopt_to_real(type, range);
    } else if (mode == IOPT_MIN_COMBINED) {
        d.scale = (range.max - range.min) / (float)steps;
        d.half = codes.low < 0 ? (float)((steps + 1) / 2) : 0;
    } else {
        const float from_max = range.max / (float)codes.high;
        const float from_min =
            codes.low < 0 ? range.min / (float)(codes.low + (narrow ? 1 : 0)) : from_max;
        d.scale = from_min < from_max ? from_max : from_min; /* 0 or -0: as std::max */
    }
    return d;
}

static float decode(const Decoder *d, int64_t code)
{
    const float exact = (float)code;

    if (d->mode == IOPT_MIN_FIRST)
        return iopt_real(&d->first, code);
    if (d->mode == IOPT_MIN_COMBINED)
        return (exact + d->half) * d->scale + d->min;
    return (exact < 0x1p31f ? exact : -0x1p31f) * d->scale;
}

IoptToReal iopt_dequantize_quint8(const IoptNode *node, IoptRange range)
{
    IoptQuantizeMode mode = IOPT_MIN_COMBINED;

    (void)iopt_quantize_mode(node, &mode, NULL);
    const Decoder d = make_decoder(IOPT_QU8, mode, false, range);
    if (mode == IOPT_MIN_FIRST)
        return d.first;
    return (IoptToReal){ mode == IOPT_SCALED ? -0.0f : d.min, d.scale }; /* -0 + x is x */
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool narrow = iopt_attr_bool(node, "narrow_range", false);
    const IoptSlices s = iopt_slices_of(node, in[0]);
    IoptQuantizeMode mode;

    IOPT_TRY(iopt_quantize_mode(node, &mode, err));
    for (size_t slice = 0; slice < s.count; slice++) {
        const IoptRange range = { iopt_f32(in[1])[slice], iopt_f32(in[2])[slice] };
        const Decoder decoder = make_decoder(in[0]->dtype, mode, narrow, range);
        for (size_t o = 0; o < s.outer; o++)
            for (size_t i = 0; i < s.inner; i++) {
                const size_t at = (o * s.count + slice) * s.inner + i;
                const float real = decode(&decoder, iopt_tensor_get_i64(in[0], at));
                iopt_tensor_set_f64(out[0], at, (double)real);
            }
    }
    return IOPT_OK;
}

const IoptOp iopt_op_dequantize = {
    .name = "Dequantize",
    .n_in = 3,
    .n_out = 1,
    .dtypes = "quint8 qint8 quint16 qint16 qint32",
    .brief = "codes to real numbers",
    .infer = infer,
    .eval = eval,
};
