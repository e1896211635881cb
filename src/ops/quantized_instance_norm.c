/* QuantizedInstanceNorm: each channel of each image brought to mean 0 and variance 1
 *
 *   in      x [N,H,W,C], quint8; its min and max
 *   out     y, shape of x, quint8, and its range: given by attributes or found
 *   attr    output_range_given, given_y_min, given_y_max, variance_epsilon, min_separation (the
 *           least width of a range that is found)
 *   exact   sums in double; TensorFlow's order of summation is not defined
 *   source  TensorFlow op "QuantizedInstanceNorm"
 */
#include <math.h>

#include "ops/quantized.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    if (!iopt_may_have_rank(&in[0], 4))
        return iopt_bad_inputs(node, in, err, "x [N,H,W,C]");
    IOPT_TRY(iopt_ranges_check(node, in, 1, 2, err));
    iopt_quantized_facts(out, IOPT_QU8, in[0].shape);
    return IOPT_OK;
}

/* y = (code - mean) * factor for one channel of one image. */
typedef struct Norm {
    float mean, step, factor;
} Norm;

static float normalized(const Norm *norm, uint8_t code)
{
    return norm->step * ((float)code - norm->mean) * norm->factor;
}

/* `x` points to the channel's first code. */
static Norm norm_of(const uint8_t *x, size_t pixels, size_t channels, float step, float epsilon)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < pixels; i++)
        sum += x[i * channels];
    const float mean = (float)(sum / (double)pixels);
    for (size_t i = 0; i < pixels; i++) {
        const double d = (double)step * ((double)x[i * channels] - (double)mean);
        squares += d * d;
    }
    const float variance = (float)(squares / (double)pixels);
    return (Norm){ mean, step, 1.0f / sqrtf(variance + epsilon) };
}

/* Calls for each channel of each image: pass 1 widens `range`, pass 2 (with `y`) writes codes. */
static void run(const IoptNode *node, const IoptTensor *x, IoptRange in_range, IoptRange *range,
                uint8_t *y)
{
    const float epsilon = iopt_attr_float(node, "variance_epsilon", 1e-5f);
    const float step = (in_range.max - in_range.min) / 255.0f;
    const size_t channels = (size_t)x->shape.dim[3];
    const size_t pixels = (size_t)(x->shape.dim[1] * x->shape.dim[2]);
    const IoptToCode code = iopt_to_code(IOPT_QU8, *range);
    const size_t image = pixels * channels;

    for (size_t first = 0; image && first < iopt_elems(x); first += image)
        for (size_t c = 0; c < channels; c++) {
            const uint8_t *const at = (const uint8_t *)x->data + first + c;
            const Norm norm = norm_of(at, pixels, channels, step, epsilon);
            for (size_t i = 0; i < image; i += channels) {
                const float value = normalized(&norm, at[i]);
                if (y)
                    y[first + c + i] = (uint8_t)iopt_code(&code, value);
                else
                    *range = (IoptRange){ fminf(range->min, value), fmaxf(range->max, value) };
            }
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const float separation = iopt_attr_float(node, "min_separation", 1e-3f);
    const IoptRange in_range = iopt_range_of(in, 1);
    IoptRange range = { iopt_attr_float(node, "given_y_min", 0),
                        iopt_attr_float(node, "given_y_max", 0) };

    (void)err;
    if (!iopt_attr_bool(node, "output_range_given", false)) {
        range = (IoptRange){ INFINITY, -INFINITY };
        run(node, in[0], in_range, &range, NULL);
        if (range.max - range.min < separation)
            range.max = range.min + separation;
    }
    run(node, in[0], in_range, &range, out[0]->data);
    iopt_range_put(out, 1, range);
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_instance_norm = {
    .name = "QuantizedInstanceNorm",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "quint8",
    .brief = "each channel of codes brought to mean 0 and variance 1",
    .infer = infer,
    .eval = eval,
};
