/* _Int8Quantize, _Int8Dequantize, _Int8Requantize, _Int8Add: codes element by element.
 *
 *   Quantize    v = x, or (x - x_zero) * x_scale where x is codes; with scale [C] and shift [C]
 *               v = v * scale + shift;  y = floor((clamp(v, v_lo, v_hi) - v_min) * v_inverse + 0.5)
 *   Dequantize, y = end((float)(x - x_zero) * x_scale)
 *   Requantize
 *   Add         y = end((float)(a - a_zero) * a_scale + (float)(b - b_zero) * b_scale)
 *
 *   in      x, a, b of any shape (int8.h: attributes and `end`)
 *   out     y, shape of x
 *   exact   float32, each operation rounded once; NaN becomes the code of v_lo
 *   source  TensorFlow op "FakeQuantWithMinMaxVars", cut in two; sums between such ops
 */
#include <math.h>

#include "ops/int8.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    (void)err;
    out[0] = iopt_int8_fact(node, in[0].shape);
    return IOPT_OK;
}

static IoptStatus infer_quantize(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                 IoptError *err)
{
    if (node->n_in != 1 && node->n_in != 3)
        return iopt_bad_inputs(node, in, err, "x, or x, scale and shift");
    return infer(node, in, out, err);
}

static float value_at(const IoptS8In *x, const IoptTensor *t, size_t i)
{
    return x->type == IOPT_S8_OUT_F32 ? iopt_f32(t)[i] : iopt_s8_value(x, t->data, (ptrdiff_t)i);
}

static IoptStatus eval_quantize(const IoptNode *node, const IoptTensor *const *in,
                                IoptTensor *const *out, IoptError *err)
{
    const IoptS8In x = iopt_int8_in(node, 'x', in[0]->dtype);
    const float lo = iopt_attr_float(node, "v_lo", 0), hi = iopt_attr_float(node, "v_hi", 0);
    const float min = iopt_attr_float(node, "v_min", 0);
    const float inverse = iopt_attr_float(node, "v_inverse", 0);
    const size_t channels = node->n_in == 3 ? iopt_elems(in[1]) : 1;

    (void)err;
    for (size_t i = 0; i < iopt_elems(in[0]); i++) {
        float v = value_at(&x, in[0], i);
        if (node->n_in == 3) {
            v = v * iopt_f32(in[1])[i % channels];
            v = v + iopt_f32(in[2])[i % channels];
        }
        v = v > lo ? v < hi ? v : hi : lo;
        const float code = floorf((v - min) * inverse + 0.5F);
        if (out[0]->dtype == IOPT_QU8)
            ((uint8_t *)out[0]->data)[i] = (uint8_t)code;
        else
            ((uint16_t *)out[0]->data)[i] = (uint16_t)code;
    }
    return IOPT_OK;
}

static IoptStatus eval_requantize(const IoptNode *node, const IoptTensor *const *in,
                                  IoptTensor *const *out, IoptError *err)
{
    const IoptS8In x = iopt_int8_in(node, 'x', in[0]->dtype);
    const IoptS8End end = iopt_int8_end(node);

    (void)err;
    for (size_t i = 0; i < iopt_elems(in[0]); i++)
        iopt_s8_end(&end, out[0]->data, (ptrdiff_t)i, value_at(&x, in[0], i));
    return IOPT_OK;
}

static IoptStatus infer_add(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    if (!iopt_shapes_agree(&in[0].shape, &in[1].shape))
        return iopt_bad_inputs(node, in, err, "a and b of one shape");
    out[0] = iopt_int8_fact(node, iopt_shape_merge(&in[0].shape, &in[1].shape));
    return IOPT_OK;
}

static IoptStatus eval_add(const IoptNode *node, const IoptTensor *const *in,
                           IoptTensor *const *out, IoptError *err)
{
    const IoptS8In a = iopt_int8_in(node, 'a', in[0]->dtype);
    const IoptS8In b = iopt_int8_in(node, 'b', in[1]->dtype);
    const IoptS8End end = iopt_int8_end(node);

    (void)err;
    for (size_t i = 0; i < iopt_elems(out[0]); i++) {
        const float first = value_at(&a, in[0], i), second = value_at(&b, in[1], i);
        iopt_s8_end(&end, out[0]->data, (ptrdiff_t)i, first + second);
    }
    return IOPT_OK;
}

const IoptOp iopt_op_int8_quantize = {
    .name = "_Int8Quantize",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .dtypes = "float quint8 quint16",
    .brief = "codes of values",
    .infer = infer_quantize,
    .eval = eval_quantize,
};

const IoptOp iopt_op_int8_dequantize = {
    .name = "_Int8Dequantize",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "quint8 quint16",
    .brief = "values of codes",
    .infer = infer,
    .eval = eval_requantize,
};

const IoptOp iopt_op_int8_requantize = {
    .name = "_Int8Requantize",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "quint8 quint16",
    .brief = "codes of another range",
    .infer = infer,
    .eval = eval_requantize,
};

const IoptOp iopt_op_int8_add = {
    .name = "_Int8Add",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "quint8 quint16",
    .brief = "the sum of codes",
    .infer = infer_add,
    .eval = eval_add,
};
