/* QuantizeAndDequantize, V2, V3, V4: rounds x to the steps of a symmetric quantized range
 *
 *   in      x, float;  V2, V4: input_min, input_max;  V3: these and num_bits, one int32
 *           (QuantizeAndDequantize has the range as attributes)
 *   out     y, shape of x
 *   attr    signed_input, num_bits, range_given (else the smallest and largest element count),
 *           narrow_range, round_mode HALF_TO_EVEN or HALF_UP, axis (a range for each slice)
 *   formula s scales the range into the codes without leaving them, zero at zero;
 *           y = round(clamp(x) * s) / s
 *   exact   float, one rounding per operation, TensorFlow 1.15's bits
 *   source  TensorFlow ops of these names
 */
#include <float.h>
#include <math.h>

#include "ops/fake_quant.h"
#include "ops/ints.h"

typedef struct Quantizer {
    float min, max, scale, inverse;
    bool clamps, half_up;
} Quantizer;

typedef struct Codes {
    float min, max;
} Codes;

static IoptStatus codes_of(const IoptNode *node, int64_t bits, Codes *out, IoptError *err)
{
    const bool is_signed = iopt_attr_bool(node, "signed_input", true);
    const bool narrow = iopt_attr_bool(node, "narrow_range", false);

    if (bits < (is_signed ? 2 : 1) || bits > 31)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': cannot quantize to %lld bits", node->op,
                         node->name, (long long)bits);
    *out = is_signed ? (Codes){ -ldexpf(1, (int)bits - 1) + (narrow ? 1.0f : 0.0f),
                                (float)((1ll << (bits - 1)) - 1) }
                     : (Codes){ 0, (float)((1ll << bits) - 1) };
    return IOPT_OK;
}

/* Scale of a range; the range is shrunk to the codes. */
static void set_scale(Quantizer *q, Codes codes)
{
    const float from_min = codes.min * q->min > 0 ? codes.min / q->min : FLT_MAX;
    const float from_max = codes.max * q->max > 0 ? codes.max / q->max : FLT_MAX;

    if (from_min < from_max) {
        q->scale = from_min;
        q->inverse = q->min / codes.min;
        q->max = codes.max * q->inverse;
    } else {
        q->scale = from_max;
        q->inverse = q->max / codes.max;
        q->min = codes.min * q->inverse;
    }
}

/* rintf, but for the sign of zero: -0.3 gives 0 and only -0 itself gives -0. */
static float half_to_even(float x)
{
    const float below = floorf(x), rest = x - below;
    const bool odd = below - 2.0f * floorf(0.5f * below) == 1.0f;

    return rest > 0.5f || (rest == 0.5f && odd) ? below + 1.0f : below;
}

static float apply(const Quantizer *q, float x)
{
    if (q->clamps) {
        x = x > q->max ? q->max : x; /* the upper bound first */
        x = x < q->min ? q->min : x;
    }
    x *= q->scale;
    return (q->half_up ? floorf(x + 0.5f) : half_to_even(x)) * q->inverse;
}

/* x as [outer, slices, inner] around the axis; one slice if there is no axis. */
typedef struct Slices {
    size_t outer, count, inner;
} Slices;

static IoptStatus slices_of(const IoptNode *node, const IoptShape *x, Slices *out, IoptError *err)
{
    const int64_t wanted = iopt_attr_int(node, "axis", -1);

    *out = (Slices){ 1, 1, 1 };
    if (wanted < -1 || (wanted >= 0 && wanted >= x->rank))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': axis %lld of %d dimensions", node->op,
                         node->name, (long long)wanted, x->rank);
    for (int i = 0; i < x->rank; i++)
        *(wanted < 0 || i > wanted ? &out->inner
          : i < wanted             ? &out->outer
                                   : &out->count) *= (size_t)x->dim[i];
    return IOPT_OK;
}

static IoptStatus check_range(const IoptNode *node, const Quantizer *q, IoptError *err)
{
    if (q->min > q->max)
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': want input_min <= input_max; got %g, %g",
                         node->op, node->name, (double)q->min, (double)q->max);
    return IOPT_OK;
}

/* Where the range comes from: tensors, or attributes where those are NULL. */
static IoptStatus given_range(const IoptNode *node, const IoptTensor *const *in, size_t slice,
                              Quantizer *q, IoptError *err)
{
    if (node->n_in == 1) {
        q->min = iopt_attr_float(node, "input_min", 0);
        q->max = iopt_attr_float(node, "input_max", 0);
    } else if (slice < iopt_elems(in[1]) && slice < iopt_elems(in[2])) {
        q->min = (float)iopt_tensor_get_f64(in[1], slice); /* constants may not be aligned */
        q->max = (float)iopt_tensor_get_f64(in[2], slice);
    } else {
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': no range for slice %zu", node->op,
                         node->name, slice);
    }
    return check_range(node, q, err);
}

static void found_range(const float *x, const Slices *s, size_t slice, Quantizer *q)
{
    bool any = false;

    q->min = q->max = 0;
    for (size_t o = 0; o < s->outer; o++)
        for (size_t i = 0; i < s->inner; i++, any = true) {
            const float value = x[(o * s->count + slice) * s->inner + i];
            q->min = !any || value < q->min ? value : q->min;
            q->max = !any || value > q->max ? value : q->max;
        }
}

/* What a node is set to. */
typedef struct Setting {
    bool given; /* the range; else it is found */
    Codes codes;
    Slices slices;
} Setting;

static IoptStatus setting_of(const IoptNode *node, const IoptTensor *const *in, const IoptShape *x,
                             Setting *out, IoptError *err)
{
    const int64_t bits =
        node->n_in == 4 ? iopt_tensor_get_i64(in[3], 0) : iopt_attr_int(node, "num_bits", 8);

    out->given = iopt_attr_bool(node, "range_given", node->n_in != 1);
    IOPT_TRY(codes_of(node, bits, &out->codes, err));
    return slices_of(node, x, &out->slices, err);
}

/* Range and scale of a slice. */
static IoptStatus set_slice(const IoptNode *node, const IoptTensor *const *in,
                            const Setting *setting, size_t slice, Quantizer *q, IoptError *err)
{
    if (setting->given)
        IOPT_TRY(given_range(node, in, slice, q, err));
    else
        found_range(iopt_f32(in[0]), &setting->slices, slice, q);
    set_scale(q, setting->codes);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts bits = { .known = true, .v = { iopt_attr_int(node, "num_bits", 8) } };
    const char *const mode = iopt_attr_string(node, "round_mode", "HALF_TO_EVEN");
    Slices slices;
    Codes codes;

    if (node->n_in == 4)
        IOPT_TRY(iopt_ints_scalar(node, in, 3, "num_bits", &bits, err));
    if (bits.known)
        IOPT_TRY(codes_of(node, bits.v[0], &codes, err));
    if (strcmp(mode, "HALF_TO_EVEN") != 0 && strcmp(mode, "HALF_UP") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': unknown round_mode '%s'", node->op,
                         node->name, mode);
    for (size_t i = 1; i < node->n_in && i < 3; i++)
        if (in[i].dtype && in[0].dtype && in[i].dtype != in[0].dtype)
            return iopt_bad_inputs(node, in, err, "a range of x's type");
    if (in[0].shape.rank >= 0)
        IOPT_TRY(slices_of(node, &in[0].shape, &slices, err));
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const char *const mode = iopt_attr_string(node, "round_mode", "HALF_TO_EVEN");
    const float *const x = iopt_f32(in[0]);
    Setting setting;

    IOPT_TRY(setting_of(node, in, &in[0]->shape, &setting, err));
    const Slices *const s = &setting.slices;
    Quantizer q = { .clamps = setting.given, .half_up = strcmp(mode, "HALF_UP") == 0 };
    for (size_t slice = 0; slice < s->count; slice++) {
        IOPT_TRY(set_slice(node, in, &setting, slice, &q, err));
        for (size_t o = 0; o < s->outer; o++)
            for (size_t i = 0; i < s->inner; i++) {
                const size_t at = (o * s->count + slice) * s->inner + i;
                iopt_f32_mut(out[0])[at] = apply(&q, x[at]);
            }
    }
    return IOPT_OK;
}

IoptStatus iopt_symmetric_range(const IoptNode *node, int64_t bits, float min, float max,
                                IoptSymmetricRange *out, IoptError *err)
{
    Quantizer q = { .min = min, .max = max };
    Codes codes;

    IOPT_TRY(codes_of(node, bits, &codes, err));
    IOPT_TRY(check_range(node, &q, err));
    set_scale(&q, codes);
    *out = (IoptSymmetricRange){ q.min, q.max, q.scale, q.inverse };
    return IOPT_OK;
}

IoptStatus iopt_symmetric_steps(const IoptNode *node, const IoptTensor *const *in,
                                const IoptShape *x, size_t slice, IoptSymmetricSteps *out,
                                IoptError *err)
{
    Quantizer q = { 0 };
    Setting setting;

    IOPT_TRY(setting_of(node, in, x, &setting, err));
    IOPT_TRY(set_slice(node, in, &setting, slice, &q, err));
    *out = (IoptSymmetricSteps){ setting.codes.min, setting.codes.max, q.inverse };
    return IOPT_OK;
}

#define SYMMETRIC_OP(id, op_name, inputs)                                                      \
    const IoptOp iopt_op_##id = { .name = op_name,                                             \
                                  .n_in = inputs,                                              \
                                  .n_out = 1,                                                  \
                                  .dtypes = "float half bfloat16",                             \
                                  .flags = IOPT_OP_HALF | IOPT_OP_MAY_FAIL,                    \
                                  .brief =                                                     \
                                      "x rounded to the steps of a symmetric quantized range", \
                                  .infer = infer,                                              \
                                  .eval = eval }

SYMMETRIC_OP(quantize_and_dequantize, "QuantizeAndDequantize", 1);
SYMMETRIC_OP(quantize_and_dequantize_v2, "QuantizeAndDequantizeV2", 3);
SYMMETRIC_OP(quantize_and_dequantize_v3, "QuantizeAndDequantizeV3", 4);
SYMMETRIC_OP(quantize_and_dequantize_v4, "QuantizeAndDequantizeV4", 3);
