/* QuantizedRelu, QuantizedRelu6, QuantizedReluX: codes from that of 0 to that of 6 or X
 *
 *   in      x, quint8 or qint32; ReluX: max_value, one float; min and max of x
 *   out     y, shape, type and range of x
 *   source  TensorFlow ops of these names
 */
#include "ops/quantized.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptDType type = iopt_input_type(node, in, "Tinput");

    if (iopt_attr_type(node, "out_type", IOPT_QU8) != type && type)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want out_type like the input's, %s",
                         node->op, node->name, iopt_dtype_name(type));
    IOPT_TRY(iopt_ranges_check(node, in, 1, node->n_in - 1, err));
    iopt_quantized_facts(out, type, in[0].shape);
    return IOPT_OK;
}

static void clamp_codes(const IoptTensor *x, int64_t low, int64_t high, IoptTensor *y)
{
    for (size_t i = 0; i < iopt_elems(x); i++) {
        const int64_t code = iopt_tensor_get_i64(x, i);
        iopt_tensor_set_i64(y, i, code < low ? low : code > high ? high : code);
    }
}

/* `limit` NULL: none. */
static IoptStatus relu(const IoptTensor *const *in, size_t range_slot, const float *limit,
                       IoptTensor *const *out)
{
    const IoptDType type = in[0]->dtype;
    const IoptRange range = iopt_range_of(in, range_slot);
    const int64_t low = iopt_code_of(type, 0, range);
    const int64_t high = limit ? iopt_code_of(type, *limit, range) : iopt_codes(type).high;

    clamp_codes(in[0], low, high, out[0]);
    iopt_range_put(out, 1, range);
    return IOPT_OK;
}

static IoptStatus eval_relu(const IoptNode *node, const IoptTensor *const *in,
                            IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    return relu(in, 1, NULL, out);
}

static IoptStatus eval_relu6(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    const float six = 6;

    (void)node, (void)err;
    return relu(in, 1, &six, out);
}

static IoptStatus eval_relu_x(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    return relu(in, 2, iopt_f32(in[1]), out);
}

const IoptOp iopt_op_quantized_relu = {
    .name = "QuantizedRelu",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "quint8 qint32",
    .brief = "codes of max(x, 0)",
    .infer = infer,
    .eval = eval_relu,
};

const IoptOp iopt_op_quantized_relu6 = {
    .name = "QuantizedRelu6",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "quint8 qint32",
    .brief = "codes of min(max(x, 0), 6)",
    .infer = infer,
    .eval = eval_relu6,
};

const IoptOp iopt_op_quantized_relu_x = {
    .name = "QuantizedReluX",
    .n_in = 4,
    .n_out = 3,
    .dtypes = "quint8 qint32",
    .brief = "codes of min(max(x, 0), max_value)",
    .infer = infer,
    .eval = eval_relu_x,
};
