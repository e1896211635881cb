/* Tile: x repeated along its dimensions
 *
 *   in      x; multiples [rank] of int32 or int64
 *   out     y, dimension i being multiples[i] times that of x
 *   source  TensorFlow op "Tile"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus plan(const IoptNode *node, const IoptFact *in, IoptInts *multiples, IoptShape *y,
                       IoptError *err)
{
    const IoptShape *const x = &in[0].shape;

    *y = iopt_shape_unknown();
    IOPT_TRY(iopt_ints_vector(node, in, 1, "multiples", multiples, err));
    const int64_t rank = x->rank >= 0 ? x->rank : multiples->count;
    if (rank > IOPT_MAX_RANK || !iopt_dims_agree(multiples->count, rank))
        return iopt_bad_inputs(node, in, err, "multiples of as many values as x has dimensions");
    if (rank < 0)
        return IOPT_OK;
    *y = iopt_shape_of_rank((int)rank);
    for (int i = 0; multiples->known && i < y->rank; i++) {
        const int64_t dim = iopt_dim_or_unknown(x, i), times = multiples->v[i];
        if (times < 0 || (dim > 0 && times > INT64_MAX / dim))
            return iopt_fail(err, IOPT_BAD_MODEL, "Tile '%s': multiple %lld of dimension %d of %s",
                             node->name, (long long)times, i, iopt_shape_text(x).s);
        y->dim[i] = dim < 0 ? (times == 0 ? 0 : -1) : dim * times;
    }
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts multiples;

    out[0].dtype = iopt_input_type(node, in, "T");
    return plan(node, in, &multiples, &out[0].shape, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    int64_t to[IOPT_MAX_RANK], from[IOPT_MAX_RANK];
    IoptMove move = { 0 };
    IoptInts multiples;
    IoptFact facts[2];
    IoptShape y;

    iopt_facts_of(in, 2, facts);
    IOPT_TRY(plan(node, facts, &multiples, &y, err));
    iopt_shape_strides(&y, to);
    iopt_shape_strides(&in[0]->shape, from);
    for (int i = 0; i < y.rank; i++) {
        const int64_t dim = in[0]->shape.dim[i];
        iopt_move_axis(&move, multiples.v[i], to[i] * dim, 0);
        iopt_move_axis(&move, dim, to[i], from[i]);
    }
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, in[0]->data);
    return IOPT_OK;
}

const IoptOp iopt_op_tile = {
    .name = "Tile",
    .n_in = 2,
    .n_out = 1,
    .brief = "x repeated along its dimensions",
    .infer = infer,
    .eval = eval,
};
