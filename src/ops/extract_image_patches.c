/* ExtractImagePatches: each window of the image as one pixel with all its values
 *
 *   in      x [N,H,W,C]
 *   out     y [N,OH,OW,KH*KW*C], zeros outside the image
 *   attr    ksizes, strides, rates [1,h,w,1]; padding SAME or VALID
 *   source  TensorFlow op "ExtractImagePatches"
 */
#include <string.h>

#include "base/checked.h"
#include "ops/ints.h"
#include "ops/move.h"

/* One axis of the windows. */
typedef struct Axis {
    int64_t size, stride, rate; /* size: number of taps, `rate` pixels apart */
    int64_t in, out, before;    /* pixels in, windows, padding; -1 while not known */
} Axis;

static IoptStatus read_axis(const IoptNode *node, const char *name, int axis, int64_t *out,
                            IoptError *err)
{
    const int64_t *values;
    const size_t n = iopt_attr_ints(node, name, &values);

    if (n != 4 || values[0] != 1 || values[3] != 1 || values[axis] < 1 || values[axis] > INT32_MAX)
        return iopt_fail(err, IOPT_BAD_MODEL, "ExtractImagePatches '%s': want %s [1,h,w,1]",
                         node->name, name);
    *out = values[axis];
    return IOPT_OK;
}

static IoptStatus plan(const IoptNode *node, const IoptShape *x, Axis axes[2], IoptError *err)
{
    const char *const padding = iopt_attr_string(node, "padding", "");
    const bool same = strcmp(padding, "SAME") == 0;

    if (!same && strcmp(padding, "VALID") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "ExtractImagePatches '%s': want padding SAME or VALID; got '%s'",
                         node->name, padding);
    for (int i = 0; i < 2; i++) {
        Axis *const a = &axes[i];
        IOPT_TRY(read_axis(node, "ksizes", 1 + i, &a->size, err));
        IOPT_TRY(read_axis(node, "strides", 1 + i, &a->stride, err));
        IOPT_TRY(read_axis(node, "rates", 1 + i, &a->rate, err));
        a->in = iopt_dim_or_unknown(x, 1 + i);
        a->out = -1;
        a->before = 0;
        if (a->in < 0)
            continue;
        const int64_t reach = (a->size - 1) * a->rate + 1;
        a->out = same             ? (a->in + a->stride - 1) / a->stride
                 : a->in >= reach ? (a->in - reach) / a->stride + 1
                                  : 0;
        const int64_t missing = (a->out - 1) * a->stride + reach - a->in;
        a->before = same && missing > 0 ? missing / 2 : 0;
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    Axis axes[2];
    int64_t taps;

    if (!iopt_may_have_rank(&in[0], 4))
        return iopt_bad_inputs(node, in, err, "x [N,H,W,C]");
    IOPT_TRY(plan(node, x, axes, err));
    int64_t depth = iopt_dim_or_unknown(x, 3);
    if (!iopt_mul_i64(axes[0].size, axes[1].size, &taps) ||
        (depth >= 0 && !iopt_mul_i64(depth, taps, &depth)))
        return iopt_bad_inputs(node, in, err, "windows of a size that can be counted");
    out[0] =
        iopt_fact(iopt_input_type(node, in, "T"),
                  (IoptShape){ 4, { iopt_dim_or_unknown(x, 0), axes[0].out, axes[1].out, depth } });
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const int64_t *const x = in[0]->shape.dim;
    const size_t pixel = (size_t)x[3] * iopt_dtype_bytes(in[0]->dtype);
    char *y = out[0]->data;
    Axis a[2];

    IOPT_TRY(plan(node, &in[0]->shape, a, err));
    for (int64_t n = 0; pixel && n < x[0]; n++)
        for (int64_t at = 0; at < a[0].out * a[1].out; at++) {
            const int64_t top = at / a[1].out * a[0].stride - a[0].before;
            const int64_t left = at % a[1].out * a[1].stride - a[1].before;
            for (int64_t tap = 0; tap < a[0].size * a[1].size; tap++, y += pixel) {
                const int64_t h = top + tap / a[1].size * a[0].rate;
                const int64_t w = left + tap % a[1].size * a[1].rate;
                if (h >= 0 && h < x[1] && w >= 0 && w < x[2])
                    memcpy(y, iopt_elem(in[0], ((n * x[1] + h) * x[2] + w) * x[3]), pixel);
            }
        }
    return IOPT_OK;
}

const IoptOp iopt_op_extract_image_patches = {
    .name = "ExtractImagePatches",
    .n_in = 1,
    .n_out = 1,
    .brief = "each window of the image as one pixel",
    .infer = infer,
    .eval = eval,
};
