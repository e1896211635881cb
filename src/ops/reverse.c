/* Reverse, ReverseV2: x with some dimensions backwards
 *
 *   in      x; Reverse: a bool per dimension;  ReverseV2: the dimensions, int32 or int64
 *   out     y, shape of x
 *   source  TensorFlow ops "Reverse", "ReverseV2"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus infer_flags(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    const int64_t rank = in[0].shape.rank;

    if ((in[1].dtype && in[1].dtype != IOPT_BOOL) || !iopt_may_have_rank(&in[1], 1) ||
        (in[1].shape.rank == 1 && !iopt_dims_agree(in[1].shape.dim[0], rank)))
        return iopt_bad_inputs(node, in, err, "a bool for each dimension of x");
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), in[0].shape);
    return IOPT_OK;
}

/* Which dimensions a list of axes names. */
static IoptStatus read_axes(const IoptNode *node, const IoptFact *in, bool *backwards,
                            IoptError *err)
{
    IoptInts axes;

    IOPT_TRY(iopt_ints_vector(node, in, 1, "axis", &axes, err));
    for (int64_t i = 0; axes.known && in[0].shape.rank >= 0 && i < axes.count; i++) {
        int axis;
        if (!iopt_axis(axes.v[i], in[0].shape.rank, &axis) || backwards[axis])
            return iopt_fail(err, IOPT_BAD_MODEL, "ReverseV2 '%s': axis %lld of %d dimensions%s",
                             node->name, (long long)axes.v[i], in[0].shape.rank,
                             iopt_axis(axes.v[i], in[0].shape.rank, &axis) ? ", twice" : "");
        backwards[axis] = true;
    }
    return IOPT_OK;
}

static IoptStatus infer_axes(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    bool backwards[IOPT_MAX_RANK] = { false };

    out[0] = iopt_fact(iopt_input_type(node, in, "T"), in[0].shape);
    return read_axes(node, in, backwards, err);
}

static void reverse(const IoptTensor *x, const bool *backwards, IoptTensor *y)
{
    int64_t strides[IOPT_MAX_RANK], first = 0;
    IoptMove move = { 0 };

    iopt_shape_strides(&x->shape, strides);
    for (int i = 0; i < x->shape.rank; i++) {
        const int64_t dim = x->shape.dim[i];
        iopt_move_axis(&move, dim, strides[i], backwards[i] ? -strides[i] : strides[i]);
        first += backwards[i] ? (dim - 1) * strides[i] : 0;
    }
    if (y->bytes)
        iopt_move_run(&move, iopt_dtype_bytes(x->dtype), y->data, iopt_elem(x, first));
}

static IoptStatus eval_flags(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    bool backwards[IOPT_MAX_RANK] = { false };

    (void)node, (void)err;
    for (int i = 0; i < in[0]->shape.rank; i++)
        backwards[i] = iopt_tensor_get_i64(in[1], (size_t)i) != 0;
    reverse(in[0], backwards, out[0]);
    return IOPT_OK;
}

static IoptStatus eval_axes(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    bool backwards[IOPT_MAX_RANK] = { false };
    IoptFact facts[2];

    iopt_facts_of(in, 2, facts);
    IOPT_TRY(read_axes(node, facts, backwards, err));
    reverse(in[0], backwards, out[0]);
    return IOPT_OK;
}

const IoptOp iopt_op_reverse = {
    .name = "Reverse",
    .n_in = 2,
    .n_out = 1,
    .brief = "x with flagged dimensions backwards",
    .infer = infer_flags,
    .eval = eval_flags,
};

const IoptOp iopt_op_reverse_v2 = {
    .name = "ReverseV2",
    .n_in = 2,
    .n_out = 1,
    .brief = "x with listed dimensions backwards",
    .infer = infer_axes,
    .eval = eval_axes,
};
