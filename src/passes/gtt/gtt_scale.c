/* Scaled weights. */
#include "passes/gtt/gtt_scale.h"

#include "passes/gtt/gtt_build.h"

IoptStatus iopt_gtt_floats(const IoptListNode *constant, IoptTensor **out, IoptError *err)
{
    const IoptTensor *value;

    *out = NULL;
    IOPT_TRY(iopt_gtt_value(constant, &value, err));
    if (value->dtype != IOPT_F32)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': float expected, got %s",
                         constant->node->op, constant->node->name, iopt_dtype_name(value->dtype));
    return iopt_tensor_clone(value, out, err);
}

IoptStatus iopt_gtt_columns(const IoptListNode *conv, const IoptShape *weights, size_t *out,
                            IoptError *err)
{
    const bool matmul = iopt_is_op(conv->node, "MatMul");
    const bool depthwise = iopt_is_op(conv->node, "DepthwiseConv2dNative");

    if (weights->rank != (matmul ? 2 : 4))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': want weights of rank %d; got %s",
                         conv->node->op, conv->node->name, matmul ? 2 : 4,
                         iopt_shape_text(weights).s);
    *out = (size_t)weights->dim[weights->rank - 1];
    if (depthwise)
        *out *= (size_t)weights->dim[2]; /* no overflow: the tensor is in memory */
    return IOPT_OK;
}

void iopt_gtt_scale(IoptTensor *weights, const float *scale, size_t columns)
{
    const size_t n = iopt_elems(weights);
    float *const w = iopt_f32_mut(weights);

    for (size_t i = 0; i < n; i++)
        w[i] *= scale[i % columns];
}
