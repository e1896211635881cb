/* QuantizedDepthwiseConv2D: convolution of codes, each channel by itself
 *
 *   in      x [N,H,W,C], filter [KH,KW,C,M], both quint8; min and max of x, min and max of filter
 *   out     y [N,OH,OW,C * M], qint32, and its range
 *   attr    strides, padding SAME or VALID, dilations 1
 *   formula y = sum of (x - zero_x) * (filter - zero_filter), modulo 2^32; windows as those of
 *           DepthwiseConv2dNative, padding counts as zero
 *   exact   the sums; TensorFlow has a kernel in its builds for MKL only, for signed filters
 *   source  TensorFlow op "QuantizedDepthwiseConv2D"
 */
#include "base/checked.h"
#include "ops/quantized.h"
#include "ops/window_rule.h"

static IoptStatus read_rule(const IoptNode *node, const IoptShape *filter, IoptWindowRule *rule,
                            IoptError *err)
{
    IOPT_TRY(iopt_conv_rule(node, 2, filter, rule, err));
    if (rule->channels_first || rule->padding == IOPT_PAD_EXPLICIT || rule->dilation[1] != 1 ||
        rule->dilation[2] != 1)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "QuantizedDepthwiseConv2D '%s': want padding SAME or VALID, dilations of "
                         "1 and NHWC",
                         node->name);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const filter = &in[1].shape;
    IoptWindowPlace place;
    IoptWindowRule rule;

    if (!iopt_may_have_rank(&in[0], 4) || !iopt_may_have_rank(&in[1], 4) ||
        (in[1].dtype && in[1].dtype != IOPT_QU8))
        return iopt_bad_inputs(node, in, err, "quint8 [N,H,W,C] and [KH,KW,C,M]");
    IOPT_TRY(read_rule(node, filter, &rule, err));
    const IoptImage x = iopt_image(&in[0].shape, &rule);
    IoptImage y = { .batch = x.batch, .channels = -1, .size = { 1, 1, 1 } };
    if (!iopt_dims_agree(x.channels, iopt_dim_or_unknown(filter, 2)))
        return iopt_bad_inputs(node, in, err, "a filter as deep as x");
    const int64_t depth = filter->rank == 4 && filter->dim[2] >= 0 ? filter->dim[2] : x.channels;
    const int64_t times = iopt_dim_or_unknown(filter, 3);
    if (depth >= 0 && times >= 0 && !iopt_mul_i64(depth, times, &y.channels))
        return iopt_bad_inputs(node, in, err, "fewer channels");
    for (int i = 1; i < IOPT_SPATIAL; i++) {
        IOPT_TRY(iopt_window_place(node, &rule, i, x.size[i], &place, err));
        y.size[i] = place.out;
    }
    IOPT_TRY(iopt_ranges_check(node, in, 2, 4, err));
    iopt_quantized_facts(out, IOPT_QI32, iopt_image_shape(&y, &rule));
    return IOPT_OK;
}

typedef struct Depthwise {
    const uint8_t *x, *filter;
    uint32_t zero_x, zero_filter;
    IoptWindowRule rule;
    IoptWindowPlace place[IOPT_SPATIAL];
    int64_t height, width, depth, times;
} Depthwise;

enum { BLOCK = 16 }; /* channels at a time, for the compiler to see them as a vector */

/* What add_tap does, for one output channel to each of the image, as it nearly always is. */
static void add_single_tap(const Depthwise *d, const uint8_t *pixel, const uint8_t *tap,
                           uint32_t *restrict sums)
{
    const uint32_t zero_x = d->zero_x, zero_filter = d->zero_filter;
    int64_t c = 0;

    for (; c + BLOCK <= d->depth; c += BLOCK)
        for (int i = 0; i < BLOCK; i++)
            sums[c + i] += (pixel[c + i] - zero_x) * (tap[c + i] - zero_filter);
    for (; c < d->depth; c++)
        sums[c] += (pixel[c] - zero_x) * (tap[c] - zero_filter);
}

/* Adds what the pixel, as seen through one tap, gives to all output channels. */
static void add_tap(const Depthwise *d, const uint8_t *pixel, const uint8_t *tap, uint32_t *sums)
{
    if (d->times == 1) {
        add_single_tap(d, pixel, tap, sums);
        return;
    }
    for (int64_t c = 0; c < d->depth; c++) {
        const uint32_t x = pixel[c] - d->zero_x;
        for (int64_t m = 0; m < d->times; m++)
            sums[c * d->times + m] += x * (tap[c * d->times + m] - d->zero_filter);
    }
}

static void convolve_pixel(const Depthwise *d, const uint8_t *image, int64_t oy, int64_t ox,
                           uint32_t *sums)
{
    const int64_t *const kernel = d->rule.kernel, *const stride = d->rule.stride;

    for (int64_t i = 0; i < d->depth * d->times; i++)
        sums[i] = 0;
    for (int64_t ky = 0; ky < kernel[1]; ky++)
        for (int64_t kx = 0; kx < kernel[2]; kx++) {
            const int64_t y = oy * stride[1] - d->place[1].pad + ky;
            const int64_t x = ox * stride[2] - d->place[2].pad + kx;
            if (y >= 0 && y < d->height && x >= 0 && x < d->width)
                add_tap(d, image + (y * d->width + x) * d->depth,
                        d->filter + (ky * kernel[2] + kx) * d->depth * d->times, sums);
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptRange x_range = iopt_range_of(in, 2), filter_range = iopt_range_of(in, 4);
    const IoptShape *const x = &in[0]->shape, *const y = &out[0]->shape;
    Depthwise d = { .x = in[0]->data,
                    .filter = in[1]->data,
                    .zero_x = (uint32_t)iopt_zero_code(IOPT_QU8, x_range),
                    .zero_filter = (uint32_t)iopt_zero_code(IOPT_QU8, filter_range),
                    .height = x->dim[1],
                    .width = x->dim[2],
                    .depth = x->dim[3],
                    .times = in[1]->shape.dim[3] };
    uint32_t *sums = out[0]->data;

    IOPT_TRY(read_rule(node, &in[1]->shape, &d.rule, err));
    for (int i = 1; i < IOPT_SPATIAL; i++)
        IOPT_TRY(iopt_window_place(node, &d.rule, i, x->dim[i], &d.place[i], err));
    for (int64_t n = 0; n < y->dim[0]; n++)
        for (int64_t oy = 0; oy < y->dim[1]; oy++)
            for (int64_t ox = 0; ox < y->dim[2]; ox++, sums += y->dim[3])
                convolve_pixel(&d, d.x + n * d.height * d.width * d.depth, oy, ox, sums);
    iopt_range_put(out, 1, iopt_product_range(IOPT_QU8, x_range, IOPT_QU8, filter_range));
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_depthwise_conv2d = {
    .name = "QuantizedDepthwiseConv2D",
    .n_in = 6,
    .n_out = 3,
    .dtypes = "quint8",
    .brief = "convolution of codes, each channel by itself",
    .infer = infer,
    .eval = eval,
};
