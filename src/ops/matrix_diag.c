/* MatrixDiag, MatrixDiagPart: vectors as diagonals of matrices, and back;  MatrixBandPart: a band
 * around the diagonal;  Diag, DiagPart: the same for whole tensors
 *
 *   in      MatrixDiag [..., n];  MatrixDiagPart, MatrixBandPart [..., m, n]
 *           MatrixBandPart also: num_lower, num_upper, one integer each; negative: everything
 *           Diag [d1, ...];  DiagPart [d1, ..., d1, ...]
 *   out     MatrixDiag [..., n, n];  MatrixDiagPart [..., min(m, n)];  Diag [d1, ..., d1, ...]; ...
 *   source  TensorFlow ops of these names
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus infer_matrix_diag(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                    IoptError *err)
{
    IoptShape y = in[0].shape;

    if (y.rank == 0 || y.rank == IOPT_MAX_RANK)
        return iopt_bad_inputs(node, in, err, "a vector or more");
    if (y.rank > 0)
        iopt_shape_push(&y, y.dim[y.rank - 1]);
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), y);
    return IOPT_OK;
}

static IoptStatus infer_matrix_diag_part(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                         IoptError *err)
{
    IoptShape y = in[0].shape;

    if (y.rank == 0 || y.rank == 1)
        return iopt_bad_inputs(node, in, err, "a matrix or more");
    if (y.rank > 0) {
        const int64_t m = y.dim[y.rank - 2], n = y.dim[y.rank - 1];
        y.dim[--y.rank - 1] = m < 0 || n < 0 ? -1 : m < n ? m : n;
    }
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), y);
    return IOPT_OK;
}

/* Between diagonals [..., k] and matrices [..., m, n] that begin at the same element. */
static void move_diagonals(const IoptTensor *matrices, const IoptTensor *diagonals,
                           bool to_matrices)
{
    const int rank = matrices->shape.rank;
    const int64_t m = matrices->shape.dim[rank - 2], n = matrices->shape.dim[rank - 1];
    const int64_t k = diagonals->shape.dim[rank - 2];
    IoptMove move = { 0 };

    if (k == 0)
        return;
    const int64_t count = (int64_t)iopt_elems(diagonals) / k;
    iopt_move_axis(&move, count, to_matrices ? m * n : k, to_matrices ? k : m * n);
    iopt_move_axis(&move, k, to_matrices ? n + 1 : 1, to_matrices ? 1 : n + 1);
    iopt_move_run(&move, iopt_dtype_bytes(matrices->dtype),
                  to_matrices ? matrices->data : diagonals->data,
                  to_matrices ? diagonals->data : matrices->data);
}

static IoptStatus eval_matrix_diag(const IoptNode *node, const IoptTensor *const *in,
                                   IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    move_diagonals(out[0], in[0], true);
    return IOPT_OK;
}

static IoptStatus eval_matrix_diag_part(const IoptNode *node, const IoptTensor *const *in,
                                        IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    move_diagonals(in[0], out[0], false);
    return IOPT_OK;
}

static IoptStatus infer_band(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    IoptInts lower, upper;

    if (in[0].shape.rank == 0 || in[0].shape.rank == 1)
        return iopt_bad_inputs(node, in, err, "a matrix or more");
    IOPT_TRY(iopt_ints_scalar(node, in, 1, "num_lower", &lower, err));
    IOPT_TRY(iopt_ints_scalar(node, in, 2, "num_upper", &upper, err));
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval_band(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const IoptShape *const x = &in[0]->shape;
    const int64_t m = x->dim[x->rank - 2], n = x->dim[x->rank - 1];
    const int64_t lower = iopt_tensor_get_i64(in[1], 0), upper = iopt_tensor_get_i64(in[2], 0);
    const size_t elem_bytes = iopt_dtype_bytes(in[0]->dtype);

    if (lower > m || upper > n)
        return iopt_fail(err, IOPT_BAD_DATA, "MatrixBandPart '%s': band of %lld and %lld in %s",
                         node->name, (long long)lower, (long long)upper, iopt_shape_text(x).s);
    const int64_t rows = n == 0 ? 0 : (int64_t)iopt_elems(in[0]) / n;
    for (int64_t row = 0; row < rows; row++) {
        const int64_t i = row % m;
        const int64_t first = lower < 0 || i < lower ? 0 : i - lower;
        const int64_t last = upper < 0 || upper > n - 1 - i ? n - 1 : i + upper;
        const IoptMove move = { 1, { last >= first ? last - first + 1 : 0 }, { 1 }, { 1 } };
        iopt_move_run(&move, elem_bytes, iopt_elem_mut(out[0], row * n + first),
                      iopt_elem(in[0], row * n + first));
    }
    return IOPT_OK;
}

static IoptStatus infer_diag(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    IoptShape y = in[0].shape;

    if (y.rank == 0 || y.rank > IOPT_MAX_RANK / 2)
        return iopt_bad_inputs(node, in, err, "1 to %d dimensions", IOPT_MAX_RANK / 2);
    for (int i = 0, rank = y.rank; i < rank; i++)
        iopt_shape_push(&y, y.dim[i]);
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), y);
    return IOPT_OK;
}

static IoptStatus infer_diag_part(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                  IoptError *err)
{
    IoptShape y = in[0].shape;
    const int half = y.rank / 2;

    for (int i = 0; i < half; i++) {
        if (!iopt_dims_agree(y.dim[i], y.dim[half + i]))
            return iopt_bad_inputs(node, in, err, "the same dimensions twice");
        y.dim[i] = y.dim[i] < 0 ? y.dim[half + i] : y.dim[i];
    }
    if (y.rank == 0 || y.rank % 2 == 1)
        return iopt_bad_inputs(node, in, err, "the same dimensions twice");
    if (y.rank > 0)
        y.rank = half;
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), y);
    return IOPT_OK;
}

static IoptStatus eval_diag(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    const int64_t n = (int64_t)iopt_elems(in[0]);
    const IoptMove move = { 1, { n }, { n + 1 }, { 1 } };

    (void)node, (void)err;
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, in[0]->data);
    return IOPT_OK;
}

static IoptStatus eval_diag_part(const IoptNode *node, const IoptTensor *const *in,
                                 IoptTensor *const *out, IoptError *err)
{
    const int64_t n = (int64_t)iopt_elems(out[0]);
    const IoptMove move = { 1, { n }, { 1 }, { n + 1 } };

    (void)node, (void)err;
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, in[0]->data);
    return IOPT_OK;
}

const IoptOp iopt_op_matrix_diag = {
    .name = "MatrixDiag",
    .n_in = 1,
    .n_out = 1,
    .brief = "vectors as diagonals of matrices",
    .infer = infer_matrix_diag,
    .eval = eval_matrix_diag,
};

const IoptOp iopt_op_matrix_diag_part = {
    .name = "MatrixDiagPart",
    .n_in = 1,
    .n_out = 1,
    .brief = "the diagonals of matrices",
    .infer = infer_matrix_diag_part,
    .eval = eval_matrix_diag_part,
};

const IoptOp iopt_op_matrix_band_part = {
    .name = "MatrixBandPart",
    .n_in = 3,
    .n_out = 1,
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "a band around the diagonal, zeros elsewhere",
    .infer = infer_band,
    .eval = eval_band,
};

const IoptOp iopt_op_diag = {
    .name = "Diag",
    .n_in = 1,
    .n_out = 1,
    .brief = "x as the diagonal of a tensor of twice its rank",
    .infer = infer_diag,
    .eval = eval_diag,
};

const IoptOp iopt_op_diag_part = {
    .name = "DiagPart",
    .n_in = 1,
    .n_out = 1,
    .brief = "the diagonal of a tensor of even rank",
    .infer = infer_diag_part,
    .eval = eval_diag_part,
};
