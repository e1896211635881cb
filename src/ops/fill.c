/* Fill: one value everywhere;  ZerosLike, OnesLike: the same for the shape of another value
 *
 *   in      Fill: shape [n] of int32 or int64, a scalar;  the others: x, only its shape counts
 *   out     y
 *   source  TensorFlow ops "Fill", "ZerosLike", "OnesLike"
 */
#include "ops/ints.h"
#include "ops/move.h"

static IoptStatus infer_fill(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    if (!iopt_may_have_rank(&in[1], 0))
        return iopt_bad_inputs(node, in, err, "a shape and a scalar");
    out[0].dtype = iopt_input_type(node, &in[1], "T");
    return iopt_ints_shape(node, in, 0, false, &out[0].shape, err);
}

static IoptStatus eval_fill(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    iopt_move_fill(out[0]->data, iopt_elems(out[0]), in[1]->data, iopt_dtype_bytes(in[1]->dtype));
    return IOPT_OK;
}

static IoptStatus infer_like(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    (void)err;
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval_zeros(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)in, (void)out, (void)err; /* the output comes zeroed */
    return IOPT_OK;
}

static IoptStatus eval_ones(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    (void)in;
    if (out[0]->dtype == IOPT_STRING)
        return iopt_fail(err, IOPT_BAD_MODEL, "OnesLike '%s': a string cannot be one", node->name);
    for (size_t i = 0; i < iopt_elems(out[0]); i++)
        if (out[0]->dtype == IOPT_C64)
            ((float *)out[0]->data)[2 * i] = 1.0f;
        else if (out[0]->dtype == IOPT_C128)
            ((double *)out[0]->data)[2 * i] = 1.0;
        else
            iopt_tensor_set_i64(out[0], i, 1);
    return IOPT_OK;
}

const IoptOp iopt_op_fill = {
    .name = "Fill",
    .n_in = 2,
    .n_out = 1,
    .brief = "one value everywhere",
    .infer = infer_fill,
    .eval = eval_fill,
};

const IoptOp iopt_op_zeros_like = {
    .name = "ZerosLike",
    .n_in = 1,
    .n_out = 1,
    .flags = IOPT_OP_SHAPES,
    .brief = "zeros in the shape of x",
    .infer = infer_like,
    .eval = eval_zeros,
};

const IoptOp iopt_op_ones_like = {
    .name = "OnesLike",
    .n_in = 1,
    .n_out = 1,
    .flags = IOPT_OP_SHAPES,
    .brief = "ones in the shape of x",
    .infer = infer_like,
    .eval = eval_ones,
};
