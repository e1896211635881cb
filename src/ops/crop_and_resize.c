/* CropAndResize: boxes cut out of images, each resized to one size
 *
 *   in      images [N,H,W,C]; boxes [B,4]: y1, x1, y2, x2 in units of (size - 1), any order;
 *           box_ind [B], the image of each box; crop_size [2], int32
 *   out     y [B,crop_size[0],crop_size[1],C], float
 *   attr    method "bilinear" or "nearest"; extrapolation_value for what lies outside the image
 *   exact   every step in float, in TensorFlow's order
 *   source  TensorFlow op "CropAndResize"
 */
#include <math.h>
#include <string.h>

#include "ops/ints.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const char *const method = iopt_attr_string(node, "method", "bilinear");
    const IoptShape *const boxes = &in[1].shape, *const indices = &in[2].shape;
    IoptInts size;

    IOPT_TRY(iopt_ints_vector(node, in, 3, "crop_size", &size, err));
    if (!iopt_may_have_rank(&in[0], 4) || !iopt_may_have_rank(&in[1], 2) ||
        !iopt_may_have_rank(&in[2], 1) || !iopt_dims_agree(size.count, 2) ||
        (boxes->rank == 2 && !iopt_dims_agree(boxes->dim[1], 4)) ||
        !iopt_dims_agree(iopt_dim_or_unknown(boxes, 0), iopt_dim_or_unknown(indices, 0)) ||
        (in[1].dtype && in[1].dtype != IOPT_F32) || (in[2].dtype && in[2].dtype != IOPT_I32))
        return iopt_bad_inputs(
            node, in, err, "images [N,H,W,C], boxes float[B,4], box_ind int32[B], crop_size [2]");
    if (strcmp(method, "bilinear") != 0 && strcmp(method, "nearest") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "CropAndResize '%s': unknown method '%s'", node->name,
                         method);
    if (size.known && (size.v[0] < 1 || size.v[1] < 1))
        return iopt_fail(err, IOPT_BAD_MODEL, "CropAndResize '%s': crop_size [%lld,%lld]",
                         node->name, (long long)size.v[0], (long long)size.v[1]);
    const int64_t n = iopt_dim_or_unknown(boxes, 0);
    out[0] =
        iopt_fact(IOPT_F32, (IoptShape){ 4,
                                         { n < 0 ? iopt_dim_or_unknown(indices, 0) : n,
                                           size.known ? size.v[0] : -1, size.known ? size.v[1] : -1,
                                           iopt_dim_or_unknown(&in[0].shape, 3) } });
    return IOPT_OK;
}

/* Position of crop pixel `at` on an axis of `dim` pixels. */
static float position(float from, float to, int64_t at, int64_t crop, int64_t dim)
{
    const float last = (float)(dim - 1);

    if (crop <= 1)
        return (float)(0.5 * (double)(from + to) * (double)last);
    return from * last + (float)at * ((to - from) * last / (float)(crop - 1));
}

typedef struct Image {
    const IoptTensor *tensor;
    int64_t n, h, w, channels;
} Image;

static float load(const Image *image, float y, float x, int64_t c)
{
    const int64_t at =
        ((image->n * image->h + (int64_t)y) * image->w + (int64_t)x) * image->channels + c;

    return (float)iopt_tensor_get_f64(image->tensor, (size_t)at);
}

static float bilinear(const Image *image, float y, float x, int64_t c)
{
    const float top = floorf(y), bottom = ceilf(y), left = floorf(x), right = ceilf(x);
    const float dy = y - top, dx = x - left;
    const float tl = load(image, top, left, c), tr = load(image, top, right, c);
    const float bl = load(image, bottom, left, c), br = load(image, bottom, right, c);
    const float above = tl + (tr - tl) * dx, below = bl + (br - bl) * dx;

    return above + (below - above) * dy;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool nearest = strcmp(iopt_attr_string(node, "method", "bilinear"), "nearest") == 0;
    const float outside = iopt_attr_float(node, "extrapolation_value", 0);
    const int64_t *const x = in[0]->shape.dim, *const y = out[0]->shape.dim;
    Image image = { in[0], 0, x[1], x[2], x[3] };
    float *to = iopt_f32_mut(out[0]);

    for (int64_t b = 0; b < y[0]; b++) {
        const float *const box = iopt_f32(in[1]) + b * 4;
        image.n = iopt_i32(in[2])[b];
        if (image.n < 0 || image.n >= x[0])
            return iopt_fail(err, IOPT_BAD_DATA, "CropAndResize '%s': image %lld of %lld",
                             node->name, (long long)image.n, (long long)x[0]);
        for (int64_t i = 0; i < y[1]; i++)
            for (int64_t j = 0; j < y[2]; j++) {
                const float v = position(box[0], box[2], i, y[1], image.h);
                const float h = position(box[1], box[3], j, y[2], image.w);
                const bool inside =
                    v >= 0 && v <= (float)(image.h - 1) && h >= 0 && h <= (float)(image.w - 1);
                for (int64_t c = 0; c < image.channels; c++)
                    *to++ = !inside   ? outside
                            : nearest ? load(&image, roundf(v), roundf(h), c)
                                      : bilinear(&image, v, h, c);
            }
    }
    return IOPT_OK;
}

const IoptOp iopt_op_crop_and_resize = {
    .name = "CropAndResize",
    .n_in = 4,
    .n_out = 1,
    .dtypes = "float double half uint8 int8 uint16 int16 int32 int64",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "boxes cut out of images and resized",
    .infer = infer,
    .eval = eval,
};
