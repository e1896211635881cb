/* MatMul: y = a b
 *
 *   in      a [M, K], b [K, N]; attributes transpose_a, transpose_b: a [K, M], b [N, K]
 *   out     y [M, N]
 *   exact   sums in double, rounded once; integers wrap
 *   source  TensorFlow op "MatMul"
 */
#include "ops/matmul.h"

#include <stdlib.h>

#include "ops/conv.h"

static void sum_row(const IoptMatrixProduct *p, size_t a_at, size_t b_at, size_t row, double *sums)
{
    for (size_t j = 0; j < p->n; j++)
        sums[j] = 0;
    for (size_t k = 0; k < p->k; k++) {
        const double a =
            iopt_float_at(p->a, a_at + (p->transpose_a ? k * p->m + row : row * p->k + k));
        if (p->transpose_b)
            for (size_t j = 0; j < p->n; j++)
                sums[j] += a * iopt_float_at(p->b, b_at + j * p->k + k);
        else
            iopt_add_scaled(sums, p->b, b_at + k * p->n, p->n, a);
    }
}

static int64_t sum_integers(const IoptMatrixProduct *p, size_t a_at, size_t b_at, size_t row,
                            size_t column)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < p->k; k++)
        sum += (uint64_t)iopt_tensor_get_i64(
                   p->a, a_at + (p->transpose_a ? k * p->m + row : row * p->k + k)) *
               (uint64_t)iopt_tensor_get_i64(
                   p->b, b_at + (p->transpose_b ? column * p->k + k : k * p->n + column));
    return (int64_t)sum;
}

IoptStatus iopt_matrix_product(const IoptMatrixProduct *p, size_t a_at, size_t b_at, size_t y_at,
                               IoptError *err)
{
    void *sums;

    if (!iopt_dtype_is_float(p->a->dtype)) {
        for (size_t i = 0; i < p->m; i++)
            for (size_t j = 0; j < p->n; j++)
                iopt_tensor_set_i64(p->y, y_at + i * p->n + j, sum_integers(p, a_at, b_at, i, j));
        return IOPT_OK;
    }
    if (p->m == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&sums, p->n, sizeof(double), err));
    for (size_t i = 0; i < p->m; i++) {
        sum_row(p, a_at, b_at, i, sums);
        iopt_store_sums(p->y, y_at + i * p->n, 1, sums, p->n);
    }
    free(sums);
    return IOPT_OK;
}

IoptStatus iopt_matmul_infer(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    const IoptShape *const a = &in[0].shape, *const b = &in[1].shape;
    const int ta = iopt_attr_bool(node, "transpose_a", false);
    const int tb = iopt_attr_bool(node, "transpose_b", false);

    out[0].dtype = in[0].dtype ? in[0].dtype : in[1].dtype;
    if (in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype)
        return iopt_bad_inputs(node, in, err, "two matrices of one type");
    if ((a->rank >= 0 && a->rank != 2) || (b->rank >= 0 && b->rank != 2) ||
        (a->rank == 2 && b->rank == 2 && !iopt_dims_agree(a->dim[1 - ta], b->dim[tb])))
        return iopt_bad_inputs(node, in, err, "matrices a [%s], b [%s]", ta ? "K, M" : "M, K",
                               tb ? "N, K" : "K, N");
    out[0].shape = iopt_shape_scalar();
    iopt_shape_push(&out[0].shape, a->rank == 2 ? a->dim[ta] : -1);
    iopt_shape_push(&out[0].shape, b->rank == 2 ? b->dim[1 - tb] : -1);
    return IOPT_OK;
}

IoptStatus iopt_matmul_eval(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const bool ta = iopt_attr_bool(node, "transpose_a", false);
    const IoptMatrixProduct product = { .a = in[0],
                                        .b = in[1],
                                        .y = out[0],
                                        .m = (size_t)out[0]->shape.dim[0],
                                        .n = (size_t)out[0]->shape.dim[1],
                                        .k = (size_t)in[0]->shape.dim[ta ? 0 : 1],
                                        .transpose_a = ta,
                                        .transpose_b = iopt_attr_bool(node, "transpose_b", false) };

    return iopt_matrix_product(&product, 0, 0, 0, err);
}

double iopt_matmul_macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    const bool ta = iopt_attr_bool(node, "transpose_a", false);
    const int64_t depth = in[0].shape.rank == 2 ? in[0].shape.dim[ta ? 0 : 1] : 0;

    return depth > 0 ? iopt_known_elems(&out[0].shape) * (double)depth : 0;
}

const IoptOp iopt_op_matmul = { .name = "MatMul",
                                .n_in = 2,
                                .n_out = 1,
                                .dtypes = IOPT_FLOAT_TYPES " int32 int64",
                                .flags = IOPT_OP_HALF,
                                .brief = "y = a b",
                                .infer = iopt_matmul_infer,
                                .eval = iopt_matmul_eval,
                                .macs = iopt_matmul_macs };
