/* DepthwiseConv2dNativeBackpropInput: the transposed depthwise convolution,
 * dx[n, o * stride - pad + k, c] += dy[n, o, c * M + m] * w[k, c, m]
 *
 *   in      input_sizes, the shape of dx (int32 [4]); filter [KH, KW, C, M]; dy [N, OH, OW, C * M]
 *           or, by attribute data_format, [N, C * M, OH, OW]
 *   out     dx, of shape input_sizes; a depthwise convolution of dx must have the shape of dy
 *   exact   sums in double, rounded once
 *   source  TensorFlow op of the same name, which ignores attribute dilations on CPU
 */
#include "ops/transposed_conv.h"

/* C channels of dx, C * M of dy. */
static IoptStatus check_filter(const IoptNode *node, const IoptFact *in, const IoptImage *dx,
                               const IoptImage *dy, IoptError *err)
{
    const int64_t *const filter = in[1].shape.dim;

    if (in[1].shape.rank == 4 &&
        (!iopt_dims_agree(filter[2], dx->channels) ||
         (dy->channels >= 0 && filter[2] > 0 && filter[3] >= 0 &&
          (dy->channels % filter[2] != 0 || dy->channels / filter[2] != filter[3]))))
        return iopt_bad_inputs(node, in, err, "a filter [KH, KW, C, M] for C and C * M channels");
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptImage dx = { .batch = -1, .channels = -1, .size = { 1, -1, -1 } };
    IoptWindowRule rule;
    int64_t sizes[4];
    size_t count;

    IOPT_TRY(iopt_transposed_inputs(node, in, err));
    IOPT_TRY(iopt_depthwise_rule(node, &in[1].shape, &rule, err));
    if (in[0].value) {
        if (!iopt_fact_ints(&in[0], sizes, 4, &count) || count != 4)
            return iopt_bad_inputs(node, in, err, "input_sizes of 4 int32");
        for (int i = 0; i < 4; i++)
            if (sizes[i] < 0)
                return iopt_bad_inputs(node, in, err, "input_sizes >= 0");
        const IoptShape shape = iopt_shape(4, sizes);
        dx = iopt_image(&shape, &rule);
    }
    const IoptImage dy = iopt_image(&in[2].shape, &rule);
    IOPT_TRY(check_filter(node, in, &dx, &dy, err));
    return iopt_transposed_infer(node, in, &rule, &dx, &out[0], err);
}

/* The output position whose tap `tap` falls on input `at` along an axis, or -1. */
static int64_t source(const IoptTransposed *t, int axis, int64_t at, int64_t tap)
{
    const int64_t moved = at + t->place[axis].pad - tap;

    if (moved < 0 || moved % t->rule.stride[axis] != 0)
        return -1;
    return moved / t->rule.stride[axis] < t->dy.size[axis] ? moved / t->rule.stride[axis] : -1;
}

/* One value of dx: over all taps and multipliers. */
static double one_value(const IoptTransposed *t, int64_t n, int64_t h, int64_t w, int64_t c)
{
    const int64_t multiplier = t->filter->shape.dim[3];
    double sum = 0;

    for (int64_t kh = 0; kh < t->rule.kernel[1]; kh++)
        for (int64_t kw = 0; kw < t->rule.kernel[2]; kw++) {
            const int64_t oh = source(t, 1, h, kh), ow = source(t, 2, w, kw);
            if (oh < 0 || ow < 0)
                continue;
            const int64_t from =
                n * t->dy.batch_stride + oh * t->dy.stride[1] + ow * t->dy.stride[2];
            const int64_t row = ((kh * t->rule.kernel[2] + kw) * t->dx.channels + c) * multiplier;
            for (int64_t m = 0; m < multiplier; m++)
                sum += iopt_float_at(t->filter, (size_t)(row + m)) *
                       iopt_float_at(t->grad,
                                     (size_t)(from + (c * multiplier + m) * t->dy.channel_stride));
        }
    return sum;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    IoptWindowRule rule;
    IoptTransposed t;

    IOPT_TRY(iopt_depthwise_rule(node, &in[1]->shape, &rule, err));
    IOPT_TRY(iopt_transposed(node, &rule, in, out[0], &t, err));
    for (int64_t n = 0; n < t.dx.batch; n++)
        for (int64_t h = 0; h < t.dx.size[1]; h++)
            for (int64_t w = 0; w < t.dx.size[2]; w++)
                for (int64_t c = 0; c < t.dx.channels; c++) {
                    const int64_t at = n * t.dx.batch_stride + h * t.dx.stride[1] +
                                       w * t.dx.stride[2] + c * t.dx.channel_stride;
                    iopt_tensor_set_f64(out[0], (size_t)at, one_value(&t, n, h, w, c));
                }
    return IOPT_OK;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptShape taps = iopt_shape(in[1].shape.rank == 4 ? 2 : 0, in[1].shape.dim);

    (void)node, (void)out;
    return iopt_known_elems(&in[2].shape) * iopt_known_elems(&taps);
}

const IoptOp iopt_op_depthwise_backprop_input = { .name = "DepthwiseConv2dNativeBackpropInput",
                                                  .n_in = 3,
                                                  .n_out = 1,
                                                  .flags = IOPT_OP_HALF,
                                                  .brief = "transposed depthwise convolution",
                                                  .infer = infer,
                                                  .eval = eval,
                                                  .macs = macs };
