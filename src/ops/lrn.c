/* LRN: y[..., c] = x[..., c] / (bias + alpha * sum of x[..., c-r .. c+r]^2)^beta
 *
 *   in      x [N, H, W, C], a float type
 *   out     y, like x; attributes depth_radius (5), bias (1), alpha (1, not divided by the
 *           window), beta (0.5)
 *   source  TensorFlow op "LRN"
 */
#include <math.h>

#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    if (in[0].shape.rank >= 0 && in[0].shape.rank != 4)
        return iopt_bad_inputs(node, in, err, "x [N, H, W, C]");
    if (iopt_attr_int(node, "depth_radius", 5) < 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "LRN '%s': want depth_radius >= 0; got %lld",
                         node->name, (long long)iopt_attr_int(node, "depth_radius", 5));
    return iopt_infer_same(node, in, out, err);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const double bias = (double)iopt_attr_float(node, "bias", 1.0f);
    const double alpha = (double)iopt_attr_float(node, "alpha", 1.0f);
    const double beta = (double)iopt_attr_float(node, "beta", 0.5f);
    const int64_t channels = in[0]->shape.dim[3];
    const int64_t wanted = iopt_attr_int(node, "depth_radius", 5);
    const int64_t radius = wanted < channels ? wanted : channels;
    const size_t n = iopt_elems(in[0]);

    (void)err;
    for (size_t i = 0; i < n; i++) {
        const int64_t c = (int64_t)(i % (size_t)channels);
        const int64_t first = c > radius ? c - radius : 0;
        const int64_t last = c + radius < channels ? c + radius : channels - 1;
        const size_t row = i - (size_t)c;
        double sum = 0;
        for (int64_t k = first; k <= last; k++) {
            const double x = iopt_tensor_get_f64(in[0], row + (size_t)k);
            sum += x * x;
        }
        iopt_tensor_set_f64(out[0], i,
                            iopt_tensor_get_f64(in[0], i) * pow(bias + alpha * sum, -beta));
    }
    return IOPT_OK;
}

const IoptOp iopt_op_lrn = { .name = "LRN",
                             .n_in = 1,
                             .n_out = 1,
                             .dtypes = IOPT_FLOAT_TYPES,
                             .flags = IOPT_OP_HALF,
                             .brief = "local response normalization",
                             .infer = infer,
                             .eval = eval };
