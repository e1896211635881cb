/* QuantizedResizeBilinear: each pixel from the four around its position, in fixed point
 *
 *   in      images [N,H,W,C], quint8, qint32 or float; size [2], int32; their min and max
 *   out     y [N,size[0],size[1],C], and the range of the images
 *   attr    align_corners, half_pixel_centers; here both may be true: the scale of the one, the
 *           positions of the other
 *   exact   weights of 7 bits (quint8) or 30 (qint32, whose codes lose what a float cannot hold);
 *           divisions truncate; the bits of TensorFlow 1.15
 *   source  TensorFlow op "QuantizedResizeBilinear"
 */
#include <math.h>
#include <string.h>

#include "ops/quantized_rows.h"
#include "ops/resize.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const images = &in[0].shape;
    IoptInts size;

    IOPT_TRY(iopt_ints_vector(node, in, 1, "size", &size, err));
    if (!iopt_may_have_rank(&in[0], 4) || !iopt_dims_agree(size.count, 2) ||
        (size.known && (size.v[0] < 1 || size.v[1] < 1)) || iopt_dim_or_unknown(images, 1) == 0 ||
        iopt_dim_or_unknown(images, 2) == 0)
        return iopt_bad_inputs(node, in, err, "images [N,H,W,C] and a size [2] of at least 1");
    IOPT_TRY(iopt_ranges_check(node, in, 2, 2, err));
    iopt_quantized_facts(
        out, iopt_input_type(node, in, "T"),
        (IoptShape){ 4,
                     { iopt_dim_or_unknown(images, 0), size.known ? size.v[0] : -1,
                       size.known ? size.v[1] : -1, iopt_dim_or_unknown(images, 3) } });
    return IOPT_OK;
}

/* The two pixels around a position and the weight of the second. */
typedef struct Tap {
    int64_t lower, upper;
    float lerp;
} Tap;

static Tap tap_at(float position, int64_t dim)
{
    const float below = floorf(position);
    const int64_t last = dim - 1, up = (int64_t)ceilf(position);
    Tap tap = { below > 0 ? (int64_t)below : 0, up < last ? up : last, position - below };

    tap.lower = tap.lower < tap.upper ? tap.lower : tap.upper;
    return tap;
}

/* The four codes around a position. */
typedef struct Corners {
    size_t tl, tr, bl, br;
} Corners;

static int64_t load(const IoptTensor *x, size_t i)
{
    const int64_t code = iopt_tensor_get_i64(x, i);

    return x->dtype == IOPT_QI32 ? (int64_t)(float)code : code;
}

/* Fixed point with `bits` bits behind the point. */
static int64_t blend_codes(const IoptTensor *x, Corners at, float x_lerp, float y_lerp, int bits)
{
    const int64_t one = (int64_t)1 << bits;
    const int64_t xl = (int64_t)(x_lerp * (float)one), yl = (int64_t)(y_lerp * (float)one);
    const int64_t tl = load(x, at.tl), tr = load(x, at.tr);
    const int64_t bl = load(x, at.bl), br = load(x, at.br);
    const int64_t top = tl * one + (tr - tl) * xl, bottom = bl * one + (br - bl) * xl;
    const int64_t sum = top + (bottom - top) / one * yl;

    return (int64_t)((uint64_t)sum + (uint64_t)(one / 2)) / one;
}

/* The same of quint8, whose numbers are small. */
static uint8_t blend_bytes(const uint8_t *x, Corners at, int32_t xl, int32_t yl)
{
    const int32_t one = 128, tl = x[at.tl], tr = x[at.tr], bl = x[at.bl], br = x[at.br];
    const int32_t top = tl * one + (tr - tl) * xl, bottom = bl * one + (br - bl) * xl;

    return (uint8_t)((top + (bottom - top) / one * yl + one / 2) / one);
}

static float blend_floats(const float *x, Corners at, float x_lerp, float y_lerp)
{
    const float top = x[at.tl] + (x[at.tr] - x[at.tl]) * x_lerp;
    const float bottom = x[at.bl] + (x[at.br] - x[at.bl]) * x_lerp;

    return top + (bottom - top) * y_lerp;
}

static void resize(const IoptTensor *x, const IoptResize *r, IoptTensor *out, int64_t begin,
                   int64_t end)
{
    const size_t row_elems = (size_t)(r->out_w * r->channels);
    size_t next = (size_t)begin * row_elems;

    for (int64_t row = begin; row < end; row++) {
        const int64_t n = row / r->out_h;
        const Tap v = tap_at(iopt_resize_at(r, row % r->out_h, r->scale_h), r->in_h);
        for (int64_t column = 0; column < r->out_w; column++) {
            const Tap h = tap_at(iopt_resize_at(r, column, r->scale_w), r->in_w);
            Corners at = { iopt_resize_pixel(r, n, v.lower, h.lower),
                           iopt_resize_pixel(r, n, v.lower, h.upper),
                           iopt_resize_pixel(r, n, v.upper, h.lower),
                           iopt_resize_pixel(r, n, v.upper, h.upper) };
            for (int64_t c = 0; c < r->channels; c++, next++) {
                if (x->dtype == IOPT_F32)
                    iopt_f32_mut(out)[next] = blend_floats(iopt_f32(x), at, h.lerp, v.lerp);
                else if (x->dtype == IOPT_QU8)
                    ((uint8_t *)out->data)[next] = blend_bytes(
                        x->data, at, (int32_t)(h.lerp * 128.0f), (int32_t)(v.lerp * 128.0f));
                else
                    iopt_tensor_set_i64(out, next, blend_codes(x, at, h.lerp, v.lerp, 30));
                at = (Corners){ at.tl + 1, at.tr + 1, at.bl + 1, at.br + 1 };
            }
        }
    }
}

void iopt_quantized_resize_rows(const IoptNode *node, const IoptTensor *const *in,
                                IoptTensor *const *out, size_t begin, size_t end)
{
    const IoptResize r = iopt_resize_of(node, in[0], out[0]);
    const size_t row = (size_t)(r.out_w * r.channels) * iopt_dtype_bytes(in[0]->dtype);

    if (r.in_h != r.out_h || r.in_w != r.out_w)
        resize(in[0], &r, out[0], (int64_t)begin, (int64_t)end);
    else if (row > 0 && end > begin)
        memcpy((char *)out[0]->data + begin * row, (const char *)in[0]->data + begin * row,
               (end - begin) * row);
    if (begin == 0)
        iopt_range_put(out, 1, iopt_range_of(in, 2));
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const int64_t *const dims = out[0]->shape.dim;

    (void)err;
    iopt_quantized_resize_rows(node, in, out, 0, (size_t)(dims[0] * dims[1]));
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_resize_bilinear = {
    .name = "QuantizedResizeBilinear",
    .n_in = 4,
    .n_out = 3,
    .dtypes = "quint8 qint32 float",
    .brief = "images of codes in another size",
    .infer = infer,
    .eval = eval,
};
