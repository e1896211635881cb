/* Const: the tensor of attribute `value`.
 *
 *   out     y, of attribute `dtype` and the tensor's own shape
 *   exact
 *   source  TensorFlow op "Const"
 */
#include "ops/op.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptAttr *const value = iopt_attr(node, "value");
    IoptDType dtype;

    (void)in;
    IOPT_TRY(iopt_need_type(node, "dtype", &dtype, err));
    if (!value || (value->kind != IOPT_ATTR_TENSOR && value->kind != IOPT_ATTR_OPAQUE))
        return iopt_fail(err, IOPT_BAD_MODEL, "Const '%s': want a tensor attribute 'value'; got %s",
                         node->name, value ? iopt_attr_kind_text(value->kind) : "none");
    if (value->kind == IOPT_ATTR_OPAQUE) { /* a tensor of a type that has no elements here */
        out[0].dtype = dtype;
        return IOPT_OK;
    }
    if (value->u.tensor->dtype != dtype)
        return iopt_fail(err, IOPT_BAD_MODEL, "Const '%s': want a value of %s; got %s", node->name,
                         iopt_dtype_name(dtype), iopt_tensor_text(value->u.tensor).s);
    out[0] = iopt_fact_of(value->u.tensor);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptAttr *const value = iopt_attr(node, "value");

    (void)in;
    if (!value || value->kind != IOPT_ATTR_TENSOR)
        return iopt_fail(err, IOPT_UNSUPPORTED, "Const '%s': cannot hold a value of %s", node->name,
                         iopt_dtype_name(iopt_attr_type(node, "dtype", IOPT_DTYPE_NONE)));
    if (out[0]->bytes)
        memcpy(out[0]->data, value->u.tensor->data, out[0]->bytes);
    return IOPT_OK;
}

const IoptOp iopt_op_const = {
    .name = "Const", .n_in = 0, .n_out = 1, .brief = "a constant", .infer = infer, .eval = eval
};
