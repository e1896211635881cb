/* AddN: the sum of all inputs.  AccumulateNV2 is the same.
 *
 *   in      N tensors of one type and shape, N >= 1
 *   out     y, the same; floats are summed in double, integers wrap
 *   source  TensorFlow ops "AddN", "AccumulateNV2"
 */
#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    int64_t count;

    IOPT_TRY(iopt_need_int(node, "N", &count, err));
    if (node->n_in == 0 || count != (int64_t)node->n_in)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want N = %lld inputs, at least 1; got %zu",
                         node->op, node->name, (long long)count, node->n_in);
    out[0] = iopt_fact(in[0].dtype, in[0].shape);
    for (size_t i = 1; i < node->n_in; i++) {
        if (!iopt_shapes_agree(&out[0].shape, &in[i].shape) ||
            (in[i].dtype && out[0].dtype && in[i].dtype != out[0].dtype))
            return iopt_bad_inputs(node, in, err, "inputs of one type and shape");
        out[0].shape = iopt_shape_merge(&out[0].shape, &in[i].shape);
        if (!out[0].dtype)
            out[0].dtype = in[i].dtype;
    }
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(out[0]);

    (void)err;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        uint64_t integer_sum = 0;
        for (size_t k = 0; k < node->n_in; k++)
            if (iopt_dtype_is_float(in[k]->dtype))
                sum += iopt_tensor_get_f64(in[k], i);
            else
                integer_sum += (uint64_t)iopt_tensor_get_i64(in[k], i);
        if (iopt_dtype_is_float(out[0]->dtype))
            iopt_tensor_set_f64(out[0], i, sum);
        else
            iopt_tensor_set_i64(out[0], i, (int64_t)integer_sum);
    }
    return IOPT_OK;
}

#define SUM_OP(id, op_name)                                             \
    const IoptOp iopt_op_##id = { .name = op_name,                      \
                                  .n_in = IOPT_VARIADIC,                \
                                  .n_out = 1,                           \
                                  .dtypes = IOPT_NUMBER_TYPES,          \
                                  .flags = IOPT_OP_HALF,                \
                                  .brief = "y = the sum of all inputs", \
                                  .infer = infer,                       \
                                  .eval = eval }

SUM_OP(add_n, "AddN");
SUM_OP(accumulate_n_v2, "AccumulateNV2");
