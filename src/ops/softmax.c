/* Softmax: y = e^x / sum e^x over the last axis; LogSoftmax: its logarithm.
 *
 *   in      x, a float type, rank >= 1
 *   out     y, like x; computed in double from x - max
 *   source  TensorFlow ops "Softmax", "LogSoftmax"
 */
#include <math.h>

#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    if (in[0].shape.rank == 0)
        return iopt_bad_inputs(node, in, err, "x of rank 1 or more");
    return iopt_infer_same(node, in, out, err);
}

static void one_row(const IoptTensor *x, IoptTensor *y, size_t base, size_t length, bool logarithm)
{
    double greatest = -(double)INFINITY, sum = 0;

    for (size_t i = 0; i < length; i++) {
        const double v = iopt_tensor_get_f64(x, base + i);
        greatest = v > greatest ? v : greatest;
    }
    for (size_t i = 0; i < length; i++)
        sum += exp(iopt_tensor_get_f64(x, base + i) - greatest);
    for (size_t i = 0; i < length; i++) {
        const double v = iopt_tensor_get_f64(x, base + i) - greatest;
        iopt_tensor_set_f64(y, base + i, logarithm ? v - log(sum) : exp(v) / sum);
    }
}

static void all_rows(const IoptTensor *x, IoptTensor *y, bool logarithm)
{
    const size_t length = (size_t)x->shape.dim[x->shape.rank - 1], n = iopt_elems(x);

    for (size_t base = 0; base < n; base += length)
        one_row(x, y, base, length, logarithm);
}

#define SOFTMAX_OP(id, op_name, logarithm, text)                                   \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)node, (void)err;                                                     \
        all_rows(in[0], out[0], logarithm);                                        \
        return IOPT_OK;                                                            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 1,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = IOPT_FLOAT_TYPES,                      \
                                  .flags = IOPT_OP_HALF,                           \
                                  .brief = text,                                   \
                                  .infer = infer,                                  \
                                  .eval = eval_##id }

SOFTMAX_OP(softmax, "Softmax", false, "y = e^x / sum e^x over the last axis");
SOFTMAX_OP(log_softmax, "LogSoftmax", true, "y = ln softmax(x)");
