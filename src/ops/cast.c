/* Cast: the same numbers in another type
 *
 *   in      x
 *   out     y, shape of x
 *   attr    SrcT, DstT; Truncate: bits that half or bfloat16 have no room for are cut, not rounded
 *   exact   floats to integers truncate; out of range, infinities and NaN come out as on x86: the
 *           "integer indefinite" of the 32- or 64-bit conversion, then its low bits.  To bool: not
 *           zero (NaN is true, a denormal is zero).  From complex: the real part.
 *   source  TensorFlow op "Cast"
 */
#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/ints.h"

/* One element on its way. */
typedef struct Number {
    enum { REAL, SIGNED, UNSIGNED } kind;
    double re, im;
    int64_t i; /* UNSIGNED: its bits */
} Number;

static bool is_complex(IoptDType type)
{
    return type == IOPT_C64 || type == IOPT_C128;
}

static Number load(const IoptTensor *x, size_t i)
{
    float c64[2];
    double c128[2];

    if (x->dtype == IOPT_C64) {
        memcpy(c64, (const char *)x->data + i * sizeof c64, sizeof c64);
        return (Number){ .kind = REAL, .re = (double)c64[0], .im = (double)c64[1] };
    }
    if (x->dtype == IOPT_C128) {
        memcpy(c128, (const char *)x->data + i * sizeof c128, sizeof c128);
        return (Number){ .kind = REAL, .re = c128[0], .im = c128[1] };
    }
    if (iopt_dtype_is_float(x->dtype))
        return (Number){ .kind = REAL, .re = iopt_tensor_get_f64(x, i) };
    return (Number){ .kind = x->dtype == IOPT_U64 ? UNSIGNED : SIGNED,
                     .i = iopt_tensor_get_i64(x, i) };
}

static double as_double(Number x)
{
    return x.kind == REAL ? x.re : x.kind == SIGNED ? (double)x.i : (double)(uint64_t)x.i;
}

/* Rounds once, also from integers. */
static float as_float(Number x)
{
    return x.kind == REAL ? (float)x.re : x.kind == SIGNED ? (float)x.i : (float)(uint64_t)x.i;
}

/* cvttsd2si with 32 and 64 bits. */
static int64_t convert32(double x)
{
    return x > -2147483649.0 && x < 2147483648.0 ? (int64_t)x : INT32_MIN;
}
static int64_t convert64(double x)
{
    return x >= -0x1p63 && x < 0x1p63 ? (int64_t)x : INT64_MIN;
}

static int64_t as_integer(Number x, IoptDType type)
{
    if (x.kind != REAL)
        return x.i;
    if (type == IOPT_I64 || type == IOPT_U32)
        return convert64(x.re);
    if (type == IOPT_U64) /* two halves, the upper one shifted down */
        return x.re >= 0x1p63 ? (int64_t)((uint64_t)convert64(x.re - 0x1p63) ^ (uint64_t)INT64_MIN)
                              : convert64(x.re);
    return convert32(x.re);
}

/* Cuts the fraction of a float or double down to `bits`; NaN stays. */
static double cut(double value, IoptDType from, int bits)
{
    if (isnan(value))
        return value;
    if (from == IOPT_F32) {
        const float f = (float)value;
        float kept;
        uint32_t word;
        memcpy(&word, &f, sizeof word);
        word &= UINT32_MAX << (23 - bits);
        memcpy(&kept, &word, sizeof kept);
        return (double)kept;
    }
    uint64_t word;
    memcpy(&word, &value, sizeof word);
    word &= UINT64_MAX << (52 - bits);
    memcpy(&value, &word, sizeof value);
    return value;
}

/* Fraction bits of a float type. */
static int fraction_bits(IoptDType type)
{
    switch (type) {
    case IOPT_F16: return 10;
    case IOPT_BF16: return 7;
    case IOPT_F32:
    case IOPT_C64: return 23;
    default: return 52;
    }
}

static void store(IoptTensor *y, size_t i, Number x)
{
    const float c64[2] = { as_float(x), (float)x.im };
    const double c128[2] = { as_double(x), x.im };
    float value;

    switch (y->dtype) {
    case IOPT_C64: memcpy((char *)y->data + i * sizeof c64, c64, sizeof c64); break;
    case IOPT_C128: memcpy((char *)y->data + i * sizeof c128, c128, sizeof c128); break;
    case IOPT_F64: iopt_tensor_set_f64(y, i, as_double(x)); break;
    case IOPT_F32:
        value = as_float(x);
        memcpy((char *)y->data + i * sizeof value, &value, sizeof value);
        break;
    case IOPT_F16:
    case IOPT_BF16: iopt_tensor_set_f64(y, i, (double)as_float(x)); break;
    default: iopt_tensor_set_i64(y, i, as_integer(x, y->dtype)); break;
    }
}

/* TensorFlow's threads take denormals as zero. */
static bool is_zero(Number x, IoptDType from)
{
    const double least = from == IOPT_F32 || from == IOPT_C64 ? (double)FLT_MIN : DBL_MIN;

    return x.kind == REAL ? fabs(x.re) < least && fabs(x.im) < least : x.i == 0;
}

static bool castable(IoptDType type)
{
    return type == IOPT_BOOL || is_complex(type) || iopt_dtype_is_float(type) ||
           iopt_dtype_is_integer(type) || iopt_dtype_is_quantized(type);
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptDType type;

    IOPT_TRY(iopt_need_type(node, "DstT", &type, err));
    const bool moves = type == in[0].dtype; /* strings and such, to themselves */
    if (!moves && (!castable(type) || (in[0].dtype && !castable(in[0].dtype))))
        return iopt_bad_inputs(node, in, err, "numbers to cast to %s", iopt_dtype_name(type));
    out[0] = iopt_fact(type, in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptDType from = in[0]->dtype, to = out[0]->dtype;
    const size_t n = iopt_elems(in[0]);
    const int bits = fraction_bits(to);
    const bool truncate = iopt_attr_bool(node, "Truncate", false) &&
                          (iopt_dtype_is_float(from) || is_complex(from)) &&
                          (iopt_dtype_is_float(to) || is_complex(to)) && bits < fraction_bits(from);

    (void)err;
    if (from == to) {
        if (in[0]->bytes)
            memcpy(out[0]->data, in[0]->data, in[0]->bytes);
        return IOPT_OK;
    }
    for (size_t i = 0; i < n; i++) {
        Number x = load(in[0], i);
        if (truncate) {
            const IoptDType part = from == IOPT_C64 || from == IOPT_F16 ? IOPT_F32 : from;
            x.re = cut(x.re, part, bits);
            x.im = cut(x.im, part, bits);
        }
        if (to == IOPT_BOOL)
            x = (Number){ .kind = SIGNED, .i = !is_zero(x, from) };
        store(out[0], i, x);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_cast = {
    .name = "Cast",
    .n_in = 1,
    .n_out = 1,
    .brief = "the same numbers in another type",
    .infer = infer,
    .eval = eval,
};
