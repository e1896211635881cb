/* unary_f32: y[r, c] = f(x[r, c]), the activations that are more than a clamp.
 *
 *   x, y   rows of `channels` values, x_stride and y_stride from row to row; y may be x
 *   NaN    stays NaN; where the formula gives NaN at an infinity, so does the kernel
 *   error  2e-6 of the exact value + 1e-6; LEAKY_RELU is the same bits in every variant.  The
 *          bits of an element do not depend on where it stands
 *   source TensorFlow's ops of these names; GELU of tf.nn.gelu, SWISH of tf.nn.silu
 */
#ifndef IOPT_KERNELS_UNARY_F32_H
#define IOPT_KERNELS_UNARY_F32_H

#include "kernels/kernel.h"

typedef enum IoptUnaryF32Op {
    IOPT_UNARY_SIGMOID, /* 1 / (1 + exp(-x)) */
    IOPT_UNARY_TANH,
    IOPT_UNARY_ELU,        /* x > 0 ? x : exp(x) - 1 */
    IOPT_UNARY_SELU,       /* 1.0507 * (x > 0 ? x : 1.67326 * (exp(x) - 1)) */
    IOPT_UNARY_LEAKY_RELU, /* x > 0 ? x : alpha * x */
    IOPT_UNARY_SOFTPLUS,   /* log(1 + exp(x)) */
    IOPT_UNARY_SWISH,      /* x / (1 + exp(-x)); -INFINITY gives NaN */
    IOPT_UNARY_HARD_SWISH, /* x * min(max(x + 3, 0), 6) / 6; -INFINITY gives NaN */
    IOPT_UNARY_EXP,
    IOPT_UNARY_ERF,
    IOPT_UNARY_GELU,      /* x / 2 * (1 + erf(x / sqrt(2))); -INFINITY gives NaN */
    IOPT_UNARY_GELU_TANH, /* x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))); so too */
    IOPT_UNARY_COUNT
} IoptUnaryF32Op;

typedef struct IoptUnaryF32Job {
    IoptUnaryF32Op op;
    float alpha; /* of LEAKY_RELU */
    size_t channels;
    ptrdiff_t x_stride, y_stride; /* elements from row to row */
} IoptUnaryF32Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptUnaryF32(const IoptUnaryF32Job *job, const float *x, float *y, size_t row_begin,
                          size_t row_end);

IoptUnaryF32 iopt_unary_f32_c, iopt_unary_f32_avx2, iopt_unary_f32_avx512;
extern const IoptKernel iopt_kernel_unary_f32;

#endif
