/* QuantizedReshape: the same codes in another shape
 *
 *   in      x; shape, int32 or int64; min and max of x
 *   out     y [shape], and the range of x
 *   source  TensorFlow op "QuantizedReshape"
 */
#include "ops/quantized.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptOp *const reshape = iopt_op_find("Reshape");
    IoptFact y = { 0 };

    IOPT_TRY(iopt_ranges_check(node, in, 2, 2, err));
    IOPT_TRY(reshape->infer(node, in, &y, err));
    iopt_quantized_facts(out, in[0].dtype, y.shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    iopt_range_put(out, 1, iopt_range_of(in, 2));
    return iopt_op_find("Reshape")->eval(node, in, out, err);
}

const IoptOp iopt_op_quantized_reshape = {
    .name = "QuantizedReshape",
    .n_in = 4,
    .n_out = 3,
    .brief = "the same codes in another shape",
    .infer = infer,
    .eval = eval,
};
