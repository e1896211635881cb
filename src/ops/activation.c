/* Activations: functions of one number between the layers of a network.
 *
 *   in      x, any shape
 *   out     y[i] = f(x[i]), in double and rounded once; NaN stays NaN
 *   source  TensorFlow ops of the same names
 */
#include "ops/activation.h"

#include <math.h>

#include "base/compiler.h"
#include "ops/elementwise.h"

static double relu_float(double x)
{
    return x < 0 ? 0 : x;
}

static int64_t relu_int(int64_t x)
{
    return x < 0 ? 0 : x;
}

static double relu6_float(double x)
{
    return x < 0 ? 0 : x > 6 ? 6 : x;
}

static int64_t relu6_int(int64_t x)
{
    return x < 0 ? 0 : x > 6 ? 6 : x;
}

static double elu(double x)
{
    return x < 0 ? expm1(x) : x;
}

static double selu(double x)
{
    const double scale = 1.0507009873554804934193349852946;
    const double scale_alpha = 1.7580993408473768599402175208123;

    return x < 0 ? scale_alpha * expm1(x) : scale * x;
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

static double softsign(double x)
{
    return isinf(x) ? copysign(1.0, x) : x / (1.0 + fabs(x));
}

IOPT_UNARY_OP(relu, "Relu", IOPT_NUMBER_TYPES, "y = max(x, 0)", relu_float, relu_int);
IOPT_UNARY_OP(relu6, "Relu6", IOPT_NUMBER_TYPES, "y = min(max(x, 0), 6)", relu6_float, relu6_int);
IOPT_UNARY_OP(elu, "Elu", IOPT_FLOAT_TYPES, "y = x, or e^x - 1 below 0", elu, NULL);
IOPT_UNARY_OP(selu, "Selu", IOPT_FLOAT_TYPES, "a scaled Elu", selu, NULL);
IOPT_UNARY_OP(sigmoid, "Sigmoid", IOPT_FLOAT_TYPES, "y = 1 / (1 + e^-x)", sigmoid, NULL);
IOPT_UNARY_OP(softplus, "Softplus", IOPT_FLOAT_TYPES, "y = ln(1 + e^x)", softplus, NULL);
IOPT_UNARY_OP(softsign, "Softsign", IOPT_FLOAT_TYPES, "y = x / (1 + |x|)", softsign, NULL);

static double gelu_exact(double x)
{
    return 0.5 * x * (1.0 + erf(x * 0.70710678118654752440));
}

static double gelu_approximate(double x)
{
    return 0.5 * x * (1.0 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

IoptActivation iopt_activation_find(const char *name)
{
    static const struct {
        const char *name;
        IoptActivation f;
    } all[] = {
        { "Relu", relu_float },
        { "Relu6", relu6_float },
        { "Elu", elu },
        { "Selu", selu },
        { "Sigmoid", sigmoid },
        { "Tanh", tanh },
        { "Softplus", softplus },
        { "Softsign", softsign },
        { "GeluExact", gelu_exact },
        { "GeluApproximate", gelu_approximate },
    };

    for (size_t i = 0; i < IOPT_COUNT(all); i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].f;
    return NULL;
}

double iopt_leaky_relu(double x, double alpha)
{
    return x > 0 ? x : alpha * x; /* alpha may be above 1, so this is no maximum */
}

/* LeakyRelu: attribute alpha (0.2). */
static IoptStatus eval_leaky_relu(const IoptNode *node, const IoptTensor *const *in,
                                  IoptTensor *const *out, IoptError *err)
{
    const double alpha = (double)iopt_attr_float(node, "alpha", 0.2f);
    const size_t n = iopt_elems(in[0]);

    (void)err;
    for (size_t i = 0; i < n; i++)
        iopt_tensor_set_f64(out[0], i, iopt_leaky_relu(iopt_tensor_get_f64(in[0], i), alpha));
    return IOPT_OK;
}

const IoptOp iopt_op_leaky_relu = { .name = "LeakyRelu",
                                    .n_in = 1,
                                    .n_out = 1,
                                    .dtypes = IOPT_FLOAT_TYPES,
                                    .flags = IOPT_OP_HALF,
                                    .brief = "y = x, or alpha * x below 0",
                                    .infer = iopt_infer_same,
                                    .eval = eval_leaky_relu };
