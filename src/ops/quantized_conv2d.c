/* QuantizedConv2D: convolution of codes
 *
 *   in      x [N,H,W,C], filter [KH,KW,C,F], both quint8; min and max of x, min and max of filter
 *   out     y [N,OH,OW,F], qint32, and its range
 *   attr    strides [1,s,s,1], padding SAME or VALID, dilations 1
 *   formula y = sum of (x - zero_x) * (filter - zero_filter), modulo 2^32
 *   exact   the bits of TensorFlow 1.15, with its placement of windows: the offset is half of the
 *           missing pixels, rounded towards zero and not stopped at zero.  Padding counts as zero,
 *           except where the code of zero does not fit into a byte: its low byte pads then.
 *   source  TensorFlow op "QuantizedConv2D"
 */
#include "ops/quantized_conv2d.h"

static void place(IoptQuantizedAxis *a, bool same)
{
    if (a->in < 0 || a->kernel < 0) {
        a->out = -1;
        return;
    }
    const int64_t room = same ? a->in : a->in - a->kernel + 1;
    a->out = room <= 0 ? 0 : (room + a->stride - 1) / a->stride;
    a->offset = ((a->out - 1) * a->stride + a->kernel - a->in + (same ? 0 : 1)) / 2;
}

IoptStatus iopt_quantized_conv2d_read(const IoptNode *node, const IoptShape *x,
                                      const IoptShape *filter, IoptQuantizedConv2d *out,
                                      IoptError *err)
{
    const char *const padding = iopt_attr_string(node, "padding", "");
    const bool same = strcmp(padding, "SAME") == 0;
    const int64_t *strides, *dilations;
    const size_t n_strides = iopt_attr_ints(node, "strides", &strides);
    const size_t n_dilations = iopt_attr_ints(node, "dilations", &dilations);

    if (n_strides != 4 || strides[0] != 1 || strides[3] != 1 || strides[1] != strides[2] ||
        strides[1] < 1 || strides[1] > INT32_MAX)
        return iopt_fail(err, IOPT_BAD_MODEL, "QuantizedConv2D '%s': want strides [1,s,s,1]",
                         node->name);
    for (size_t i = 0; i < n_dilations; i++)
        if (dilations[i] != 1)
            return iopt_fail(err, IOPT_BAD_MODEL, "QuantizedConv2D '%s': want dilations of 1",
                             node->name);
    if (!same && strcmp(padding, "VALID") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "QuantizedConv2D '%s': want padding SAME or VALID; got '%s'", node->name,
                         padding);
    out->h = (IoptQuantizedAxis){ iopt_dim_or_unknown(x, 1), iopt_dim_or_unknown(filter, 0),
                                  strides[1], 0, 0 };
    out->w = (IoptQuantizedAxis){ iopt_dim_or_unknown(x, 2), iopt_dim_or_unknown(filter, 1),
                                  strides[1], 0, 0 };
    place(&out->h, same);
    place(&out->w, same);
    out->depth = iopt_dim_or_unknown(filter, 2);
    out->filters = iopt_dim_or_unknown(filter, 3);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    IoptQuantizedConv2d p;

    if (!iopt_may_have_rank(&in[0], 4) || !iopt_may_have_rank(&in[1], 4) ||
        (in[1].dtype && in[1].dtype != IOPT_QU8))
        return iopt_bad_inputs(node, in, err, "quint8 [N,H,W,C] and [KH,KW,C,F]");
    IOPT_TRY(iopt_quantized_conv2d_read(node, x, &in[1].shape, &p, err));
    if (!iopt_dims_agree(iopt_dim_or_unknown(x, 3), p.depth) || p.h.kernel == 0 || p.w.kernel == 0)
        return iopt_bad_inputs(node, in, err, "a filter as deep as x");
    IOPT_TRY(iopt_ranges_check(node, in, 2, 4, err));
    iopt_quantized_facts(
        out, IOPT_QI32,
        (IoptShape){ 4, { iopt_dim_or_unknown(x, 0), p.h.out, p.w.out, p.filters } });
    return IOPT_OK;
}

/* The operands without their zeros. */
typedef struct Operands {
    const uint8_t *x, *filter;
    int32_t zero_x, zero_filter;
    int32_t padding; /* what a position outside of the image holds */
} Operands;

/* Adds the products of one tap to `sums`, one for each filter.  `pixel` NULL: padding. */
static void add_tap(const Operands *o, const uint8_t *pixel, const uint8_t *tap, int64_t depth,
                    int64_t filters, uint32_t *sums)
{
    for (int64_t c = 0; c < depth; c++) {
        const uint32_t x = pixel ? (uint32_t)pixel[c] - (uint32_t)o->zero_x : (uint32_t)o->padding;
        if (x == 0)
            continue;
        for (int64_t f = 0; f < filters; f++)
            sums[f] += x * ((uint32_t)tap[c * filters + f] - (uint32_t)o->zero_filter);
    }
}

static void convolve_pixel(const Operands *o, const IoptQuantizedConv2d *p, const uint8_t *image,
                           int64_t oy, int64_t ox, uint32_t *sums)
{
    const int64_t top = oy * p->h.stride - p->h.offset, left = ox * p->w.stride - p->w.offset;

    for (int64_t ky = 0; ky < p->h.kernel; ky++)
        for (int64_t kx = 0; kx < p->w.kernel; kx++) {
            const int64_t y = top + ky, x = left + kx;
            const bool inside = y >= 0 && y < p->h.in && x >= 0 && x < p->w.in;
            const uint8_t *const tap = o->filter + (ky * p->w.kernel + kx) * p->depth * p->filters;
            if (inside || o->padding != 0)
                add_tap(o, inside ? image + (y * p->w.in + x) * p->depth : NULL, tap, p->depth,
                        p->filters, sums);
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptRange x_range = iopt_range_of(in, 2), filter_range = iopt_range_of(in, 4);
    Operands o = { .x = in[0]->data,
                   .filter = in[1]->data,
                   .zero_x = iopt_zero_code(IOPT_QU8, x_range),
                   .zero_filter = iopt_zero_code(IOPT_QU8, filter_range) };
    uint32_t *sums = out[0]->data;
    IoptQuantizedConv2d p;

    IOPT_TRY(iopt_quantized_conv2d_read(node, &in[0]->shape, &in[1]->shape, &p, err));
    if (o.zero_x > UINT8_MAX)
        o.padding = (uint8_t)o.zero_x - o.zero_x;
    const int64_t image = p.h.in * p.w.in * p.depth;
    for (int64_t n = 0; n < in[0]->shape.dim[0]; n++)
        for (int64_t oy = 0; oy < p.h.out; oy++)
            for (int64_t ox = 0; ox < p.w.out; ox++, sums += p.filters)
                convolve_pixel(&o, &p, o.x + n * image, oy, ox, sums);
    iopt_range_put(out, 1, iopt_product_range(IOPT_QU8, x_range, IOPT_QU8, filter_range));
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_conv2d = {
    .name = "QuantizedConv2D",
    .n_in = 6,
    .n_out = 3,
    .dtypes = "quint8",
    .brief = "convolution of codes",
    .infer = infer,
    .eval = eval,
};
