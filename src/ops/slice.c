/* Slice: a box cut out of x
 *
 *   in      x; begin and size, one int32 or int64 per dimension; size -1: up to the end
 *   out     y [size...]
 *   source  TensorFlow op "Slice"
 */
#include "ops/ints.h"
#include "ops/move.h"

/* One dimension of the result; -1 while it is not known; -2 if the box leaves x. */
static int64_t box_dim(int64_t dim, const int64_t *begin, const int64_t *size)
{
    if (begin && (*begin < 0 || (dim >= 0 && *begin > dim)))
        return -2;
    if (!size)
        return -1;
    if (*size < -1 || (dim >= 0 && *size > dim - (begin ? *begin : 0)))
        return -2;
    if (*size >= 0)
        return *size;
    return begin && dim >= 0 ? dim - *begin : -1;
}

static IoptStatus plan(const IoptNode *node, const IoptFact *in, IoptInts *begin, IoptShape *y,
                       IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    IoptInts size;

    IOPT_TRY(iopt_ints_vector(node, in, 1, "begin", begin, err));
    IOPT_TRY(iopt_ints_vector(node, in, 2, "size", &size, err));
    const int64_t rank = x->rank >= 0 ? x->rank : begin->count >= 0 ? begin->count : size.count;
    *y = iopt_shape_unknown();
    if (rank < 0)
        return IOPT_OK;
    if (rank > IOPT_MAX_RANK || !iopt_dims_agree(begin->count, rank) ||
        !iopt_dims_agree(size.count, rank))
        return iopt_bad_inputs(node, in, err, "begin and size for each dimension of x");
    y->rank = (int)rank;
    for (int i = 0; i < y->rank; i++) {
        const int64_t dim = iopt_dim_or_unknown(x, i);
        y->dim[i] =
            box_dim(dim, begin->known ? &begin->v[i] : NULL, size.known ? &size.v[i] : NULL);
        if (y->dim[i] == -2)
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "Slice '%s': begin %lld, size %lld leave dimension %d of %s",
                             node->name, begin->known ? (long long)begin->v[i] : 0,
                             size.known ? (long long)size.v[i] : -1, i, iopt_shape_text(x).s);
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts begin;

    out[0].dtype = iopt_input_type(node, in, "T");
    return plan(node, in, &begin, &out[0].shape, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    int64_t to[IOPT_MAX_RANK], from[IOPT_MAX_RANK], first = 0;
    IoptMove move = { 0 };
    IoptFact facts[3];
    IoptInts begin;
    IoptShape y;

    iopt_facts_of(in, 3, facts);
    IOPT_TRY(plan(node, facts, &begin, &y, err));
    iopt_shape_strides(&y, to);
    iopt_shape_strides(&in[0]->shape, from);
    for (int i = 0; i < y.rank; i++) {
        iopt_move_axis(&move, y.dim[i], to[i], from[i]);
        first += begin.v[i] * from[i];
    }
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, iopt_elem(in[0], first));
    return IOPT_OK;
}

const IoptOp iopt_op_slice = {
    .name = "Slice",
    .n_in = 3,
    .n_out = 1,
    .brief = "a box cut out of x",
    .infer = infer,
    .eval = eval,
};
