/* QuantizedBiasAdd: adds a number to each channel, all of it codes
 *
 *   in      x [..., C], bias [C], both quint8 or both qint8; min and max of x, of bias
 *   out     y, shape of x, qint32; its range: 2^17 times the larger of the two
 *   source  TensorFlow op "QuantizedBiasAdd"
 */
#include "ops/quantized.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    const int64_t channels = x->rank > 0 ? x->dim[x->rank - 1] : -1;

    if (x->rank == 0 || x->rank == 1 || !iopt_may_have_rank(&in[1], 1) ||
        !iopt_dims_agree(iopt_dim_or_unknown(&in[1].shape, 0), channels) || channels == 0 ||
        (in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype))
        return iopt_bad_inputs(node, in, err, "x [..., C], bias [C] of one type");
    IOPT_TRY(iopt_ranges_check(node, in, 2, 4, err));
    iopt_quantized_facts(out, IOPT_QI32, *x);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptRange x = iopt_range_of(in, 2), bias = iopt_range_of(in, 4);
    const IoptRange range = iopt_bias_range(x, bias);
    const IoptToReal real_x = iopt_to_real(in[0]->dtype, x);
    const IoptToReal real_bias = iopt_to_real(in[1]->dtype, bias);
    const IoptToCode code = iopt_to_code(IOPT_QI32, range);
    const uint64_t zero = (uint64_t)iopt_code_of(IOPT_QI32, 0, range);
    const size_t channels = iopt_elems(in[1]);
    int32_t *const y = out[0]->data;

    (void)node, (void)err;
    for (size_t i = 0; i < iopt_elems(in[0]); i++) {
        const float a = iopt_real(&real_x, iopt_tensor_get_i64(in[0], i));
        const float b = iopt_real(&real_bias, iopt_tensor_get_i64(in[1], i % channels));
        y[i] = iopt_wrap_i32((uint64_t)iopt_code(&code, a) + (uint64_t)iopt_code(&code, b) + zero);
    }
    iopt_range_put(out, 1, range);
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_bias_add = {
    .name = "QuantizedBiasAdd",
    .n_in = 6,
    .n_out = 3,
    .dtypes = "quint8 qint8",
    .brief = "adds a number to each channel of codes",
    .infer = infer,
    .eval = eval,
};
