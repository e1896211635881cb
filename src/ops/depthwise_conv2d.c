/* DepthwiseConv2dNative: y[n, o, c * M + m] = sum over taps k of x[n, o * stride - pad + k, c] *
 * w[k, c, m]
 *
 *   in      x [N, H, W, C] or, by attribute data_format, [N, C, H, W]; filter [KH, KW, C, M]
 *   out     y [N, OH, OW, C * M] in the order of x; padding SAME, VALID, EXPLICIT
 *   exact   sums in double, rounded once
 *   source  TensorFlow op "DepthwiseConv2dNative", which ignores attribute dilations on CPU:
 *           dilated models have SpaceToBatchND around it
 */
#include <stdlib.h>

#include "base/checked.h"
#include "ops/conv.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const filter = &in[1].shape;
    IoptWindowRule rule;
    IoptWindowPlace place;

    if (in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype)
        return iopt_bad_inputs(node, in, err, "an image and a filter of one type");
    if ((in[0].shape.rank >= 0 && in[0].shape.rank != 4) ||
        (filter->rank >= 0 && filter->rank != 4))
        return iopt_bad_inputs(node, in, err, "an image and a filter of rank 4");
    IOPT_TRY(iopt_depthwise_rule(node, filter, &rule, err));
    const IoptImage x = iopt_image(&in[0].shape, &rule);
    IoptImage y = { .batch = x.batch, .channels = -1, .size = { 1, 1, 1 } };
    if (filter->rank == 4) {
        const int64_t channels = filter->dim[2] >= 0 ? filter->dim[2] : x.channels;
        if (!iopt_dims_agree(x.channels, filter->dim[2]))
            return iopt_bad_inputs(node, in, err, "a filter [KH, KW, C, M] for the image's C");
        if (channels >= 0 && filter->dim[3] >= 0 &&
            !iopt_mul_i64(channels, filter->dim[3], &y.channels))
            return iopt_bad_inputs(node, in, err, "fewer channels");
    }
    for (int i = 1; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, &rule, i, x.size[i], &place, err));
        y.size[i] = place.out;
    }
    out[0] = iopt_fact(in[0].dtype ? in[0].dtype : in[1].dtype, iopt_image_shape(&y, &rule));
    return IOPT_OK;
}

typedef struct Depthwise {
    IoptWindowRule rule;
    IoptImage x, y;
    IoptWindowPlace place[IOPT_SPATIAL];
    int64_t multiplier;
    const IoptTensor *image, *filter;
} Depthwise;

/* All output channels of one position. */
static void one_position(const Depthwise *d, int64_t n, int64_t oh, int64_t ow, double *sums)
{
    const int64_t *const stride = d->rule.stride, *const kernel = d->rule.kernel;

    for (int64_t i = 0; i < d->y.channels; i++)
        sums[i] = 0;
    for (int64_t kh = 0; kh < kernel[1]; kh++)
        for (int64_t kw = 0; kw < kernel[2]; kw++) {
            const int64_t h = oh * stride[1] - d->place[1].pad + kh;
            const int64_t w = ow * stride[2] - d->place[2].pad + kw;
            if (h < 0 || h >= d->x.size[1] || w < 0 || w >= d->x.size[2])
                continue;
            const int64_t at = n * d->x.batch_stride + h * d->x.stride[1] + w * d->x.stride[2];
            const int64_t tap = (kh * kernel[2] + kw) * d->y.channels;
            for (int64_t c = 0; c < d->x.channels; c++)
                iopt_add_scaled(sums + c * d->multiplier, d->filter,
                                (size_t)(tap + c * d->multiplier), (size_t)d->multiplier,
                                iopt_float_at(d->image, (size_t)(at + c * d->x.channel_stride)));
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    Depthwise d = { .image = in[0], .filter = in[1], .multiplier = in[1]->shape.dim[3] };
    void *sums;

    IOPT_TRY(iopt_depthwise_rule(node, &in[1]->shape, &d.rule, err));
    d.x = iopt_image(&in[0]->shape, &d.rule);
    d.y = iopt_image(&out[0]->shape, &d.rule);
    for (int i = 1; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, &d.rule, i, d.x.size[i], &d.place[i], err));
    IOPT_TRY(iopt_alloc(&sums, (size_t)d.y.channels, sizeof(double), err));
    for (int64_t n = 0; n < d.y.batch; n++)
        for (int64_t h = 0; h < d.y.size[1]; h++)
            for (int64_t w = 0; w < d.y.size[2]; w++) {
                const int64_t at = n * d.y.batch_stride + h * d.y.stride[1] + w * d.y.stride[2];
                one_position(&d, n, h, w, sums);
                iopt_store_sums(out[0], (size_t)at, (size_t)d.y.channel_stride, sums,
                                (size_t)d.y.channels);
            }
    free(sums);
    return IOPT_OK;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptShape *const filter = &in[1].shape;

    (void)node;
    if (filter->rank != 4)
        return 0;
    const IoptShape taps = iopt_shape(2, filter->dim);
    return iopt_known_elems(&out[0].shape) * iopt_known_elems(&taps);
}

const IoptOp iopt_op_depthwise_conv2d_native = { .name = "DepthwiseConv2dNative",
                                                 .n_in = 2,
                                                 .n_out = 1,
                                                 .dtypes = "float double half bfloat16",
                                                 .flags = IOPT_OP_HALF,
                                                 .brief = "convolution of each channel by itself",
                                                 .infer = infer,
                                                 .eval = eval,
                                                 .macs = macs };
