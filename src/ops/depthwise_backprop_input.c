/* DepthwiseConv2dNativeBackpropInput: the transposed depthwise convolution,
 * dx[n, o * stride - pad + k, c] += dy[n, o, c * M + m] * w[k, c, m]
 *
 *   in      input_sizes, the shape of dx (int32 [4]); filter [KH, KW, C, M]; dy [N, OH, OW, C * M]
 *           or, by attribute data_format, [N, C * M, OH, OW]
 *   out     dx, of shape input_sizes; a depthwise convolution of dx must have the shape of dy
 *   exact   sums in double, rounded once
 *   source  TensorFlow op of the same name, which ignores attribute dilations on CPU
 */
#include "ops/conv.h"

static IoptStatus read_rule(const IoptNode *node, const IoptShape *filter, IoptWindowRule *rule,
                            IoptError *err)
{
    IOPT_TRY(iopt_window_rule(node, 2, true, rule, err));
    for (int i = 0; i < 2; i++) {
        rule->dilation[1 + i] = 1;
        rule->kernel[1 + i] = filter->rank < 0 ? -1 : filter->dim[i];
    }
    return IOPT_OK;
}

/* dy must be what the depthwise convolution of dx gives. */
static IoptStatus check(const IoptNode *node, const IoptFact *in, const IoptWindowRule *rule,
                        const IoptImage *dx, IoptError *err)
{
    const IoptImage dy = iopt_image(&in[2].shape, rule);
    const int64_t *const filter = in[1].shape.dim;
    IoptWindowPlace place;

    if (!iopt_dims_agree(dx->batch, dy.batch))
        return iopt_bad_inputs(node, in, err, "out_backprop of batch %lld", (long long)dx->batch);
    if (in[1].shape.rank == 4 &&
        (!iopt_dims_agree(filter[2], dx->channels) ||
         (dy.channels >= 0 && filter[2] > 0 && filter[3] >= 0 &&
          (dy.channels % filter[2] != 0 || dy.channels / filter[2] != filter[3]))))
        return iopt_bad_inputs(node, in, err, "a filter [KH, KW, C, M] for C and C * M channels");
    for (int i = 1; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, rule, i, dx->size[i], &place, err));
        if (!iopt_dims_agree(place.out, dy.size[i]))
            return iopt_bad_inputs(node, in, err, "out_backprop of %s %lld",
                                   i == 1 ? "height" : "width", (long long)place.out);
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptImage dx = { .batch = -1, .channels = -1, .size = { 1, -1, -1 } };
    IoptWindowRule rule;
    int64_t sizes[4];
    size_t count;

    for (int i = 1; i < 3; i++)
        if (in[i].shape.rank >= 0 && in[i].shape.rank != 4)
            return iopt_bad_inputs(node, in, err, "a filter and out_backprop of rank 4");
    if ((in[1].dtype && in[2].dtype && in[1].dtype != in[2].dtype) ||
        (in[1].dtype && !iopt_dtype_is_float(in[1].dtype)))
        return iopt_bad_inputs(node, in, err, "int32 sizes, filter and out_backprop of one type");
    IOPT_TRY(read_rule(node, &in[1].shape, &rule, err));
    if (in[0].value) {
        if (!iopt_fact_ints(&in[0], sizes, 4, &count) || count != 4)
            return iopt_bad_inputs(node, in, err, "input_sizes of 4 int32");
        for (int i = 0; i < 4; i++)
            if (sizes[i] < 0)
                return iopt_bad_inputs(node, in, err, "input_sizes >= 0");
        const IoptShape shape = iopt_shape(4, sizes);
        dx = iopt_image(&shape, &rule);
    }
    IOPT_TRY(check(node, in, &rule, &dx, err));
    out[0] = iopt_fact(in[1].dtype ? in[1].dtype : in[2].dtype, iopt_image_shape(&dx, &rule));
    return IOPT_OK;
}

typedef struct Transposed {
    IoptWindowRule rule;
    IoptImage dx, dy;
    IoptWindowPlace place[IOPT_SPATIAL];
    const IoptTensor *filter, *grad;
} Transposed;

/* The output position whose tap `tap` falls on input `at` along an axis, or -1. */
static int64_t source(const Transposed *t, int axis, int64_t at, int64_t tap)
{
    const int64_t moved = at + t->place[axis].pad - tap;

    if (moved < 0 || moved % t->rule.stride[axis] != 0)
        return -1;
    return moved / t->rule.stride[axis] < t->dy.size[axis] ? moved / t->rule.stride[axis] : -1;
}

/* One value of dx: over all taps and multipliers. */
static double one_value(const Transposed *t, int64_t n, int64_t h, int64_t w, int64_t c)
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
    Transposed t = { .filter = in[1], .grad = in[2] };

    IOPT_TRY(read_rule(node, &in[1]->shape, &t.rule, err));
    t.dx = iopt_image(&out[0]->shape, &t.rule);
    t.dy = iopt_image(&in[2]->shape, &t.rule);
    for (int i = 1; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, &t.rule, i, t.dx.size[i], &t.place[i], err));
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
