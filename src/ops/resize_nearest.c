/* ResizeNearestNeighbor: each pixel from the one at its position
 *
 *   in      images [N,H,W,C] of any number type; size [2], int32
 *   out     y [N,size[0],size[1],C], type of images
 *   attr    align_corners (rounds to the nearest, halves away from zero), half_pixel_centers;
 *           neither: rounds down
 *   source  TensorFlow op "ResizeNearestNeighbor"
 */
#include <math.h>
#include <string.h>

#include "ops/move.h"
#include "ops/resize.h"

static int64_t source_pixel(const IoptResize *r, int64_t at, float scale, int64_t dim)
{
    const float position = r->half_pixel ? ((float)at + 0.5f) * scale : (float)at * scale;
    const int64_t nearest = (int64_t)(r->align_corners ? roundf(position) : floorf(position));

    return nearest < 0 ? 0 : nearest < dim ? nearest : dim - 1;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    return iopt_resize_infer(node, in, iopt_input_type(node, in, "T"), &out[0], err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptResize r = iopt_resize_of(node, in[0], out[0]);
    const size_t pixel_bytes = (size_t)r.channels * iopt_dtype_bytes(in[0]->dtype);
    char *y = out[0]->data;

    (void)err;
    for (int64_t n = 0; pixel_bytes && n < r.n; n++)
        for (int64_t i = 0; i < r.out_h; i++) {
            const int64_t row = source_pixel(&r, i, r.scale_h, r.in_h);
            for (int64_t j = 0; j < r.out_w; j++, y += pixel_bytes) {
                const int64_t column = source_pixel(&r, j, r.scale_w, r.in_w);
                memcpy(y, iopt_elem(in[0], (int64_t)iopt_resize_pixel(&r, n, row, column)),
                       pixel_bytes);
            }
        }
    return IOPT_OK;
}

const IoptOp iopt_op_resize_nearest = {
    .name = "ResizeNearestNeighbor",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float double half bfloat16 uint8 int8 uint16 int16 int32 int64",
    .brief = "images in another size, nearest pixel",
    .infer = infer,
    .eval = eval,
};
