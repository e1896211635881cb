/* RequantizationRange: the range that qint32 codes really take;  Requantize: to fewer bits in a
 * given range;  QuantizeDownAndShrinkRange: both in one
 *
 *   in      x, qint32; input_min, input_max;  Requantize also: requested_output_min, _max
 *   out     RequantizationRange: output_min, output_max;  the others: y, quint8 or qint8, and its
 *           range
 *   exact   the bits of TensorFlow 1.15
 *   source  TensorFlow ops of these names
 */
#include "ops/quantized.h"

static IoptStatus infer_range(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    IOPT_TRY(iopt_ranges_check(node, in, 1, 2, err));
    out[0] = out[1] = iopt_fact(IOPT_F32, iopt_shape_scalar());
    return IOPT_OK;
}

static IoptRange taken_range(const IoptTensor *x, IoptRange range)
{
    int64_t lowest = INT32_MAX, highest = INT32_MIN;

    for (size_t i = 0; i < iopt_elems(x); i++) {
        const int64_t code = iopt_tensor_get_i64(x, i);
        lowest = code < lowest ? code : lowest;
        highest = code > highest ? code : highest;
    }
    return iopt_taken_range(x->dtype, lowest, highest, range);
}

static IoptStatus eval_range(const IoptNode *node, const IoptTensor *const *in,
                             IoptTensor *const *out, IoptError *err)
{
    (void)node, (void)err;
    iopt_range_put(out, 0, taken_range(in[0], iopt_range_of(in, 1)));
    return IOPT_OK;
}

static IoptStatus infer_codes(const IoptNode *node, const IoptFact *in, IoptFact *out,
                              IoptError *err)
{
    IOPT_TRY(iopt_requantized_facts(node, in[0].shape, out, err));
    return iopt_ranges_check(node, in, 1, node->n_in - 1, err);
}

static IoptStatus eval_requantize(const IoptNode *node, const IoptTensor *const *in,
                                  IoptTensor *const *out, IoptError *err)
{
    const IoptRange wanted = iopt_range_of(in, 3);

    if (!(wanted.min <= 0) || !(wanted.max >= wanted.min))
        return iopt_fail(err, IOPT_BAD_DATA,
                         "Requantize '%s': want requested_output_min <= 0 and <= "
                         "requested_output_max; got %g, %g",
                         node->name, (double)wanted.min, (double)wanted.max);
    iopt_requantize(in[0], iopt_range_of(in, 1), out[0], wanted);
    iopt_range_put(out, 1, wanted);
    return IOPT_OK;
}

static IoptStatus eval_shrink(const IoptNode *node, const IoptTensor *const *in,
                              IoptTensor *const *out, IoptError *err)
{
    const IoptRange range = iopt_range_of(in, 1), taken = taken_range(in[0], range);

    (void)node, (void)err;
    iopt_requantize(in[0], range, out[0], taken);
    iopt_range_put(out, 1, taken);
    return IOPT_OK;
}

const IoptOp iopt_op_requantization_range = {
    .name = "RequantizationRange",
    .n_in = 3,
    .n_out = 2,
    .dtypes = "qint32",
    .brief = "the range that codes really take",
    .infer = infer_range,
    .eval = eval_range,
};

const IoptOp iopt_op_requantize = {
    .name = "Requantize",
    .n_in = 5,
    .n_out = 3,
    .dtypes = "qint32",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "codes with fewer bits in a given range",
    .infer = infer_codes,
    .eval = eval_requantize,
};

const IoptOp iopt_op_quantize_down_and_shrink_range = {
    .name = "QuantizeDownAndShrinkRange",
    .n_in = 3,
    .n_out = 3,
    .dtypes = "qint32",
    .brief = "codes with fewer bits in the range they take",
    .infer = infer_codes,
    .eval = eval_shrink,
};
