/* QuantizedBatchNormWithGlobalNormalization: scales and shifts each channel, all of it codes
 *
 *   in      x [N,H,W,C], mean, variance, beta, gamma [C], quint8, each followed by its min and max
 *   out     y, shape of x, qint32, in the range -2^20 .. 2^20
 *   attr    variance_epsilon, scale_after_normalization
 *   formula y = (x - mean) / sqrt(variance + epsilon) * gamma + beta
 *   exact   the bits of TensorFlow 1.15: products of codes wrap around, their division truncates
 *   source  TensorFlow op "QuantizedBatchNormWithGlobalNormalization"
 */
#include <math.h>

#include "ops/quantized_rows.h"

enum { X = 0, MEAN = 3, VARIANCE = 6, BETA = 9, GAMMA = 12 }; /* input slots */

static const IoptRange out_range = { -1048576.0f, 1048576.0f };

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[X].shape;

    if (!iopt_may_have_rank(&in[X], 4))
        return iopt_bad_inputs(node, in, err, "x [N,H,W,C]");
    for (size_t slot = X; slot <= GAMMA; slot += 3) {
        if ((in[slot].dtype && in[slot].dtype != IOPT_QU8) ||
            (slot != X && (!iopt_may_have_rank(&in[slot], 1) ||
                           !iopt_dims_agree(iopt_dim_or_unknown(&in[slot].shape, 0),
                                            iopt_dim_or_unknown(x, 3)))))
            return iopt_bad_inputs(node, in, err, "x [N,H,W,C] and four vectors [C] of quint8");
        IOPT_TRY(iopt_ranges_check(node, in, slot + 1, 2, err));
    }
    iopt_quantized_facts(out, IOPT_QI32, *x);
    return IOPT_OK;
}

static float parameter(const IoptTensor *const *in, size_t slot, size_t channel)
{
    return iopt_code_real(IOPT_QU8, iopt_tensor_get_i64(in[slot], channel),
                          iopt_range_of(in, slot + 1));
}

void iopt_quantized_batch_norm_rows(const IoptNode *node, const IoptTensor *const *in,
                                    IoptTensor *const *out, size_t begin, size_t end)
{
    const float epsilon = iopt_attr_float(node, "variance_epsilon", 0);
    const bool scales = iopt_attr_bool(node, "scale_after_normalization", false);
    const int32_t one = (int32_t)iopt_code_of(IOPT_QI32, 1, out_range);
    const IoptRange x_range = iopt_range_of(in, X + 1);
    const size_t channels = iopt_elems(in[MEAN]);
    const uint8_t *const x = in[X]->data;
    int32_t *const y = out[0]->data;
    int64_t wide[256];

    for (int code = 0; code < 256; code++)
        wide[code] = iopt_code_of(IOPT_QI32, iopt_code_real(IOPT_QU8, code, x_range), out_range);
    for (size_t c = 0; c < channels; c++) {
        float scale = 1.0f / sqrtf(parameter(in, VARIANCE, c) + epsilon);
        if (scales)
            scale *= parameter(in, GAMMA, c);
        const float offset = -parameter(in, MEAN, c) * scale + parameter(in, BETA, c);
        const int64_t scale_code = iopt_code_of(IOPT_QI32, scale, out_range);
        const int64_t offset_code = iopt_code_of(IOPT_QI32, offset, out_range);
        for (size_t i = begin * channels + c; i < end * channels; i += channels) {
            const int32_t product = iopt_wrap_i32((uint64_t)wide[x[i]] * (uint64_t)scale_code);
            y[i] = iopt_wrap_i32((uint64_t)(product / one) + (uint64_t)offset_code);
        }
    }
    if (begin == 0)
        iopt_range_put(out, 1, out_range);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t channels = iopt_elems(in[MEAN]);

    (void)err;
    iopt_quantized_batch_norm_rows(node, in, out, 0, channels ? iopt_elems(in[X]) / channels : 0);
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_batch_norm = {
    .name = "QuantizedBatchNormWithGlobalNormalization",
    .n_in = 15,
    .n_out = 3,
    .dtypes = "quint8",
    .brief = "scales and shifts each channel of codes",
    .infer = infer,
    .eval = eval,
};
