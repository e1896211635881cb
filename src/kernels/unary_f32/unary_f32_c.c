/* unary_f32 in plain C: the formulas in double, rounded once. */
#include "kernels/unary_f32/unary_f32.h"

#include <math.h>

static double apply(IoptUnaryF32Op op, double x)
{
    static const double selu_alpha = 1.6732632423543772, selu_scale = 1.0507009873554805;

    switch (op) {
    case IOPT_UNARY_SIGMOID: return 1 / (1 + exp(-x));
    case IOPT_UNARY_TANH: return tanh(x);
    case IOPT_UNARY_ELU: return x < 0 ? expm1(x) : x;
    case IOPT_UNARY_SELU: return selu_scale * (x < 0 ? selu_alpha * expm1(x) : x);
    case IOPT_UNARY_SOFTPLUS: return fmax(x, 0) + log1p(exp(-fabs(x)));
    case IOPT_UNARY_SWISH: return x / (1 + exp(-x));
    case IOPT_UNARY_HARD_SWISH: return x * fmin(fmax(x + 3, 0), 6) / 6;
    case IOPT_UNARY_EXP: return exp(x);
    case IOPT_UNARY_ERF: return erf(x);
    case IOPT_UNARY_GELU: return 0.5 * x * erfc(-x * 0.70710678118654752);
    case IOPT_UNARY_GELU_TANH:
        return x / (1 + exp(-2 * 0.79788456080286536 * (x + 0.044715 * x * x * x)));
    case IOPT_UNARY_LEAKY_RELU:
    case IOPT_UNARY_COUNT: break;
    }
    return x;
}

void iopt_unary_f32_c(const IoptUnaryF32Job *job, const float *x, float *y, size_t row_begin,
                      size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const float *const from = x + (ptrdiff_t)row * job->x_stride;
        float *const to = y + (ptrdiff_t)row * job->y_stride;
        for (size_t c = 0; c < job->channels; c++) {
            const float v = from[c];
            if (job->op == IOPT_UNARY_LEAKY_RELU)
                to[c] = v > 0 ? v : job->alpha * v;
            else
                to[c] = (float)apply(job->op, (double)v);
        }
    }
}
