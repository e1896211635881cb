/* Conv2D, Conv3D: y[n, o, c] = sum over taps k, channels i of x[n, o * stride - pad + k * dilation,
 * i] * w[k, i, c]
 *
 *   in      x [N, H, W, C] or, by attribute data_format, [N, C, H, W] (Conv3D has D before H);
 *           filter [KH, KW, C / groups, O], groups dividing C and O
 *   out     y [N, OH, OW, O] in the order of x; padding SAME (half of what is missing before),
 *           VALID (an image smaller than the filter gives an empty result), EXPLICIT
 *   exact   sums in double, rounded once
 *   source  TensorFlow ops "Conv2D", "Conv3D"
 */
#include "ops/conv.h"

#include <stdlib.h>

static IoptStatus check_shapes(const IoptNode *node, int axes, const IoptFact *in, IoptError *err)
{
    const IoptShape *const x = &in[0].shape, *const filter = &in[1].shape;

    if (in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype)
        return iopt_bad_inputs(node, in, err, "an image and a filter of one type");
    if ((x->rank >= 0 && x->rank != axes + 2) || (filter->rank >= 0 && filter->rank != axes + 2))
        return iopt_bad_inputs(node, in, err, "an image and a filter of rank %d", axes + 2);
    return IOPT_OK;
}

/* The filter's depth divides the image's, and its outputs divide into as many groups. */
static bool channels_fit(int64_t image, int64_t depth, int64_t outputs)
{
    if (depth == 0)
        return image == 0;
    return image < 0 || depth < 0 ||
           (image % depth == 0 && (outputs < 0 || image == 0 || outputs % (image / depth) == 0));
}

IoptStatus iopt_conv_infer(const IoptNode *node, int axes, const IoptFact *in, IoptFact *out,
                           IoptError *err)
{
    const IoptShape *const filter = &in[1].shape;
    IoptWindowRule rule;
    IoptWindowPlace place;

    IOPT_TRY(check_shapes(node, axes, in, err));
    IOPT_TRY(iopt_conv_rule(node, axes, filter, &rule, err));
    const IoptImage x = iopt_image(&in[0].shape, &rule);
    IoptImage y = { .batch = x.batch, .channels = -1, .size = { 1, 1, 1 } };
    if (filter->rank >= 0) {
        y.channels = filter->dim[axes + 1];
        if (!channels_fit(x.channels, filter->dim[axes], y.channels))
            return iopt_bad_inputs(node, in, err, "a filter whose depth divides the image's");
    }
    for (int i = IOPT_SPATIAL - axes; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, &rule, i, x.size[i], &place, err));
        y.size[i] = place.out;
    }
    out[0] = iopt_fact(in[0].dtype ? in[0].dtype : in[1].dtype, iopt_image_shape(&y, &rule));
    return IOPT_OK;
}

void iopt_add_scaled(double *sum, const IoptTensor *t, size_t at, size_t n, double x)
{
    if (t->dtype == IOPT_F64) {
        const double *const w = (const double *)t->data + at;
        for (size_t i = 0; i < n; i++)
            sum[i] += x * w[i];
    } else {
        const float *const w = (const float *)t->data + at;
        for (size_t i = 0; i < n; i++)
            sum[i] += x * (double)w[i];
    }
}

void iopt_store_sums(IoptTensor *out, size_t at, size_t step, const double *sum, size_t n)
{
    if (out->dtype == IOPT_F64) {
        double *const y = (double *)out->data + at;
        for (size_t i = 0; i < n; i++)
            y[i * step] = sum[i];
    } else {
        float *const y = (float *)out->data + at;
        for (size_t i = 0; i < n; i++)
            y[i * step] = (float)sum[i];
    }
}

typedef struct Conv {
    IoptWindowRule rule;
    IoptImage x, y;
    IoptWindowPlace place[IOPT_SPATIAL];
    int64_t depth, outputs; /* of the filter: channels of one group, all output channels */
    const IoptTensor *image, *filter;
} Conv;

/* All output channels of one tap: the image's values at `at` times the filter's at tap `tap`. */
static void one_tap(const Conv *c, int64_t at, int64_t tap, double *sums)
{
    const int64_t per_group = c->x.channels ? c->outputs * c->depth / c->x.channels : 0;

    for (int64_t i = 0; i < c->x.channels; i++) {
        const double x = iopt_float_at(c->image, (size_t)(at + i * c->x.channel_stride));
        const int64_t group = i / c->depth;
        const int64_t row = (tap * c->depth + i % c->depth) * c->outputs;
        iopt_add_scaled(sums + group * per_group, c->filter, (size_t)(row + group * per_group),
                        (size_t)per_group, x);
    }
}

/* The input position of a tap along an axis; false if it lies in the padding. */
static bool input_at(const Conv *c, int axis, int64_t out, int64_t tap, int64_t *in)
{
    *in = out * c->rule.stride[axis] - c->place[axis].pad + tap * c->rule.dilation[axis];
    return *in >= 0 && *in < c->x.size[axis];
}

/* All output channels of one output position. */
static void one_position(const Conv *c, int64_t n, const int64_t out[IOPT_SPATIAL], double *sums)
{
    const int64_t *const kernel = c->rule.kernel, *const stride = c->x.stride;
    int64_t d, h, w;

    for (int64_t i = 0; i < c->outputs; i++)
        sums[i] = 0;
    for (int64_t kd = 0; kd < kernel[0]; kd++) {
        if (!input_at(c, 0, out[0], kd, &d))
            continue;
        for (int64_t kh = 0; kh < kernel[1]; kh++) {
            if (!input_at(c, 1, out[1], kh, &h))
                continue;
            for (int64_t kw = 0; kw < kernel[2]; kw++)
                if (input_at(c, 2, out[2], kw, &w))
                    one_tap(c,
                            n * c->x.batch_stride + d * stride[0] + h * stride[1] + w * stride[2],
                            (kd * kernel[1] + kh) * kernel[2] + kw, sums);
        }
    }
}

static void all_positions(const Conv *c, IoptTensor *out, double *sums)
{
    const int64_t *const size = c->y.size, *const stride = c->y.stride;
    int64_t at[IOPT_SPATIAL];

    for (int64_t n = 0; n < c->y.batch; n++)
        for (at[0] = 0; at[0] < size[0]; at[0]++)
            for (at[1] = 0; at[1] < size[1]; at[1]++)
                for (at[2] = 0; at[2] < size[2]; at[2]++) {
                    one_position(c, n, at, sums);
                    iopt_store_sums(out,
                                    (size_t)(n * c->y.batch_stride + at[0] * stride[0] +
                                             at[1] * stride[1] + at[2] * stride[2]),
                                    (size_t)c->y.channel_stride, sums, (size_t)c->outputs);
                }
}

IoptStatus iopt_conv_eval(const IoptNode *node, int axes, const IoptTensor *const *in,
                          IoptTensor *out, IoptError *err)
{
    const int64_t *const filter = in[1]->shape.dim;
    Conv c = { .image = in[0], .filter = in[1] };
    void *sums;

    IOPT_TRY(iopt_conv_rule(node, axes, &in[1]->shape, &c.rule, err));
    c.x = iopt_image(&in[0]->shape, &c.rule);
    c.y = iopt_image(&out->shape, &c.rule);
    c.depth = filter[axes];
    c.outputs = filter[axes + 1];
    for (int i = 0; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, &c.rule, i, c.x.size[i], &c.place[i], err));
    IOPT_TRY(iopt_alloc(&sums, (size_t)c.outputs, sizeof(double), err));
    all_positions(&c, out, sums);
    free(sums);
    return IOPT_OK;
}

double iopt_conv_macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptShape *const filter = &in[1].shape;

    (void)node;
    if (filter->rank < 1 || filter->dim[filter->rank - 1] < 1)
        return 0;
    return iopt_known_elems(&out[0].shape) * iopt_known_elems(filter) /
           (double)filter->dim[filter->rank - 1];
}

#define CONV_OP(id, op_name, axes)                                                        \
    static IoptStatus infer_##id(const IoptNode *node, const IoptFact *in, IoptFact *out, \
                                 IoptError *err)                                          \
    {                                                                                     \
        return iopt_conv_infer(node, axes, in, out, err);                                 \
    }                                                                                     \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in,        \
                                IoptTensor *const *out, IoptError *err)                   \
    {                                                                                     \
        return iopt_conv_eval(node, axes, in, out[0], err);                               \
    }                                                                                     \
    const IoptOp iopt_op_##id = { .name = op_name,                                        \
                                  .n_in = 2,                                              \
                                  .n_out = 1,                                             \
                                  .dtypes = "float double half bfloat16",                 \
                                  .flags = IOPT_OP_HALF,                                  \
                                  .brief = "convolution with a filter",                   \
                                  .infer = infer_##id,                                    \
                                  .eval = eval_##id,                                      \
                                  .macs = iopt_conv_macs }

CONV_OP(conv2d, "Conv2D", 2);
CONV_OP(conv3d, "Conv3D", 3);
