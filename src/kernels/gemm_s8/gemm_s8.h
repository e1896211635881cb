/* gemm_s8: C[r][j] from the sum over k of A[r][k] * B[k][j], codes of 8 bits by signed weights
 *
 *   t = sum + bias[j] + row_sum[r] * b_zero[j]          int32, modulo 2^32
 *   v = (float)t * scale[j] + residual[r][j]            three float32 operations, each rounded once
 *   C = v as `end` says (requant_s8.h): codes of 8 or 16 bits, or floats; or t itself (S32)
 *
 * One kernel for MatMul and for every convolution that is not depthwise; rows of A are found as
 * gemm_f32 finds them.
 *
 *   A    u8; K = taps * depth bytes a row, as `taps` segments of `depth` consecutive bytes.
 *        Segment t of row r lies at    a + offset[r * taps + t]    or is `zeros` if that offset is
 *        IOPT_GEMM_S8_ZEROS: padding, `depth` bytes of the input's zero point.
 *        offset == NULL: one segment, at    a + r * a_stride    (MatMul, 1x1 convolution).
 *   B    s8, -128..127; K rows (tap-major: the filter HWIO as it lies), n columns; packed once by
 *        iopt_gemm_s8_pack, for this variant, into panels of columns
 *   C    at    c + r * end.stride + j    : a producer may write its slice of a concatenation
 *
 * A's zero point: the sum of (a - zero) * b is sum(a * b) - zero * sum(b), so the caller puts
 * -zero * (column sum of B) into `bias`.  B's zero point (weights u8 with an offset): row_sum[r] is
 * the sum of A's row (iopt_gemm_s8_row_sums), b_zero[j] minus the zero point; the term that depends
 * on neither row nor sum goes into `bias`.
 *
 *   exact    every variant gives the same bits, whatever A and B: no 16-bit sum saturates
 *   reads    up to IOPT_S8_SPARE_BYTES - 1 bytes behind a segment of A, of `zeros` and of a
 *            residual of codes, without using them; everything else to its named elements
 *   source   TensorFlow ops "Conv2D", "MatMul" between fake quantizations; "QuantizedConv2D",
 *            "QuantizedMatMul"
 *
 * A convolution with g groups is g calls, as with gemm_f32.  Segments are padded to 4 bytes of K:
 * RGB (depth 3) takes 4/3 of the time.  Where no tap falls into padding (VALID, or an image that
 * was copied into a border) and the pixels lie close together, let a row of the filter be one
 * segment: taps = kernel_h, depth = kernel_w * channels.
 */
#ifndef IOPT_KERNELS_GEMM_S8_H
#define IOPT_KERNELS_GEMM_S8_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/gemm_split.h"
#include "kernels/kernel.h"
#include "kernels/requant_s8.h"

#define IOPT_GEMM_S8_ZEROS INT32_MIN /* an offset: this segment is in the padding */

typedef struct IoptGemmS8 {
    size_t rows, n;          /* of C; any may be 0 */
    size_t taps, depth;      /* K = taps * depth; may be 0 */
    const uint8_t *a;        /* base of the offsets */
    ptrdiff_t a_stride;      /* bytes from row to row, if offset is NULL */
    const int32_t *offset;   /* [rows][taps] bytes from `a`, or NULL (then taps is 1) */
    const uint8_t *zeros;    /* `depth` bytes; may be NULL if no offset is IOPT_GEMM_S8_ZEROS */
    const void *packed;      /* by iopt_gemm_s8_pack; aligned to IOPT_ALIGN_BYTES */
    const void *next_packed; /* the B of the next call, to fetch on the way; or NULL */
    const int32_t *bias;     /* [n], or NULL for 0 */
    const int32_t *row_sum;  /* [rows], or NULL, */
    const int32_t *b_zero;   /* [n]; both or none of them */
    const float *scale;      /* [n], finite; not used for S32 */
    const void *residual;    /* [rows][n], or NULL for none; may be C itself, like strides */
    IoptS8In residual_in;    /* U8, U16; or F32: added as it is, no zero and no scale */
    IoptS8End end;           /* any type; S32 takes only the stride */
    void *c;                 /* overlaps neither A nor B */
} IoptGemmS8;

/* A part of the work: rows [row_begin, row_end) of panels [panel_begin, panel_end). */
typedef IoptWorkRange IoptGemmS8Range;

/* Computes one part of C; different parts may run on different threads at the same time. */
typedef void IoptGemmS8Run(const IoptGemmS8 *gemm, const IoptGemmS8Range *range);

extern const IoptKernel iopt_kernel_gemm_s8; /* its functions are IoptGemmS8Run */

IoptGemmS8Run iopt_gemm_s8_c, iopt_gemm_s8_avx2, iopt_gemm_s8_avx512, iopt_gemm_s8_avxvnni,
    iopt_gemm_s8_avx512vnni;

/* How many panels n columns make; what IoptGemmS8Range counts. */
size_t iopt_gemm_s8_panels(const IoptVariant *variant, size_t n);

/* Bytes of B packed, at most.  K * n bytes exist somewhere; nothing here can overflow then. */
size_t iopt_gemm_s8_packed_bytes(const IoptVariant *variant, size_t taps, size_t depth, size_t n);

/* Packs B for `variant`: element (row, column) is b[row * k_stride + column * n_stride].
 *
 *   filter HWIO or MatMul [K, n]     k_stride n (all columns, if there are groups), n_stride 1
 *   MatMul with transpose_b [n, K]   k_stride 1, n_stride K
 *   packed   iopt_gemm_s8_packed_bytes, aligned to IOPT_ALIGN_BYTES
 */
void iopt_gemm_s8_pack(const IoptVariant *variant, const int8_t *b, size_t k_stride,
                       size_t n_stride, size_t taps, size_t depth, size_t n, void *packed);

/* row_sum[r] = the sum of A's row r, padding included, for rows [row_begin, row_end). */
void iopt_gemm_s8_row_sums(const IoptGemmS8 *gemm, size_t row_begin, size_t row_end,
                           int32_t *row_sum);

/* Part `part` of `parts` equal ones, for one thread each (gemm_split.h); it may be empty.  The bits
 * of C do not depend on it. */
IoptGemmS8Range iopt_gemm_s8_part(const IoptVariant *variant, const IoptGemmS8 *gemm, size_t part,
                                  size_t parts);

#endif
