/* RequantizationRangePerChannel, RequantizePerChannel: requantization with a range per channel
 *
 *   in      x [..., C], qint32; input_min, input_max [C];  RequantizePerChannel also:
 *           requested_output_min, _max, one float each
 *   out     RequantizationRangePerChannel: output_min, output_max, symmetric, or from 0 if no code
 *           is below;  RequantizePerChannel: y, qint8 or quint8, and its range
 *   attr    clip_value_max, the limit of the range;  out_type
 *   exact   zero stays zero: y = round(x * scale), halves to even
 *   source  TensorFlow ops of these names (TensorFlow 2's, which follow oneDNN)
 */
#include <math.h>

#include "ops/quantized.h"

static IoptStatus check(const IoptNode *node, const IoptFact *in, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    const int64_t channels = x->rank > 0 ? x->dim[x->rank - 1] : -1;

    for (size_t i = 1; i < 3; i++)
        if (x->rank == 0 || !iopt_may_have_rank(&in[i], 1) ||
            (in[i].dtype && in[i].dtype != IOPT_F32) ||
            !iopt_dims_agree(iopt_dim_or_unknown(&in[i].shape, 0), channels))
            return iopt_bad_inputs(node, in, err, "x [..., C] and two vectors float[C]");
    return iopt_ranges_check(node, in, 3, node->n_in - 3, err);
}

/* What the greatest code of channel c stands for. */
static float magnitude(const IoptTensor *const *in, size_t c)
{
    return fmaxf(fabsf(iopt_f32(in[1])[c]), fabsf(iopt_f32(in[2])[c]));
}

static IoptStatus infer_range(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    out[0] = out[1] = iopt_fact(IOPT_F32, iopt_shape_scalar());
    return check(node, in, err);
}

static IoptStatus eval_range(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    const size_t channels = iopt_elems(in[1]);
    const float limit = iopt_attr_float(node, "clip_value_max", INFINITY);
    bool below_zero = false;
    float largest = 0;

    (void)err;
    for (size_t c = 0; c < channels; c++) {
        int64_t greatest = 0;
        for (size_t i = c; i < iopt_elems(in[0]); i += channels) {
            const int64_t code = iopt_tensor_get_i64(in[0], i), size = code < 0 ? -code : code;
            below_zero = below_zero || code < 0;
            greatest = size > greatest ? size : greatest;
        }
        largest = fmaxf(largest, magnitude(in, c) * (float)greatest / 0x1p31f);
    }
    largest = fminf(largest, limit);
    iopt_range_put(out, 0, (IoptRange){ below_zero ? -largest : 0, largest });
    return IOPT_OK;
}

static IoptStatus infer_codes(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    IOPT_TRY(iopt_requantized_facts(node, in[0].shape, out, err));
    return check(node, in, err);
}

static IoptStatus eval_codes(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    const IoptCodes codes = iopt_codes(out[0]->dtype);
    const IoptRange wanted = iopt_range_of(in, 3);
    const float full = fmaxf(fabsf(wanted.min), fabsf(wanted.max));
    const size_t channels = iopt_elems(in[1]);

    (void)node, (void)err;
    for (size_t c = 0; c < channels; c++) {
        const float scale = (float)codes.high * (magnitude(in, c) / full / 0x1p31f);
        for (size_t i = c; i < iopt_elems(in[0]); i += channels) {
            const float code = rintf((float)iopt_tensor_get_i64(in[0], i) * scale);
            const float low = (float)codes.low, high = (float)codes.high;
            iopt_tensor_set_f64(out[0], i, (double)(code < low ? low : code < high ? code : high));
        }
    }
    iopt_range_put(out, 1, wanted);
    return IOPT_OK;
}

const IoptOp iopt_op_requantization_range_per_channel = {
    .name = "RequantizationRangePerChannel",
    .n_in = 3,
    .n_out = 2,
    .dtypes = "qint32",
    .brief = "the range that codes with a range per channel take",
    .infer = infer_range,
    .eval = eval_range,
};

const IoptOp iopt_op_requantize_per_channel = {
    .name = "RequantizePerChannel",
    .n_in = 5,
    .n_out = 3,
    .dtypes = "qint32",
    .brief = "codes with a range per channel, with fewer bits",
    .infer = infer_codes,
    .eval = eval_codes,
};
