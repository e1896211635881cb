/* RGBToHSV, HSVToRGB; AdjustHue, AdjustSaturation: by way of HSV;  AdjustContrastv2: around the
 * mean
 *
 *   in      images [..., 3], values in 0 .. 1;  AdjustHue: delta, AdjustSaturation: factor, scalars
 *           AdjustContrastv2: images [..., H, W, C], factor
 *   out     y, shape of images; hue, saturation and value in 0 .. 1
 *   formula v = max, s = (max - min) / max, h by the sector of the largest channel
 *           contrast: (x - mean) * factor + mean, mean over H and W of each image and channel
 *   source  TensorFlow ops of these names
 */
#include <math.h>

#include "ops/ints.h"

typedef struct Color {
    float a, b, c; /* r, g, b or h, s, v */
} Color;

static Color hsv_of(Color rgb)
{
    const float v = fmaxf(rgb.a, fmaxf(rgb.b, rgb.c));
    const float range = v - fminf(rgb.a, fminf(rgb.b, rgb.c));
    const float s = v > 0 ? range / v : 0, norm = range > 0 ? 1.0f / (6.0f * range) : 0;
    float h = rgb.a == v   ? norm * (rgb.b - rgb.c)
              : rgb.b == v ? norm * (rgb.c - rgb.a) + 2.0f / 6.0f
                           : norm * (rgb.a - rgb.b) + 4.0f / 6.0f;

    if (!(range > 0))
        h = 0;
    return (Color){ h < 0 ? h + 1.0f : h, s, v };
}

/* One channel from its place on the color wheel. */
static float channel(float wheel, Color hsv)
{
    const float full = wheel < 0 ? 0 : wheel > 1 ? 1 : wheel;

    return (1.0f - hsv.b + hsv.b * full) * hsv.c;
}

static Color rgb_of(Color hsv)
{
    const float h = hsv.a * 6.0f;

    return (Color){ channel(fabsf(h - 3.0f) - 1.0f, hsv), channel(2.0f - fabsf(h - 2.0f), hsv),
                    channel(2.0f - fabsf(h - 4.0f), hsv) };
}

static IoptStatus infer_color(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    const IoptShape *const x = &in[0].shape;

    if (x->rank == 0 || (x->rank > 0 && !iopt_dims_agree(x->dim[x->rank - 1], 3)) ||
        (node->n_in > 1 && !iopt_may_have_rank(&in[1], 0)))
        return iopt_bad_inputs(node, in, err, "images [..., 3]%s",
                               node->n_in > 1 ? " and a scalar" : "");
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), *x);
    return IOPT_OK;
}

static Color to_hsv(Color x, float parameter)
{
    (void)parameter;
    return hsv_of(x);
}
static Color to_rgb(Color x, float parameter)
{
    (void)parameter;
    return rgb_of(x);
}
static Color adjust_hue(Color x, float delta)
{
    Color hsv = hsv_of(x);

    hsv.a += delta;
    hsv.a -= floorf(hsv.a);
    return rgb_of(hsv);
}
static Color adjust_saturation(Color x, float factor)
{
    Color hsv = hsv_of(x);

    hsv.b = fminf(1.0f, fmaxf(0.0f, hsv.b * factor));
    return rgb_of(hsv);
}

static void for_each_color(const IoptTensor *const *in, float parameter, IoptTensor *out,
                           Color (*convert)(Color x, float parameter))
{
    for (size_t i = 0; i + 2 < iopt_elems(out); i += 3) {
        const Color x = { (float)iopt_tensor_get_f64(in[0], i),
                          (float)iopt_tensor_get_f64(in[0], i + 1),
                          (float)iopt_tensor_get_f64(in[0], i + 2) };
        const Color y = convert(x, parameter);
        iopt_tensor_set_f64(out, i, (double)y.a);
        iopt_tensor_set_f64(out, i + 1, (double)y.b);
        iopt_tensor_set_f64(out, i + 2, (double)y.c);
    }
}

static IoptStatus eval_rgb_to_hsv(const IoptNode *node, const IoptTensor *const *in,
                                  IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    for_each_color(in, 0, out[0], to_hsv);
    return IOPT_OK;
}

static IoptStatus eval_hsv_to_rgb(const IoptNode *node, const IoptTensor *const *in,
                                  IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    for_each_color(in, 0, out[0], to_rgb);
    return IOPT_OK;
}

static IoptStatus eval_adjust_hue(const IoptNode *node, const IoptTensor *const *in,
                                  IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    for_each_color(in, (float)iopt_tensor_get_f64(in[1], 0), out[0], adjust_hue);
    return IOPT_OK;
}

static IoptStatus eval_adjust_saturation(const IoptNode *node, const IoptTensor *const *in,
                                         IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    for_each_color(in, (float)iopt_tensor_get_f64(in[1], 0), out[0], adjust_saturation);
    return IOPT_OK;
}

static IoptStatus infer_contrast(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                 IoptError *err)
{
    if ((in[0].shape.rank >= 0 && in[0].shape.rank < 3) || !iopt_may_have_rank(&in[1], 0))
        return iopt_bad_inputs(node, in, err, "images [..., H, W, C] and a scalar");
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval_contrast(const IoptNode *node, const IoptTensor *const *in,
                                IoptTensor *const *out, IoptError *err)
{
    const IoptShape *const x = &in[0]->shape;
    const size_t channels = (size_t)x->dim[x->rank - 1];
    const size_t image = (size_t)(x->dim[x->rank - 3] * x->dim[x->rank - 2]) * channels;
    const float factor = *iopt_f32(in[1]);

    (void)node, (void)err;
    for (size_t first = 0; image && first < iopt_elems(in[0]); first += image)
        for (size_t c = 0; c < channels; c++) {
            double sum = 0;
            for (size_t i = c; i < image; i += channels)
                sum += (double)iopt_f32(in[0])[first + i];
            const float mean = (float)(sum / (double)(image / channels));
            for (size_t i = first + c; i < first + image; i += channels)
                iopt_f32_mut(out[0])[i] = (iopt_f32(in[0])[i] - mean) * factor + mean;
        }
    return IOPT_OK;
}

const IoptOp iopt_op_rgb_to_hsv = {
    .name = "RGBToHSV",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "float double half bfloat16",
    .flags = IOPT_OP_HALF,
    .brief = "hue, saturation and value of colors",
    .infer = infer_color,
    .eval = eval_rgb_to_hsv,
};

const IoptOp iopt_op_hsv_to_rgb = {
    .name = "HSVToRGB",
    .n_in = 1,
    .n_out = 1,
    .dtypes = "float double half bfloat16",
    .flags = IOPT_OP_HALF,
    .brief = "colors from hue, saturation and value",
    .infer = infer_color,
    .eval = eval_hsv_to_rgb,
};

const IoptOp iopt_op_adjust_hue = {
    .name = "AdjustHue",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float half",
    .flags = IOPT_OP_HALF,
    .brief = "turns the hue of colors",
    .infer = infer_color,
    .eval = eval_adjust_hue,
};

const IoptOp iopt_op_adjust_saturation = {
    .name = "AdjustSaturation",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float half",
    .flags = IOPT_OP_HALF,
    .brief = "scales the saturation of colors",
    .infer = infer_color,
    .eval = eval_adjust_saturation,
};

const IoptOp iopt_op_adjust_contrast_v2 = {
    .name = "AdjustContrastv2",
    .n_in = 2,
    .n_out = 1,
    .dtypes = "float half",
    .flags = IOPT_OP_HALF,
    .brief = "scales the distance to the mean of each channel",
    .infer = infer_contrast,
    .eval = eval_contrast,
};
