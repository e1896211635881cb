/* Split, SplitV: takes x apart along an axis, into equal parts or parts of given sizes
 *
 *   in      Split: axis, x;  SplitV: x, sizes [n] (one may be -1: what is left), axis
 *   out     n values
 *   attr    num_split = n
 *   source  TensorFlow ops "Split", "SplitV"
 */
#include <stdlib.h>

#include "ops/ints.h"
#include "ops/move.h"

/* The shape of x where only the rank is known of its parts. */
static void parts_unknown(const IoptNode *node, const IoptFact *x, IoptFact *out)
{
    for (size_t i = 0; i < iopt_node_n_out(node); i++)
        out[i] = iopt_fact(iopt_input_type(node, x, "T"),
                           x->shape.rank < 0 ? x->shape : iopt_shape_of_rank(x->shape.rank));
}

static IoptStatus infer_split(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    const int64_t n = (int64_t)iopt_node_n_out(node);
    IoptShape y = in[1].shape;
    int axis;

    parts_unknown(node, &in[1], out);
    if (y.rank < 0)
        return IOPT_OK;
    IOPT_TRY(iopt_ints_axis(node, in, 0, y.rank, &axis, err));
    if (axis < 0)
        return IOPT_OK;
    if (y.dim[axis] >= 0 && (n < 1 || y.dim[axis] % n != 0))
        return iopt_bad_inputs(node, in, err, "dimension %d divisible by num_split = %lld", axis,
                               (long long)n);
    y.dim[axis] = y.dim[axis] < 0 ? -1 : y.dim[axis] / n;
    for (int64_t i = 0; i < n; i++)
        out[i].shape = y;
    return IOPT_OK;
}

/* Checks the sizes (an int64 vector of n) against the dimension and fills in the -1. */
static IoptStatus settle_sizes(const IoptNode *node, int64_t dim, int64_t *sizes, int64_t n,
                               IoptError *err)
{
    int64_t sum = 0, open = -1;

    for (int64_t i = 0; i < n; i++) {
        if (sizes[i] < -1 || (sizes[i] == -1 && open >= 0) || sum > INT64_MAX / 2 ||
            sizes[i] > INT64_MAX / 2)
            return iopt_fail(err, IOPT_BAD_MODEL, "SplitV '%s': size %lld of part %lld", node->name,
                             (long long)sizes[i], (long long)i);
        if (sizes[i] < 0)
            open = i;
        else
            sum += sizes[i];
    }
    if (dim < 0)
        return IOPT_OK;
    if (open < 0 ? sum != dim : sum > dim)
        return iopt_fail(err, IOPT_BAD_MODEL, "SplitV '%s': parts of %lld in all for %lld",
                         node->name, (long long)sum, (long long)dim);
    if (open >= 0)
        sizes[open] = dim - sum;
    return IOPT_OK;
}

/* The sizes of known input 1, to be freed. */
static IoptStatus read_sizes(const IoptNode *node, const IoptFact *in, int64_t dim, int64_t **out,
                             IoptError *err)
{
    const size_t n = iopt_node_n_out(node);
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, n, sizeof(int64_t), err));
    for (size_t i = 0; i < n; i++)
        ((int64_t *)block)[i] = iopt_tensor_get_i64(in[1].value, i);
    const IoptStatus status = settle_sizes(node, dim, block, (int64_t)n, err);
    if (status != IOPT_OK) {
        free(block);
        return status;
    }
    *out = block;
    return IOPT_OK;
}

static IoptStatus infer_split_v(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    const size_t n = iopt_node_n_out(node);
    const int64_t want = (int64_t)n;
    const IoptShape want_sizes = iopt_shape(1, &want);
    IoptShape y = in[0].shape;
    int64_t *sizes;
    int axis;

    parts_unknown(node, &in[0], out);
    if (!iopt_shapes_agree(&in[1].shape, &want_sizes) ||
        (in[1].dtype && in[1].dtype != IOPT_I32 && in[1].dtype != IOPT_I64))
        return iopt_bad_inputs(node, in, err, "%zu integer sizes", n);
    if (y.rank < 0)
        return IOPT_OK;
    IOPT_TRY(iopt_ints_axis(node, in, 2, y.rank, &axis, err));
    if (axis < 0)
        return IOPT_OK;
    const int64_t dim = y.dim[axis];
    if (!in[1].value) {
        y.dim[axis] = n == 1 ? dim : -1;
        for (size_t i = 0; i < n; i++)
            out[i].shape = y;
        return IOPT_OK;
    }
    IOPT_TRY(read_sizes(node, in, dim, &sizes, err));
    for (size_t i = 0; i < n; i++) {
        y.dim[axis] = sizes[i];
        out[i].shape = y;
    }
    free(sizes);
    return IOPT_OK;
}

/* Copies the parts out of x; their sizes are those of the outputs. */
static IoptStatus take_apart(const IoptNode *node, const IoptTensor *x, int64_t wanted_axis,
                             IoptTensor *const *out, IoptError *err)
{
    int64_t outer = 1, inner = 1, at = 0;
    int axis;

    if (!iopt_axis(wanted_axis, x->shape.rank, &axis))
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': axis %lld of %d dimensions", node->op,
                         node->name, (long long)wanted_axis, x->shape.rank);
    for (int i = 0; i < x->shape.rank; i++)
        *(i < axis ? &outer : &inner) *= i == axis ? 1 : x->shape.dim[i];
    const int64_t row = x->shape.dim[axis] * inner;
    for (size_t i = 0; i < iopt_node_n_out(node); i++) {
        const int64_t part = out[i]->shape.dim[axis] * inner;
        const IoptMove move = { 2, { outer, part }, { part, 1 }, { row, 1 } };
        iopt_move_run(&move, iopt_dtype_bytes(x->dtype), out[i]->data, iopt_elem(x, at));
        at += part;
    }
    return IOPT_OK;
}

static IoptStatus eval_split(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    return take_apart(node, in[1], iopt_tensor_get_i64(in[0], 0), out, err);
}

static IoptStatus eval_split_v(const IoptNode *node, const IoptTensor *const *in,
                               IoptTensor *const *out, IoptError *err)
{
    return take_apart(node, in[0], iopt_tensor_get_i64(in[2], 0), out, err);
}

const IoptOp iopt_op_split = {
    .name = "Split",
    .n_in = 2,
    .n_out = IOPT_VARIADIC,
    .dtypes = "int32",
    .brief = "x in equal parts along an axis",
    .infer = infer_split,
    .eval = eval_split,
};

const IoptOp iopt_op_split_v = {
    .name = "SplitV",
    .n_in = 3,
    .n_out = IOPT_VARIADIC,
    .brief = "x in parts of given sizes along an axis",
    .infer = infer_split_v,
    .eval = eval_split_v,
};
