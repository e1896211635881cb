/* gemm_f32: C[r][j] = clamp(scale[j] * sum over k of A[r][k] * B[k][j] + bias[j] + residual[r][j])
 *
 * One kernel for MatMul and for every convolution that is not depthwise: a row of A is an output
 * pixel, and is not copied together but found through offsets.
 *
 *   A    K = taps * depth values a row, as `taps` segments of `depth` consecutive floats.
 *        Segment t of row r lies at    a + offset[r * taps + t]    or is all zeros if that offset
 *        is IOPT_GEMM_F32_ZEROS; so strides, dilation, SAME padding and an input that is a slice
 *        of a wider tensor cost nothing.  The offsets do not know where `a` is: a plan makes them
 *        once, every run and every image of the batch moves `a`.
 *        offset == NULL: one segment, at    a + r * a_stride    (MatMul, 1x1 convolution, im2col).
 *   B    K rows (tap-major: the filter HWIO as it lies), n columns; packed once by
 *        iopt_gemm_f32_pack, for this variant, into panels of columns
 *   C    at    c + r * c_stride + j    : a producer may write its slice of a concatenation
 *
 *   exact    each output is one sum over k = 0, 1, 2, ... in float, with fused multiply-adds where
 *            the CPU has them: its bits depend on the variant, but neither on the ranges by which
 *            the work was split nor on the other rows and columns.
 *            Against exact arithmetic |error| <= (K + 4) * 2^-24 * (|scale| * sum |a*b| + |bias| +
 *            |residual|), to first order; variants differ by twice that at most.
 *            NaN and infinity go through as IEEE says; the clamp keeps NaN.
 *   reads    nothing but the named elements; alignment of floats is enough except for `packed`
 *   source   TensorFlow ops "Conv2D", "MatMul"; Goto and van de Geijn, "Anatomy of
 *            High-Performance Matrix Multiplication", 2008; the offsets are XNNPACK's indirection
 *
 * A convolution with g groups is g calls: each with its columns of the filter (b + first, k_stride
 * of all columns), its channels of the input (a + first) and of the output (c + first).
 * Short segments are fine (RGB: depth 3, nine taps, runs at 0.9 of the speed of depth 27).  Where
 * no tap falls into padding and the pixels of x lie close together, a row of the filter may be one
 * segment: taps = kernel_h, depth = kernel_w * channels.
 */
#ifndef IOPT_KERNELS_GEMM_F32_H
#define IOPT_KERNELS_GEMM_F32_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm_split.h"
#include "kernels/kernel.h"

#define IOPT_GEMM_F32_ZEROS INT32_MIN /* an offset: this segment is in the padding */

typedef struct IoptGemmF32 {
    size_t rows, n;            /* of C; any may be 0 */
    size_t taps, depth;        /* K = taps * depth; may be 0 */
    const float *a;            /* base of the offsets */
    ptrdiff_t a_stride;        /* floats from row to row, if offset is NULL */
    const int32_t *offset;     /* [rows][taps] floats from `a`, or NULL (then taps is 1) */
    const float *zeros;        /* `depth` zeros; may be NULL if no offset is IOPT_GEMM_F32_ZEROS */
    const float *packed;       /* by iopt_gemm_f32_pack; aligned to IOPT_ALIGN_BYTES */
    const float *next_packed;  /* the B of the next call, to fetch on the way; or NULL */
    const float *scale;        /* [n], or NULL for 1 */
    const float *bias;         /* [n], or NULL for 0 */
    const float *residual;     /* [rows][n], or NULL for 0; may be C itself, with C's stride */
    ptrdiff_t residual_stride; /* floats from row to row */
    float lo, hi;              /* clamp; -INFINITY and INFINITY for none, 0 and 6 for Relu6 */
    float *c;                  /* overlaps neither A nor B */
    ptrdiff_t c_stride;
} IoptGemmF32;

/* A part of the work: rows [row_begin, row_end) of panels [panel_begin, panel_end). */
typedef IoptWorkRange IoptGemmF32Range;

/* Computes one part of C; different parts may run on different threads at the same time. */
typedef void IoptGemmF32Run(const IoptGemmF32 *gemm, const IoptGemmF32Range *range);

/* What IoptVariant.info points to.  A panel is `panel` columns wide; only the last one differs: it
 * takes what is left, and half a panel more if so little is left (see iopt_gemm_f32_panels). */
typedef struct IoptGemmF32Info {
    size_t rows;  /* of a register tile: parts of less than some 4 * rows rows waste time */
    size_t panel; /* columns of a panel, two vectors */
} IoptGemmF32Info;

extern const IoptKernel iopt_kernel_gemm_f32; /* its functions are IoptGemmF32Run */

IoptGemmF32Run iopt_gemm_f32_c, iopt_gemm_f32_avx2, iopt_gemm_f32_avx512;

/* How many panels n columns make; what IoptGemmF32Range counts. */
size_t iopt_gemm_f32_panels(const IoptVariant *variant, size_t n);

/* Bytes of B packed.  K * n floats exist somewhere, so nothing here can overflow. */
size_t iopt_gemm_f32_packed_bytes(const IoptVariant *variant, size_t k, size_t n);

/* Packs B for `variant`: element (row, column) is the float at b + 4 * (row * k_stride +
 * column * n_stride) bytes, which need not be aligned (weights in a mapped file).
 *
 *   filter HWIO or MatMul [K, n]     k_stride n (all columns, if there are groups), n_stride 1
 *   MatMul with transpose_b [n, K]   k_stride 1, n_stride K
 *   packed   iopt_gemm_f32_packed_bytes, aligned to IOPT_ALIGN_BYTES; all of it is written
 */
void iopt_gemm_f32_pack(const IoptVariant *variant, const void *b, size_t k_stride, size_t n_stride,
                        size_t k, size_t n, float *packed);

/* Part `part` of `parts` equal ones, for one thread each (gemm_split.h); it may be empty.  The bits
 * of C do not depend on it. */
IoptGemmF32Range iopt_gemm_f32_part(const IoptVariant *variant, const IoptGemmF32 *gemm,
                                    size_t part, size_t parts);

#endif
