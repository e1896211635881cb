/* binary_f32: y[r, c] = clamp(x[r, c] op z[r / z_group, c], lo, hi)
 *
 *   x, y     rows of `channels` values, x_stride and y_stride from row to row
 *   z        rows of `channels` values, or of one value for all channels (z_broadcast), z_stride
 *            from row to row; z_group >= 1 rows of x share a row of z:
 *              the shape of x     z_group 1, z_stride like x
 *              [N, 1, 1, C]       z_group H * W (squeeze-excite)
 *              [N, H, W, 1]       z_group 1, z_stride 1, z_broadcast
 *              [C]                z_stride 0;  a scalar: z_stride 0, z_broadcast
 *   y may be x or, if z has the shape of x, z
 *   clamp    NaN stays NaN; -INFINITY and INFINITY for none
 *   exact    each result is the rounded exact one: the same bits in every variant.  MAX and MIN
 *            give x where either is NaN or both are equal, as TensorFlow 1 does
 */
#ifndef IOPT_KERNELS_BINARY_F32_H
#define IOPT_KERNELS_BINARY_F32_H

#include <stdbool.h>

#include "kernels/kernel.h"

typedef enum IoptBinaryF32Op {
    IOPT_BINARY_ADD,
    IOPT_BINARY_SUB,  /* x - z */
    IOPT_BINARY_RSUB, /* z - x */
    IOPT_BINARY_MUL,
    IOPT_BINARY_DIV,  /* x / z */
    IOPT_BINARY_RDIV, /* z / x */
    IOPT_BINARY_MAX,
    IOPT_BINARY_MIN,
    IOPT_BINARY_COUNT
} IoptBinaryF32Op;

typedef struct IoptBinaryF32Job {
    IoptBinaryF32Op op;
    size_t channels;
    ptrdiff_t x_stride, y_stride, z_stride; /* elements from row to row */
    size_t z_group;
    bool z_broadcast;
    float lo, hi;
} IoptBinaryF32Job;

/* Computes the rows [row_begin, row_end). */
typedef void IoptBinaryF32(const IoptBinaryF32Job *job, const float *x, const float *z, float *y,
                           size_t row_begin, size_t row_end);

IoptBinaryF32 iopt_binary_f32_c, iopt_binary_f32_avx2, iopt_binary_f32_avx512;
extern const IoptKernel iopt_kernel_binary_f32;

#endif
