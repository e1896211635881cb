/* Pad, PadV2: a border of a constant around x
 *
 *   in      x; paddings [rank,2] of int32 or int64: how many before and behind each dimension;
 *           PadV2 also: the constant, a scalar of x's type (Pad: zero)
 *   out     y, each dimension grown by its paddings
 *   source  TensorFlow ops "Pad", "PadV2"
 */
#include "ops/move.h"
#include "ops/paddings.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptInts paddings;

    out[0].dtype = iopt_input_type(node, in, "T");
    if (node->n_in == 3 &&
        ((in[2].dtype && out[0].dtype && in[2].dtype != out[0].dtype) || in[2].shape.rank > 0))
        return iopt_bad_inputs(node, in, err, "a scalar of x's type as constant");
    return iopt_padded_shape(node, in, &paddings, &out[0].shape, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t elem_bytes = iopt_dtype_bytes(in[0]->dtype);
    int64_t to[IOPT_MAX_RANK], from[IOPT_MAX_RANK], first = 0;
    IoptMove move = { 0 };
    IoptInts paddings;
    IoptFact facts[3];
    IoptShape y;

    iopt_facts_of(in, node->n_in, facts);
    IOPT_TRY(iopt_padded_shape(node, facts, &paddings, &y, err));
    iopt_shape_strides(&y, to);
    iopt_shape_strides(&in[0]->shape, from);
    for (int i = 0; i < y.rank; i++) {
        iopt_move_axis(&move, in[0]->shape.dim[i], to[i], from[i]);
        first += paddings.v[2 * i] * to[i];
    }
    if (node->n_in == 3)
        iopt_move_fill(out[0]->data, iopt_elems(out[0]), in[2]->data, elem_bytes);
    iopt_move_run(&move, elem_bytes, iopt_elem_mut(out[0], first), in[0]->data);
    return IOPT_OK;
}

const IoptOp iopt_op_pad = {
    .name = "Pad",
    .n_in = 2,
    .n_out = 1,
    .brief = "a border of zeros around x",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_pad_v2 = {
    .name = "PadV2",
    .n_in = 3,
    .n_out = 1,
    .brief = "a border of a constant around x",
    .infer = infer,
    .eval = eval,
};
