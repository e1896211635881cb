/* ResizeBilinear: each pixel from the four around its position, weighted by distance
 *
 *   in      images [N,H,W,C] of any number type; size [2], int32
 *   out     y [N,size[0],size[1],C], float
 *   attr    align_corners, half_pixel_centers
 *   exact   every step in float, in TensorFlow's order: along rows first, then between them
 *   source  TensorFlow op "ResizeBilinear"
 */
#include <math.h>

#include "ops/resize.h"

/* The two pixels around a position, and the weight of the second. */
typedef struct Tap {
    int64_t lower, upper;
    float lerp;
} Tap;

static Tap tap_at(float position, int64_t dim)
{
    const float below = floorf(position);
    const int64_t at = (int64_t)below;

    return (Tap){ at < 0     ? 0
                  : at < dim ? at
                             : dim - 1,
                  at + 1 < dim ? at + 1 : dim - 1, position - below };
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return iopt_resize_infer(node, in, IOPT_F32, &out[0], err);
}

static float load(const IoptTensor *x, size_t i)
{
    return x->dtype == IOPT_F32 ? iopt_f32(x)[i] : (float)iopt_tensor_get_f64(x, i);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptResize r = iopt_resize_of(node, in[0], out[0]);
    const size_t channels = (size_t)r.channels;
    float *y = iopt_f32_mut(out[0]);

    (void)err;
    for (int64_t n = 0; n < r.n; n++)
        for (int64_t i = 0; i < r.out_h; i++) {
            const Tap v = tap_at(iopt_resize_at(&r, i, r.scale_h), r.in_h);
            for (int64_t j = 0; j < r.out_w; j++) {
                const Tap h = tap_at(iopt_resize_at(&r, j, r.scale_w), r.in_w);
                const size_t top_left = iopt_resize_pixel(&r, n, v.lower, h.lower);
                const size_t top_right = iopt_resize_pixel(&r, n, v.lower, h.upper);
                const size_t bottom_left = iopt_resize_pixel(&r, n, v.upper, h.lower);
                const size_t bottom_right = iopt_resize_pixel(&r, n, v.upper, h.upper);
                for (size_t c = 0; c < channels; c++) {
                    const float tl = load(in[0], top_left + c), tr = load(in[0], top_right + c);
                    const float bl = load(in[0], bottom_left + c);
                    const float br = load(in[0], bottom_right + c);
                    const float top = tl + (tr - tl) * h.lerp, bottom = bl + (br - bl) * h.lerp;
                    *y++ = top + (bottom - top) * v.lerp;
                }
            }
        }
    return IOPT_OK;
}

const IoptOp iopt_op_resize_bilinear = {
    .name = "ResizeBilinear",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float double half bfloat16 uint8 int8 uint16 int16 int32 int64",
    .brief = "images in another size, linear between pixels",
    .infer = infer,
    .eval = eval,
};
