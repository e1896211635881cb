/* Gather, GatherV2: slices of x along an axis, chosen by index
 *
 *   in      x; indices of int32 or int64; GatherV2: axis, one int32 or int64
 *   out     y: x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis+1:]
 *   attr    batch_dims (GatherV2): leading dimensions that x and indices share
 *   source  TensorFlow ops "Gather" (axis 0), "GatherV2"
 */
#include "ops/ints.h"
#include "ops/move.h"

/* Axis and number of shared dimensions; *axis = -1 while it is not known. */
static IoptStatus read_axis(const IoptNode *node, const IoptFact *in, int *axis, int *batch_dims,
                            IoptError *err)
{
    const int x_rank = in[0].shape.rank, indices_rank = in[1].shape.rank;
    const int64_t batch = iopt_attr_int(node, "batch_dims", 0);

    *axis = *batch_dims = 0;
    if (node->n_in == 3)
        IOPT_TRY(iopt_ints_axis(node, in, 2, x_rank, axis, err));
    else if (x_rank < 1)
        return iopt_bad_inputs(node, in, err, "x of at least one dimension");
    /* -indices_rank .. indices_rank: unlike an axis, it may name them all. */
    if (batch < -(int64_t)indices_rank || batch > indices_rank)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': batch_dims %lld of %d dimensions", node->op,
                         node->name, (long long)batch, indices_rank);
    *batch_dims = (int)(batch < 0 ? batch + indices_rank : batch);
    if (*batch_dims >= x_rank || (*axis >= 0 && *batch_dims > *axis))
        return iopt_bad_inputs(node, in, err, "batch_dims %d at most the axis %d", *batch_dims,
                               *axis);
    for (int i = 0; i < *batch_dims; i++)
        if (!iopt_dims_agree(in[0].shape.dim[i], in[1].shape.dim[i]))
            return iopt_bad_inputs(node, in, err, "%d leading dimensions in common", *batch_dims);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape, *const indices = &in[1].shape;
    IoptShape y = iopt_shape_scalar();
    int axis, batch_dims;

    out[0].dtype = iopt_input_type(node, in, "Tparams");
    if (in[1].dtype && in[1].dtype != IOPT_I32 && in[1].dtype != IOPT_I64)
        return iopt_bad_inputs(node, in, err, "indices of int32 or int64");
    if (x->rank < 0 || indices->rank < 0)
        return IOPT_OK;
    IOPT_TRY(read_axis(node, in, &axis, &batch_dims, err));
    const int rank = x->rank - 1 + indices->rank - batch_dims;
    if (rank > IOPT_MAX_RANK)
        return iopt_bad_inputs(node, in, err, "at most %d dimensions in y", IOPT_MAX_RANK);
    for (int i = 0; i < axis; i++)
        iopt_shape_push(&y, i < batch_dims && x->dim[i] < 0 ? indices->dim[i] : x->dim[i]);
    for (int i = batch_dims; axis >= 0 && i < indices->rank; i++)
        iopt_shape_push(&y, indices->dim[i]);
    for (int i = axis + 1; axis >= 0 && i < x->rank; i++)
        iopt_shape_push(&y, x->dim[i]);
    out[0].shape = axis < 0 ? iopt_shape_of_rank(rank) : y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const x = &in[0]->shape;
    const size_t elem_bytes = iopt_dtype_bytes(in[0]->dtype);
    int64_t batch = 1, outer = 1, inner = 1, n_indices = 1;
    IoptFact facts[3];
    int axis, batch_dims;

    iopt_facts_of(in, node->n_in, facts);
    IOPT_TRY(read_axis(node, facts, &axis, &batch_dims, err));
    const int64_t limit = x->dim[axis];
    for (int i = 0; i < x->rank; i++)
        *(i < batch_dims ? &batch : i < axis ? &outer : &inner) *= i == axis ? 1 : x->dim[i];
    for (int i = batch_dims; i < in[1]->shape.rank; i++)
        n_indices *= in[1]->shape.dim[i];
    for (int64_t b = 0; b < batch; b++)
        for (int64_t i = 0; i < n_indices; i++) {
            const int64_t at = iopt_tensor_get_i64(in[1], (size_t)(b * n_indices + i));
            const IoptMove move = {
                2, { outer, inner }, { n_indices * inner, 1 }, { limit * inner, 1 }
            };
            if (at < 0 || at >= limit)
                return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': index %lld is not below %lld",
                                 node->op, node->name, (long long)at, (long long)limit);
            iopt_move_run(&move, elem_bytes,
                          iopt_elem_mut(out[0], (b * outer * n_indices + i) * inner),
                          iopt_elem(in[0], (b * outer * limit + at) * inner));
        }
    return IOPT_OK;
}

const IoptOp iopt_op_gather = {
    .name = "Gather",
    .n_in = 2,
    .n_out = 1,
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "rows of x by index",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_gather_v2 = {
    .name = "GatherV2",
    .n_in = 3,
    .n_out = 1,
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "slices of x along an axis by index",
    .infer = infer,
    .eval = eval,
};
