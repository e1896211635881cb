/* Conv2DBackpropInput: the transposed convolution, dx[n, o * stride - pad + k * dilation, i] +=
 * dy[n, o, c] * w[k, i, c]
 *
 *   in      input_sizes, the shape of dx (int32 [4], or [H, W]); filter [KH, KW, C / groups, O];
 *           dy [N, OH, OW, O] or, by attribute data_format, [N, O, OH, OW]
 *   out     dx, of shape input_sizes; a convolution of dx must have the shape of dy
 *   exact   sums in double, rounded once
 *   source  TensorFlow op "Conv2DBackpropInput"
 */
#include <stdlib.h>

#include "ops/transposed_conv.h"

/* The shape of dx: what input_sizes says, as far as it is known. */
static IoptStatus read_sizes(const IoptNode *node, const IoptFact *in, const IoptWindowRule *rule,
                             IoptImage *dx, IoptError *err)
{
    const IoptImage dy = iopt_image(&in[2].shape, rule);
    int64_t sizes[4];
    size_t count;

    *dx = (IoptImage){ .batch = dy.batch, .channels = -1, .size = { 1, -1, -1 } };
    if (!in[0].value)
        return IOPT_OK;
    if (in[0].shape.rank != 1 || !iopt_fact_ints(&in[0], sizes, 4, &count) ||
        (count != 4 && count != 2))
        return iopt_bad_inputs(node, in, err, "input_sizes of 4 or 2 int32");
    for (size_t i = 0; i < count; i++)
        if (sizes[i] < 0)
            return iopt_bad_inputs(node, in, err, "input_sizes >= 0, not %lld",
                                   (long long)sizes[i]);
    if (count == 4) {
        const IoptShape shape = iopt_shape(4, sizes);
        *dx = iopt_image(&shape, rule);
        return IOPT_OK;
    }
    dx->size[1] = sizes[0];
    dx->size[2] = sizes[1];
    dx->channels = in[1].shape.rank == 4 ? in[1].shape.dim[2] : -1;
    return IOPT_OK;
}

static IoptStatus check_filter(const IoptNode *node, const IoptFact *in, const IoptImage *dx,
                               const IoptImage *dy, IoptError *err)
{
    const int64_t *const filter = in[1].shape.dim;

    if (in[1].shape.rank == 4 &&
        (!iopt_dims_agree(filter[3], dy->channels) ||
         (dx->channels > 0 && filter[2] > 0 &&
          (dx->channels % filter[2] != 0 ||
           (filter[3] >= 0 && filter[3] % (dx->channels / filter[2]) != 0)))))
        return iopt_bad_inputs(node, in, err, "a filter [KH, KW, %lld / groups, %lld]",
                               (long long)dx->channels, (long long)dy->channels);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptWindowRule rule;
    IoptImage dx;

    if (in[0].dtype && in[0].dtype != IOPT_I32)
        return iopt_bad_inputs(node, in, err, "int32 sizes");
    IOPT_TRY(iopt_transposed_inputs(node, in, err));
    IOPT_TRY(iopt_conv_rule(node, 2, &in[1].shape, &rule, err));
    IOPT_TRY(read_sizes(node, in, &rule, &dx, err));
    const IoptImage dy = iopt_image(&in[2].shape, &rule);
    IOPT_TRY(check_filter(node, in, &dx, &dy, err));
    return iopt_transposed_infer(node, in, &rule, &dx, &out[0], err);
}

/* One tap of one position of dy, which starts at `from`, into the pixel of dx at `to`; sums are of
 * all of one image's dx, in the order of dx. */
static void one_tap(const IoptTransposed *t, int64_t from, int64_t to, int64_t tap, double *sums)
{
    const int64_t depth = t->filter->shape.dim[2], outputs = t->filter->shape.dim[3];
    const int64_t groups = depth ? t->dx.channels / depth : 1;
    const int64_t per_group = groups ? outputs / groups : 0;

    for (int64_t i = 0; i < t->dx.channels; i++) {
        const int64_t group = i / depth;
        const int64_t row = (tap * depth + i % depth) * outputs;
        double sum = 0;
        for (int64_t c = group * per_group; c < (group + 1) * per_group; c++)
            sum += iopt_float_at(t->filter, (size_t)(row + c)) *
                   iopt_float_at(t->grad, (size_t)(from + c * t->dy.channel_stride));
        sums[to + i * t->dx.channel_stride] += sum;
    }
}

static void one_position(const IoptTransposed *t, int64_t n, int64_t oh, int64_t ow, double *sums)
{
    const IoptWindowRule *const r = &t->rule;
    const int64_t from = n * t->dy.batch_stride + oh * t->dy.stride[1] + ow * t->dy.stride[2];

    for (int64_t kh = 0; kh < r->kernel[1]; kh++)
        for (int64_t kw = 0; kw < r->kernel[2]; kw++) {
            const int64_t h = oh * r->stride[1] - t->place[1].pad + kh * r->dilation[1];
            const int64_t w = ow * r->stride[2] - t->place[2].pad + kw * r->dilation[2];
            if (h >= 0 && h < t->dx.size[1] && w >= 0 && w < t->dx.size[2])
                one_tap(t, from, h * t->dx.stride[1] + w * t->dx.stride[2], kh * r->kernel[2] + kw,
                        sums);
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(out[0]);
    IoptWindowRule rule;
    IoptTransposed t;
    void *sums;

    IOPT_TRY(iopt_conv_rule(node, 2, &in[1]->shape, &rule, err));
    IOPT_TRY(iopt_transposed(node, &rule, in, out[0], &t, err));
    if (n == 0)
        return IOPT_OK;
    const size_t per_image = n / (size_t)t.dx.batch;
    IOPT_TRY(iopt_alloc(&sums, per_image, sizeof(double), err));
    for (int64_t i = 0; i < t.dx.batch; i++) {
        memset(sums, 0, per_image * sizeof(double));
        for (int64_t h = 0; h < t.dy.size[1]; h++)
            for (int64_t w = 0; w < t.dy.size[2]; w++)
                one_position(&t, i, h, w, sums);
        iopt_store_sums(out[0], (size_t)i * per_image, 1, sums, per_image);
    }
    free(sums);
    return IOPT_OK;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const IoptShape *const filter = &in[1].shape;

    (void)node, (void)out;
    if (filter->rank != 4 || filter->dim[3] < 1)
        return 0;
    return iopt_known_elems(&in[2].shape) * iopt_known_elems(filter) / (double)filter->dim[3];
}

const IoptOp iopt_op_conv2d_backprop_input = { .name = "Conv2DBackpropInput",
                                               .n_in = 3,
                                               .n_out = 1,
                                               .flags = IOPT_OP_HALF,
                                               .brief = "transposed convolution",
                                               .infer = infer,
                                               .eval = eval,
                                               .macs = macs };
