/* Products of matrices: what MatMul, BatchMatMul and ops that contain one share. */
#ifndef IOPT_OPS_MATMUL_H
#define IOPT_OPS_MATMUL_H

#include "ops/elementwise.h"

/* y [M, N] = a [M, K] b [K, N] for one pair of matrices, which start at element `a_at`, `b_at` and
 * `y_at`; a transposed one lies as [K, M] or [N, K]. */
typedef struct IoptMatrixProduct {
    const IoptTensor *a, *b;
    IoptTensor *y;
    size_t m, n, k;
    bool transpose_a, transpose_b;
} IoptMatrixProduct;

/* Sums in double (integers wrap); allocates one row of sums. */
IoptStatus iopt_matrix_product(const IoptMatrixProduct *p, size_t a_at, size_t b_at, size_t y_at,
                               IoptError *err);

/* MatMul's shape rule and result, for attributes transpose_a and transpose_b. */
IoptStatus iopt_matmul_infer(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err);
IoptStatus iopt_matmul_eval(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err);
double iopt_matmul_macs(const IoptNode *node, const IoptFact *in, const IoptFact *out);

#endif
