/* L2Loss: y = sum x^2 / 2
 *
 *   in      x, a float type, any shape
 *   out     y, a scalar; summed in double
 *   source  TensorFlow op "L2Loss"
 */
#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    (void)node, (void)err;
    out[0] = iopt_fact(in[0].dtype, iopt_shape_scalar());
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(in[0]);
    double sum = 0;

    (void)node, (void)err;
    for (size_t i = 0; i < n; i++) {
        const double x = iopt_tensor_get_f64(in[0], i);
        sum += x * x;
    }
    iopt_tensor_set_f64(out[0], 0, sum / 2);
    return IOPT_OK;
}

const IoptOp iopt_op_l2_loss = { .name = "L2Loss",
                                 .n_in = 1,
                                 .n_out = 1,
                                 .dtypes = IOPT_FLOAT_TYPES,
                                 .flags = IOPT_OP_HALF,
                                 .brief = "y = sum x^2 / 2",
                                 .infer = infer,
                                 .eval = eval };
