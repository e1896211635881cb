/* BiasAdd: y[..., c] = x[..., c] + bias[c]
 *
 *   in      x [..., C], or by attribute data_format NCHW [N, C, ...], rank >= 2; bias [C]
 *   out     y, like x; integers wrap
 *   exact   to the rounding of one addition
 *   source  TensorFlow ops "BiasAdd", "BiasAddV1" (which has no data_format)
 */
#include "ops/elementwise.h"

static IoptStatus channel_axis(const IoptNode *node, int rank, int *axis, IoptError *err)
{
    const char *const format = iopt_attr_string(node, "data_format", "NHWC");
    const bool first = strcmp(format, "NCHW") == 0;

    if (!first && strcmp(format, "NHWC") != 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want data_format NHWC or NCHW; got '%s'",
                         node->op, node->name, format);
    *axis = first ? 1 : rank - 1;
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape, *const bias = &in[1].shape;
    int axis;

    IOPT_TRY(channel_axis(node, x->rank, &axis, err));
    if (in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype)
        return iopt_bad_inputs(node, in, err, "x and bias of one type");
    if ((x->rank >= 0 && x->rank < 2) || (bias->rank >= 0 && bias->rank != 1) ||
        (x->rank >= 2 && bias->rank == 1 && !iopt_dims_agree(x->dim[axis], bias->dim[0])))
        return iopt_bad_inputs(node, in, err, "x [%s], bias [C]",
                               axis == x->rank - 1 ? "..., C" : "N, C, ...");
    out[0] = iopt_fact(in[0].dtype ? in[0].dtype : in[1].dtype, *x);
    if (x->rank >= 2 && bias->rank == 1 && x->dim[axis] < 0)
        out[0].shape.dim[axis] = bias->dim[0];
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(in[0]), channels = iopt_elems(in[1]);
    size_t inner = 1;
    int axis;

    IOPT_TRY(channel_axis(node, in[0]->shape.rank, &axis, err));
    for (int i = axis + 1; i < in[0]->shape.rank; i++)
        inner *= (size_t)in[0]->shape.dim[i];
    for (size_t i = 0; i < n; i++) {
        const size_t c = i / inner % channels;
        if (iopt_dtype_is_float(in[0]->dtype))
            iopt_tensor_set_f64(out[0], i,
                                iopt_tensor_get_f64(in[0], i) + iopt_tensor_get_f64(in[1], c));
        else
            iopt_tensor_set_i64(out[0], i,
                                (int64_t)((uint64_t)iopt_tensor_get_i64(in[0], i) +
                                          (uint64_t)iopt_tensor_get_i64(in[1], c)));
    }
    return IOPT_OK;
}

#define BIAS_ADD_OP(id, op_name)                                        \
    const IoptOp iopt_op_##id = { .name = op_name,                      \
                                  .n_in = 2,                            \
                                  .n_out = 1,                           \
                                  .dtypes = IOPT_NUMBER_TYPES,          \
                                  .flags = IOPT_OP_HALF,                \
                                  .brief = "y = x + bias, per channel", \
                                  .infer = infer,                       \
                                  .eval = eval }

BIAS_ADD_OP(bias_add, "BiasAdd");
BIAS_ADD_OP(bias_add_v1, "BiasAddV1");
