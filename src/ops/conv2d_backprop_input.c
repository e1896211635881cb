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

#include "ops/conv.h"

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

/* dy must be what the convolution of dx gives. */
static IoptStatus check(const IoptNode *node, const IoptFact *in, const IoptWindowRule *rule,
                        const IoptImage *dx, IoptError *err)
{
    const IoptImage dy = iopt_image(&in[2].shape, rule);
    const int64_t *const filter = in[1].shape.dim;
    IoptWindowPlace place;

    if (!iopt_dims_agree(dx->batch, dy.batch))
        return iopt_bad_inputs(node, in, err, "out_backprop of batch %lld", (long long)dx->batch);
    if (in[1].shape.rank == 4 &&
        (!iopt_dims_agree(filter[3], dy.channels) ||
         (dx->channels > 0 && filter[2] > 0 &&
          (dx->channels % filter[2] != 0 ||
           (filter[3] >= 0 && filter[3] % (dx->channels / filter[2]) != 0)))))
        return iopt_bad_inputs(node, in, err, "a filter [KH, KW, %lld / groups, %lld]",
                               (long long)dx->channels, (long long)dy.channels);
    for (int i = 1; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, rule, i, dx->size[i], &place, err));
        if (!iopt_dims_agree(place.out, dy.size[i]))
            return iopt_bad_inputs(node, in, err, "out_backprop of %s %lld",
                                   i == 1 ? "height" : "width", (long long)place.out);
    }
    return IOPT_OK;
}

static IoptStatus read_rule(const IoptNode *node, const IoptShape *filter, IoptWindowRule *rule,
                            IoptError *err)
{
    IOPT_TRY(iopt_window_rule(node, 2, true, rule, err));
    for (int i = 0; i < 2; i++)
        rule->kernel[1 + i] = filter->rank < 0 ? -1 : filter->dim[i];
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptWindowRule rule;
    IoptImage dx;

    for (int i = 1; i < 3; i++)
        if (in[i].shape.rank >= 0 && in[i].shape.rank != 4)
            return iopt_bad_inputs(node, in, err, "a filter and out_backprop of rank 4");
    if ((in[0].dtype && in[0].dtype != IOPT_I32) ||
        (in[1].dtype && in[2].dtype && in[1].dtype != in[2].dtype) ||
        (in[1].dtype && !iopt_dtype_is_float(in[1].dtype)))
        return iopt_bad_inputs(node, in, err, "int32 sizes, filter and out_backprop of one type");
    IOPT_TRY(read_rule(node, &in[1].shape, &rule, err));
    IOPT_TRY(read_sizes(node, in, &rule, &dx, err));
    IOPT_TRY(check(node, in, &rule, &dx, err));
    out[0] = iopt_fact(in[1].dtype ? in[1].dtype : in[2].dtype, iopt_image_shape(&dx, &rule));
    return IOPT_OK;
}

typedef struct Transposed {
    IoptWindowRule rule;
    IoptImage dx, dy;
    IoptWindowPlace place[IOPT_SPATIAL];
    const IoptTensor *filter, *grad;
    double *sums; /* of all of one image's dx, in the order of dx */
} Transposed;

/* One tap of one position of dy, which starts at `from`, into the pixel of dx at `to`. */
static void one_tap(const Transposed *t, int64_t from, int64_t to, int64_t tap)
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
        t->sums[to + i * t->dx.channel_stride] += sum;
    }
}

static void one_position(const Transposed *t, int64_t n, int64_t oh, int64_t ow)
{
    const IoptWindowRule *const r = &t->rule;
    const int64_t from = n * t->dy.batch_stride + oh * t->dy.stride[1] + ow * t->dy.stride[2];

    for (int64_t kh = 0; kh < r->kernel[1]; kh++)
        for (int64_t kw = 0; kw < r->kernel[2]; kw++) {
            const int64_t h = oh * r->stride[1] - t->place[1].pad + kh * r->dilation[1];
            const int64_t w = ow * r->stride[2] - t->place[2].pad + kw * r->dilation[2];
            if (h >= 0 && h < t->dx.size[1] && w >= 0 && w < t->dx.size[2])
                one_tap(t, from, h * t->dx.stride[1] + w * t->dx.stride[2], kh * r->kernel[2] + kw);
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    Transposed t = { .filter = in[1], .grad = in[2] };
    const size_t n = iopt_elems(out[0]);
    void *sums;

    IOPT_TRY(read_rule(node, &in[1]->shape, &t.rule, err));
    t.dx = iopt_image(&out[0]->shape, &t.rule);
    t.dy = iopt_image(&in[2]->shape, &t.rule);
    for (int i = 1; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, &t.rule, i, t.dx.size[i], &t.place[i], err));
    if (n == 0)
        return IOPT_OK;
    const size_t per_image = n / (size_t)t.dx.batch;
    IOPT_TRY(iopt_alloc(&sums, per_image, sizeof(double), err));
    t.sums = sums;
    for (int64_t i = 0; i < t.dx.batch; i++) {
        memset(sums, 0, per_image * sizeof(double));
        for (int64_t h = 0; h < t.dy.size[1]; h++)
            for (int64_t w = 0; w < t.dy.size[2]; w++)
                one_position(&t, i, h, w);
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
