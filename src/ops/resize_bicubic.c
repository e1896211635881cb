/* ResizeBicubic: each pixel from 4 x 4 around its position, by Keys' cubic
 *
 *   in      images [N,H,W,C] of any number type; size [2], int32
 *   out     y [N,size[0],size[1],C], float
 *   attr    align_corners: a = -0.75 and repeated edge pixels, as without attributes
 *           half_pixel_centers: a = -0.5; taps outside get no weight and the rest is scaled to 1
 *   exact   weights come from a table of 1024 steps, as TensorFlow's do; sums in float, in
 *           its order: down the columns first, then across
 *   source  TensorFlow op "ResizeBicubic"
 */
#include <math.h>
#include <string.h>

#include "ops/resize.h"

enum { STEPS = 1024 };

typedef struct Taps {
    int64_t at[4];
    float weight[4];
} Taps;

/* Weight at distance step / STEPS (up to 1), and one further away. */
static float near_weight(double a, long step)
{
    const float x = (float)step / STEPS;

    return (float)(((a + 2) * (double)x - (a + 3)) * (double)x * (double)x + 1);
}
static float far_weight(double a, long step)
{
    const float x = (float)step / STEPS + 1.0f;

    return (float)(((a * (double)x - 5 * a) * (double)x + 8 * a) * (double)x - 4 * a);
}

static int64_t bound(int64_t at, int64_t dim)
{
    return at < 0 ? 0 : at < dim ? at : dim - 1;
}

static Taps taps_at(const IoptResize *r, int64_t pixel, float scale, int64_t dim)
{
    const float position = iopt_resize_at(r, pixel, scale), below = floorf(position);
    const long step = lrintf((position - below) * STEPS);
    const double a = r->half_pixel ? -0.5 : -0.75;
    Taps taps = { .weight = { far_weight(a, step), near_weight(a, step),
                              near_weight(a, STEPS - step), far_weight(a, STEPS - step) } };
    float sum = 0;

    for (int i = 0; i < 4; i++) {
        const int64_t at = (int64_t)below - 1 + i;
        taps.at[i] = bound(at, dim);
        if (r->half_pixel && taps.at[i] != at)
            taps.weight[i] = 0;
        sum += taps.weight[i];
    }
    if (r->half_pixel && fabsf(sum) >= 1000 * 0x1p-126f)
        for (int i = 0; i < 4; i++)
            taps.weight[i] /= sum;
    return taps;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return iopt_resize_infer(node, in, IOPT_F32, &out[0], err);
}

static float weighted(const float *weight, const float *value)
{
    return weight[0] * value[0] + weight[1] * value[1] + weight[2] * value[2] +
           weight[3] * value[3];
}

/* One output pixel. */
static void interpolate(const IoptResize *r, const IoptTensor *x, int64_t n, const Taps *v,
                        const Taps *h, float *y)
{
    for (int64_t c = 0; c < r->channels; c++) {
        float column[4], value[4];
        for (int j = 0; j < 4; j++) {
            for (int i = 0; i < 4; i++)
                value[i] = (float)iopt_tensor_get_f64(
                    x, iopt_resize_pixel(r, n, v->at[i], h->at[j]) + (size_t)c);
            column[j] = weighted(v->weight, value);
        }
        y[c] = weighted(h->weight, column);
    }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptResize r = iopt_resize_of(node, in[0], out[0]);
    float *y = iopt_f32_mut(out[0]);

    (void)err;
    for (int64_t n = 0; n < r.n; n++)
        for (int64_t i = 0; i < r.out_h; i++) {
            const Taps v = taps_at(&r, i, r.scale_h, r.in_h);
            for (int64_t j = 0; j < r.out_w; j++, y += r.channels) {
                const Taps h = taps_at(&r, j, r.scale_w, r.in_w);
                interpolate(&r, in[0], n, &v, &h, y);
            }
        }
    return IOPT_OK;
}

const IoptOp iopt_op_resize_bicubic = {
    .name = "ResizeBicubic",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float double half bfloat16 uint8 int8 uint16 int16 int32 int64",
    .brief = "images in another size, cubic between pixels",
    .infer = infer,
    .eval = eval,
};
