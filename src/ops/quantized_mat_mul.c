/* QuantizedMatMul: product of matrices of codes
 *
 *   in      a [M,K], b [K,N], both quint8, or transposed by attribute; min and max of a, of b
 *   out     y [M,N], qint32, and its range
 *   attr    transpose_a, transpose_b
 *   formula y = sum of (a - zero_a) * (b - zero_b), modulo 2^32
 *   source  TensorFlow op "QuantizedMatMul"
 */
#include "ops/quantized.h"

/* A factor as rows and columns of the product, with the strides that transposition leaves. */
typedef struct Factor {
    int64_t rows, columns, row_stride, column_stride;
} Factor;

static Factor factor_of(const IoptNode *node, const IoptShape *shape, const char *transpose)
{
    const int64_t rows = iopt_dim_or_unknown(shape, 0), columns = iopt_dim_or_unknown(shape, 1);

    return iopt_attr_bool(node, transpose, false) ? (Factor){ columns, rows, 1, columns }
                                                  : (Factor){ rows, columns, columns, 1 };
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    if (!iopt_may_have_rank(&in[0], 2) || !iopt_may_have_rank(&in[1], 2) ||
        (in[1].dtype && in[1].dtype != IOPT_QU8))
        return iopt_bad_inputs(node, in, err, "two matrices of quint8");
    const Factor a = factor_of(node, &in[0].shape, "transpose_a");
    const Factor b = factor_of(node, &in[1].shape, "transpose_b");
    if (!iopt_dims_agree(a.columns, b.rows))
        return iopt_bad_inputs(node, in, err, "matrices that can be multiplied");
    IOPT_TRY(iopt_ranges_check(node, in, 2, 4, err));
    iopt_quantized_facts(out, IOPT_QI32, (IoptShape){ 2, { a.rows, b.columns } });
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptRange a_range = iopt_range_of(in, 2), b_range = iopt_range_of(in, 4);
    const uint32_t zero_a = (uint32_t)iopt_zero_code(IOPT_QU8, a_range);
    const uint32_t zero_b = (uint32_t)iopt_zero_code(IOPT_QU8, b_range);
    const Factor a = factor_of(node, &in[0]->shape, "transpose_a");
    const Factor b = factor_of(node, &in[1]->shape, "transpose_b");
    const uint8_t *const pa = in[0]->data, *const pb = in[1]->data;
    uint32_t *const y = out[0]->data;

    if (!(a_range.max > a_range.min) || !(b_range.max > b_range.min))
        return iopt_fail(err, IOPT_BAD_DATA, "QuantizedMatMul '%s': want ranges that are not empty",
                         node->name);
    for (int64_t i = 0; i < a.rows; i++)
        for (int64_t j = 0; j < b.columns; j++) {
            uint32_t sum = 0;
            for (int64_t k = 0; k < a.columns; k++)
                sum += (pa[i * a.row_stride + k * a.column_stride] - zero_a) *
                       (pb[k * b.row_stride + j * b.column_stride] - zero_b);
            y[i * b.columns + j] = sum;
        }
    iopt_range_put(out, 1, iopt_product_range(IOPT_QU8, a_range, IOPT_QU8, b_range));
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_mat_mul = {
    .name = "QuantizedMatMul",
    .n_in = 6,
    .n_out = 3,
    .dtypes = "quint8",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "product of matrices of codes",
    .infer = infer,
    .eval = eval,
};
