/* Transpose: y[i_perm[0], i_perm[1], ...] = x[i_0, i_1, ...];  ConjugateTranspose: conjugated too
 *
 *   in      x; perm [rank] of int32 or int64: dimension i of y is dimension perm[i] of x
 *   out     y
 *   source  TensorFlow ops "Transpose", "ConjugateTranspose"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus plan(const IoptNode *node, const IoptFact *in, IoptInts *perm, IoptShape *y,
                       IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    bool seen[IOPT_MAX_RANK] = { false };

    *y = iopt_shape_unknown();
    IOPT_TRY(iopt_ints_vector(node, in, 1, "perm", perm, err));
    const int64_t rank = x->rank >= 0 ? x->rank : perm->count;
    if (rank > IOPT_MAX_RANK || !iopt_dims_agree(perm->count, rank))
        return iopt_bad_inputs(node, in, err, "perm of as many values as x has dimensions");
    if (rank < 0)
        return IOPT_OK;
    *y = iopt_shape_of_rank((int)rank);
    if (perm->count < 0 || !perm->known)
        return IOPT_OK;
    for (int i = 0; i < y->rank; i++) {
        int axis;
        if (!iopt_axis(perm->v[i], y->rank, &axis) || seen[axis])
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "%s '%s': want a permutation of %d dimensions; value %d is %lld",
                             node->op, node->name, y->rank, i, (long long)perm->v[i]);
        seen[axis] = true;
        perm->v[i] = axis;
        y->dim[i] = iopt_dim_or_unknown(x, axis);
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts perm;

    out[0].dtype = iopt_input_type(node, in, "T");
    return plan(node, in, &perm, &out[0].shape, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    int64_t to[IOPT_MAX_RANK], from[IOPT_MAX_RANK];
    IoptMove move = { 0 };
    IoptFact facts[2];
    IoptInts perm;
    IoptShape y;

    iopt_facts_of(in, 2, facts);
    IOPT_TRY(plan(node, facts, &perm, &y, err));
    iopt_shape_strides(&y, to);
    iopt_shape_strides(&in[0]->shape, from);
    for (int i = 0; i < y.rank; i++)
        iopt_move_axis(&move, y.dim[i], to[i], from[perm.v[i]]);
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, in[0]->data);
    return IOPT_OK;
}

static IoptStatus eval_conjugate(const IoptNode *node, const IoptTensor *const *in,
                                 IoptTensor *const *out, IoptError *err)
{
    const size_t n = iopt_elems(out[0]);

    IOPT_TRY(eval(node, in, out, err));
    if (out[0]->dtype == IOPT_C64)
        for (size_t i = 0; i < n; i++)
            ((float *)out[0]->data)[2 * i + 1] *= -1.0f;
    if (out[0]->dtype == IOPT_C128)
        for (size_t i = 0; i < n; i++)
            ((double *)out[0]->data)[2 * i + 1] *= -1.0;
    return IOPT_OK;
}

const IoptOp iopt_op_transpose = {
    .name = "Transpose",
    .n_in = 2,
    .n_out = 1,
    .brief = "x with its dimensions permuted",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_conjugate_transpose = {
    .name = "ConjugateTranspose",
    .n_in = 2,
    .n_out = 1,
    .brief = "conj(x) with its dimensions permuted",
    .infer = infer,
    .eval = eval_conjugate,
};
