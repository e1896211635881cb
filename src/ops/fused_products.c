/* _FusedConv2D, _FusedMatMul: a product, then what attribute fused_ops says.
 *
 *   in      inputs and attributes of Conv2D or MatMul; then for fused_ops "BiasAdd" a vector, for
 *           "FusedBatchNorm" scale, offset, mean and variance; the second of fused_ops is an
 *           activation
 *   out     y, of the product's shape
 *   source  TensorFlow ops of the same names, which its graph optimizer makes
 */
#include "ops/conv.h"
#include "ops/fused_steps.h"
#include "ops/matmul.h"

static int conv_channel_axis(const IoptNode *node)
{
    return strcmp(iopt_attr_string(node, "data_format", "NHWC"), "NCHW") == 0 ? 1 : 3;
}

static IoptStatus check_count(const IoptNode *node, const IoptFact *in, IoptError *err)
{
    if (node->n_in < 3)
        return iopt_bad_inputs(node, in, err, "x, a filter, and a bias or batch norm");
    return IOPT_OK;
}

static IoptStatus infer_conv(const IoptNode *node, const IoptFact *in, IoptFact *out,
                             IoptError *err)
{
    IOPT_TRY(check_count(node, in, err));
    IOPT_TRY(iopt_conv_infer(node, 2, in, out, err));
    return iopt_fused_infer(node, in, out[0].shape.dim[conv_channel_axis(node)], err);
}

static IoptStatus eval_conv(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    IOPT_TRY(iopt_conv_eval(node, 2, in, out[0], err));
    return iopt_fused_apply(node, in, out[0], conv_channel_axis(node), err);
}

static IoptStatus infer_matmul(const IoptNode *node, const IoptFact *in, IoptFact *out,
                               IoptError *err)
{
    IOPT_TRY(check_count(node, in, err));
    IOPT_TRY(iopt_matmul_infer(node, in, out, err));
    return iopt_fused_infer(node, in, out[0].shape.dim[1], err);
}

static IoptStatus eval_matmul(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    IOPT_TRY(iopt_matmul_eval(node, in, out, err));
    return iopt_fused_apply(node, in, out[0], 1, err);
}

#define FUSED_OP(id, op_name, text, rule, result, work)                   \
    const IoptOp iopt_op_##id = { .name = op_name,                        \
                                  .n_in = IOPT_VARIADIC,                  \
                                  .n_out = 1,                             \
                                  .dtypes = "float double half bfloat16", \
                                  .flags = IOPT_OP_HALF,                  \
                                  .brief = text,                          \
                                  .infer = rule,                          \
                                  .eval = result,                         \
                                  .macs = work }

FUSED_OP(fused_conv2d, "_FusedConv2D", "Conv2D, bias or batch norm, activation", infer_conv,
         eval_conv, iopt_conv_macs);
FUSED_OP(fused_matmul, "_FusedMatMul", "MatMul, bias, activation", infer_matmul, eval_matmul,
         iopt_matmul_macs);
