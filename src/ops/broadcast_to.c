/* BroadcastTo: x repeated along dimensions of size 1 until it has a given shape
 *
 *   in      x; shape [n] of int32 or int64
 *   out     y [shape]
 *   source  TensorFlow op "BroadcastTo"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    IoptShape y, both;

    out[0].dtype = iopt_input_type(node, in, "T");
    IOPT_TRY(iopt_ints_shape(node, in, 1, false, &y, err));
    const bool fits = iopt_shape_broadcast(x, &y, &both) && (y.rank < 0 || x->rank <= y.rank);
    for (int i = 0; fits && x->rank >= 0 && i < y.rank; i++)
        if (!iopt_dims_agree(both.dim[i], y.dim[i])) /* y would grow */
            return iopt_bad_inputs(node, in, err, "x that fits into %s", iopt_shape_text(&y).s);
    if (!fits)
        return iopt_bad_inputs(node, in, err, "x that fits into %s", iopt_shape_text(&y).s);
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const x = &in[0]->shape, *const y = &out[0]->shape;
    int64_t to[IOPT_MAX_RANK], from[IOPT_MAX_RANK];
    IoptMove move = { 0 };

    (void)node, (void)err;
    iopt_shape_strides(y, to);
    iopt_shape_strides(x, from);
    for (int i = 0; i < y->rank; i++) {
        const int at = i - (y->rank - x->rank);
        iopt_move_axis(&move, y->dim[i], to[i], at < 0 || x->dim[at] == 1 ? 0 : from[at]);
    }
    iopt_move_run(&move, iopt_dtype_bytes(in[0]->dtype), out[0]->data, in[0]->data);
    return IOPT_OK;
}

const IoptOp iopt_op_broadcast_to = {
    .name = "BroadcastTo",
    .n_in = 2,
    .n_out = 1,
    .brief = "x repeated until it has a given shape",
    .infer = infer,
    .eval = eval,
};
