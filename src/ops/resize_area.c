/* ResizeArea: each pixel the mean of the area it covers
 *
 *   in      images [N,H,W,C] of any number type; size [2], int32
 *   out     y [N,size[0],size[1],C], float
 *   attr    align_corners
 *   exact   borders of the areas in float, sums in double; one pixel aligned to corners has no
 *           area and gives NaN
 *   source  TensorFlow op "ResizeArea"
 */
#include <math.h>

#include "ops/resize.h"

/* The pixels first .. last-1 that an output pixel covers, the outer two in part. */
typedef struct Span {
    int64_t first, last, dim;
    float begin, end, scale;
} Span;

static Span span_at(int64_t at, float scale, int64_t dim)
{
    const float begin = (float)at * scale, end = (float)(at + 1) * scale;

    return (Span){ (int64_t)floorf(begin), (int64_t)ceilf(end), dim, begin, end, scale };
}

static double weight(const Span *span, int64_t at)
{
    const float left = (float)at, right = (float)(at + 1);

    if (left < span->begin)
        return (double)(right > span->end ? span->scale : right - span->begin);
    return (double)(right > span->end ? span->end - left : 1.0f);
}

static int64_t pixel(const Span *span, int64_t at)
{
    return at < 0 ? 0 : at < span->dim ? at : span->dim - 1;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return iopt_resize_infer(node, in, IOPT_F32, &out[0], err);
}

static double mean(const IoptResize *r, const IoptTensor *x, int64_t n, int64_t c, const Span *v,
                   const Span *h)
{
    double sum = 0;

    for (int64_t i = v->first; i < v->last; i++)
        for (int64_t j = h->first; j < h->last; j++) {
            const size_t at = iopt_resize_pixel(r, n, pixel(v, i), pixel(h, j)) + (size_t)c;
            sum += weight(v, i) * weight(h, j) * iopt_tensor_get_f64(x, at);
        }
    return sum * (1.0 / ((double)v->scale * (double)h->scale));
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptResize r = iopt_resize_of(node, in[0], out[0]);
    float *y = iopt_f32_mut(out[0]);

    (void)err;
    for (int64_t n = 0; n < r.n; n++)
        for (int64_t i = 0; i < r.out_h; i++) {
            const Span v = span_at(i, r.scale_h, r.in_h);
            for (int64_t j = 0; j < r.out_w; j++) {
                const Span h = span_at(j, r.scale_w, r.in_w);
                for (int64_t c = 0; c < r.channels; c++)
                    *y++ = (float)mean(&r, in[0], n, c, &v, &h);
            }
        }
    return IOPT_OK;
}

const IoptOp iopt_op_resize_area = {
    .name = "ResizeArea",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float double half bfloat16 uint8 int8 uint16 int16 int32 int64",
    .brief = "images in another size, means of areas",
    .infer = infer,
    .eval = eval,
};
