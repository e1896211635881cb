/* _Int8Conv2D, _Int8DepthwiseConv2d, _Int8MatMul: codes by 8-bit weights.
 *
 *   t[c] = bias[c] + sum over taps of (x - x_zero) * (w[c] - filter_zero[c])
 *   y[c] = end((float)t[c] * scale[c] + residual)
 *
 *   in      x quint8, [N, H, W, C] or [N, K];  filter int8, as the float op has it (MatMul:
 *           [K, O]);  bias int32 [O];  scale float [O];  with attribute filter_zero: int32 [O];
 *           with attribute residual: the shape of y, codes ((float)(r - r_zero) * r_scale) or
 *           floats
 *   out     y, quint8, quint16 or float (int8.h: attributes and `end`)
 *   attr    strides, padding, explicit_paddings, dilations as in "Conv2D"; padding is x_zero
 *   exact   t in int32, modulo 2^32; two float products and a sum, each rounded once
 *   source  TensorFlow ops "Conv2D", "DepthwiseConv2dNative", "MatMul" between fake quantizations
 */
#include <stdlib.h>

#include "ops/conv.h"
#include "ops/int8.h"

static bool is_depthwise(const IoptNode *node)
{
    return iopt_is_op(node, "_Int8DepthwiseConv2d");
}

static bool is_matmul(const IoptNode *node)
{
    return iopt_is_op(node, "_Int8MatMul");
}

/* The float op's rule. */
static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const char *const op = is_matmul(node)      ? "MatMul"
                           : is_depthwise(node) ? "DepthwiseConv2dNative"
                                                : "Conv2D";
    const size_t n_in =
        4 + (size_t)(iopt_int8_filter_zero_slot(node) != 0) + (iopt_int8_residual_slot(node) != 0);

    if (node->n_in != n_in)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %zu inputs; got %zu", node->op,
                         node->name, n_in, node->n_in);
    const IoptFact floats[] = { iopt_fact(IOPT_F32, in[0].shape),
                                iopt_fact(IOPT_F32, in[1].shape) };
    IOPT_TRY(iopt_op_find(op)->infer(node, floats, out, err));
    out[0] = iopt_int8_fact(node, out[0].shape);
    return IOPT_OK;
}

/* A depthwise layer is one with as many groups as channels; a product is one of 1 x 1 images. */
typedef struct Layer {
    IoptWindowRule rule;
    IoptWindowPlace place[2];
    int64_t images, in[2], out[2], channels;
    int64_t depth, outputs, per_group; /* depth: channels of a group; per_group: outputs */
    const uint8_t *x;
    const int8_t *filter;
    const int32_t *bias, *filter_zero;
    int32_t x_zero;
} Layer;

static IoptStatus describe(const IoptNode *node, const IoptTensor *const *in, Layer *l,
                           IoptError *err)
{
    const int64_t *const x = in[0]->shape.dim, *const filter = in[1]->shape.dim;
    const size_t zero_slot = iopt_int8_filter_zero_slot(node);

    *l = (Layer){ .images = x[0],
                  .in = { 1, 1 },
                  .out = { 1, 1 },
                  .x = in[0]->data,
                  .filter = in[1]->data,
                  .bias = iopt_i32(in[2]),
                  .filter_zero = zero_slot ? iopt_i32(in[zero_slot]) : NULL,
                  .x_zero = (int32_t)iopt_attr_int(node, "x_zero", 0) };
    l->outputs = (int64_t)iopt_elems(in[2]);
    l->channels = x[in[0]->shape.rank - 1];
    l->rule =
        (IoptWindowRule){ .kernel = { 1, 1, 1 }, .stride = { 1, 1, 1 }, .dilation = { 1, 1, 1 } };
    l->depth = is_matmul(node) ? filter[0] : is_depthwise(node) ? 1 : filter[2];
    l->per_group = l->channels ? l->outputs * l->depth / l->channels : 0;
    if (is_matmul(node))
        return IOPT_OK;
    IOPT_TRY(iopt_conv_rule(node, 2, &in[1]->shape, &l->rule, err));
    for (int i = 0; i < 2; i++) {
        l->in[i] = x[1 + i];
        IOPT_TRY(iopt_window_place(node, &l->rule, 1 + i, x[1 + i], &l->place[i], err));
        l->out[i] = l->place[i].out;
    }
    return IOPT_OK;
}

/* Adds the products of one tap: the pixel at `at`, weights of tap `tap`. */
static void add_tap(const Layer *l, int64_t at, int64_t tap, uint32_t *sums)
{
    for (int64_t i = 0; i < l->channels; i++) {
        const int32_t x = l->x[at * l->channels + i] - l->x_zero;
        const int64_t first = i / l->depth * l->per_group;
        const int8_t *const w = l->filter + (tap * l->depth + i % l->depth) * l->outputs;
        for (int64_t o = first; o < first + l->per_group; o++)
            sums[o] += (uint32_t)(x * (w[o] - (l->filter_zero ? l->filter_zero[o] : 0)));
    }
}

static void sum_pixel(const Layer *l, int64_t n, int64_t oy, int64_t ox, uint32_t *sums)
{
    for (int64_t o = 0; o < l->outputs; o++)
        sums[o] = (uint32_t)l->bias[o];
    for (int64_t ky = 0; ky < l->rule.kernel[1]; ky++)
        for (int64_t kx = 0; kx < l->rule.kernel[2]; kx++) {
            const int64_t iy = oy * l->rule.stride[1] - l->place[0].pad + ky * l->rule.dilation[1];
            const int64_t ix = ox * l->rule.stride[2] - l->place[1].pad + kx * l->rule.dilation[2];
            if (iy >= 0 && iy < l->in[0] && ix >= 0 && ix < l->in[1])
                add_tap(l, (n * l->in[0] + iy) * l->in[1] + ix, ky * l->rule.kernel[2] + kx, sums);
        }
}

/* What `end` gets for one pixel, whose first output is element `at`. */
static void end_pixel(const IoptNode *node, const IoptTensor *const *in, const uint32_t *sums,
                      IoptTensor *out, size_t at)
{
    const size_t slot = iopt_int8_residual_slot(node), count = iopt_elems(in[3]);
    const IoptS8End end = iopt_int8_end(node);
    const IoptS8In r = iopt_int8_in(node, 'r', slot ? in[slot]->dtype : IOPT_F32);

    for (size_t o = 0; o < count; o++) {
        float v = (float)(int32_t)sums[o] * iopt_f32(in[3])[o];
        if (slot && r.type == IOPT_S8_OUT_F32)
            v = v + iopt_f32(in[slot])[at + o];
        else if (slot)
            v = v + iopt_s8_value(&r, in[slot]->data, (ptrdiff_t)(at + o));
        iopt_s8_end(&end, out->data, (ptrdiff_t)(at + o), v);
    }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    uint32_t *sums;
    size_t at = 0;
    Layer l;

    IOPT_TRY(describe(node, in, &l, err));
    IOPT_TRY(iopt_alloc((void **)&sums, (size_t)l.outputs, sizeof *sums, err));
    for (int64_t n = 0; n < l.images; n++)
        for (int64_t oy = 0; oy < l.out[0]; oy++)
            for (int64_t ox = 0; ox < l.out[1]; ox++, at += (size_t)l.outputs) {
                sum_pixel(&l, n, oy, ox, sums);
                end_pixel(node, in, sums, out[0], at);
            }
    free(sums);
    return IOPT_OK;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptShape *const filter = &in[1].shape;

    if (is_depthwise(node) && filter->rank == 4)
        return iopt_known_elems(&out[0].shape) * (double)filter->dim[0] * (double)filter->dim[1];
    return iopt_conv_macs(node, in, out);
}

const IoptOp iopt_op_int8_conv2d = {
    .name = "_Int8Conv2D",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .dtypes = "quint8",
    .brief = "convolution of codes",
    .infer = infer,
    .eval = eval,
    .macs = macs,
};

const IoptOp iopt_op_int8_depthwise_conv2d = {
    .name = "_Int8DepthwiseConv2d",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .dtypes = "quint8",
    .brief = "depthwise convolution of codes",
    .infer = infer,
    .eval = eval,
    .macs = macs,
};

const IoptOp iopt_op_int8_mat_mul = {
    .name = "_Int8MatMul",
    .n_in = IOPT_VARIADIC,
    .n_out = 1,
    .dtypes = "quint8",
    .brief = "matrix product of codes",
    .infer = infer,
    .eval = eval,
    .macs = macs,
};
