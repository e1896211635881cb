/* Squeeze: drops dimensions of size 1;  ExpandDims: puts one in
 *
 *   in      x; ExpandDims also: the axis of y, one int32 or int64, negative from the end
 *   out     y, the elements of x in order
 *   attr    squeeze_dims: which (Squeeze); empty: every dimension of size 1
 *   source  TensorFlow ops "Squeeze", "ExpandDims"
 */
#include <string.h>

#include "ops/ints.h"

static IoptStatus infer_squeeze(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    const int64_t *dims;
    const size_t n = iopt_attr_ints(node, "squeeze_dims", &dims);
    bool drop[IOPT_MAX_RANK] = { false };
    IoptShape y = iopt_shape_scalar();

    out[0].dtype = iopt_input_type(node, in, "T");
    if (x->rank < 0 || (n == 0 && !iopt_shape_known(x)))
        return IOPT_OK; /* an unknown dimension may turn out to be 1 */
    for (size_t i = 0; i < n; i++) {
        int axis;
        if (!iopt_axis(dims[i], x->rank, &axis) || !iopt_dims_agree(x->dim[axis], 1))
            return iopt_bad_inputs(node, in, err, "dimension %lld of size 1", (long long)dims[i]);
        drop[axis] = true;
    }
    for (int i = 0; i < x->rank; i++)
        if (n ? !drop[i] : x->dim[i] != 1)
            iopt_shape_push(&y, x->dim[i]);
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus infer_expand_dims(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                    IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    IoptShape y = iopt_shape_scalar();
    int axis;

    out[0].dtype = iopt_input_type(node, in, "T");
    if (x->rank < 0)
        return IOPT_OK;
    if (x->rank == IOPT_MAX_RANK)
        return iopt_bad_inputs(node, in, err, "fewer than %d dimensions", IOPT_MAX_RANK);
    IOPT_TRY(iopt_ints_axis(node, in, 1, x->rank + 1, &axis, err));
    for (int i = 0; i <= x->rank; i++) {
        if (i == axis)
            iopt_shape_push(&y, 1);
        if (i < x->rank)
            iopt_shape_push(&y, x->dim[i]);
    }
    out[0].shape = axis < 0 ? iopt_shape_of_rank(x->rank + 1) : y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    if (in[0]->bytes != out[0]->bytes)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': cannot give %s the shape %s", node->op,
                         node->name, iopt_shape_text(&in[0]->shape).s,
                         iopt_shape_text(&out[0]->shape).s);
    if (in[0]->bytes)
        memcpy(out[0]->data, in[0]->data, in[0]->bytes);
    return IOPT_OK;
}

const IoptOp iopt_op_squeeze = { .name = "Squeeze",
                                 .n_in = 1,
                                 .n_out = 1,
                                 .brief = "drops dimensions of size 1",
                                 .infer = infer_squeeze,
                                 .eval = eval };

const IoptOp iopt_op_expand_dims = { .name = "ExpandDims",
                                     .n_in = 2,
                                     .n_out = 1,
                                     .brief = "puts in a dimension of size 1",
                                     .infer = infer_expand_dims,
                                     .eval = eval };
