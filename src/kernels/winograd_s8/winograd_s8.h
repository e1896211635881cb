/* winograd_s8: convolution 3x3 with stride 1 on codes of 8 bits in a quarter of the products
 *
 *   t = sum over (ky, kx, c) of x[i, iy, ix, c] * w[ky, kx, c, j] + bias[j]      int32, exact
 *   y = t, scaled and ended as gemm_s8 does it: scale, residual, `end`
 *
 * Outputs are made in tiles of 4x4 from 6x6 inputs, F(4x4,3x3).  With the points 0, 1, -1, 2, -2,
 * infinity and the filter's matrix scaled to integers, transformed inputs (at most 17340) and
 * weights (at most 6272) fit into 16 bits, so their products are exact.  The sums of products may
 * wrap around: transforming back gives 576 * t (or another factor 9 * 2^s) modulo 2^32, which,
 * times the inverse of 9 and shifted by s, is t exactly while |t| < 2^25.  That depends on the
 * weights alone, and iopt_winograd_s8_takes looks at it.
 *
 *   x         u8, images of window.in_h x in_w pixels, x_stride bytes from pixel to pixel
 *   y         images of window.out_h x out_w pixels, n values each, end.stride from pixel to pixel
 *   residual  as y; it may be y itself, with the same type and stride
 *   padding   is x_zero
 *   exact     every variant gives the bits of gemm_s8
 *   reads     up to IOPT_S8_SPARE_BYTES - 1 bytes behind a residual of codes, without using them;
 *             everything else to its named elements
 *   source    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015
 */
#ifndef IOPT_KERNELS_WINOGRAD_S8_H
#define IOPT_KERNELS_WINOGRAD_S8_H

#include <stdbool.h>

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"
#include "kernels/window.h"

typedef struct IoptWinogradS8Job {
    IoptWindow window; /* kernel 3x3, stride 1, dilation 1 */
    size_t images, channels, n;
    const uint8_t *x;
    ptrdiff_t x_stride;
    uint8_t x_zero;
    const void *packed;   /* by iopt_winograd_s8_pack for the same variant */
    const int32_t *bias;  /* [n], or NULL for 0: as gemm_s8, -x_zero * (sum of w) is in it */
    const float *scale;   /* [n], finite; not used for S32 */
    const void *residual; /* or NULL for none */
    IoptS8In residual_in; /* as in gemm_s8 */
    IoptS8End end;
    void *y;
} IoptWinogradS8Job;

/* A part of the work: tiles [tile_begin, tile_end) of all images, panels [panel_begin, panel_end)
 * of output channels. */
typedef struct IoptWinogradS8Range {
    size_t tile_begin, tile_end, panel_begin, panel_end;
} IoptWinogradS8Range;

/* Computes one part of y; different parts may run on different threads at the same time, each with
 * `scratch` of its own: iopt_winograd_s8_scratch_bytes, aligned to IOPT_ALIGN_BYTES. */
typedef void IoptWinogradS8Run(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                               void *scratch);

extern const IoptKernel iopt_kernel_winograd_s8; /* its functions are IoptWinogradS8Run */

IoptWinogradS8Run iopt_winograd_s8_c, iopt_winograd_s8_avx2, iopt_winograd_s8_avx512,
    iopt_winograd_s8_avxvnni, iopt_winograd_s8_avx512vnni;

/* Whether the kernel has this window, and the sums of this filter cannot leave 25 bits.  Filter and
 * c_stride are as for iopt_winograd_s8_pack. */
bool iopt_winograd_s8_takes(const IoptWinogradS8Job *job, const int8_t *filter, size_t c_stride);

/* Whether it is likely faster than gemm_s8 with the variant of the same name; pointers and strides
 * are not looked at. */
bool iopt_winograd_s8_pays(const IoptVariant *variant, const IoptWinogradS8Job *job);

/* Bytes of the packed filter; channels and n are looked at. */
size_t iopt_winograd_s8_packed_bytes(const IoptVariant *variant, const IoptWinogradS8Job *job);

/* Transforms and packs a filter [3][3][channels][n]; it may be columns of a wider one: c_stride
 * bytes from input channel to input channel.
 *
 *   packed   iopt_winograd_s8_packed_bytes, aligned to IOPT_ALIGN_BYTES; all of it is written
 */
void iopt_winograd_s8_pack(const IoptVariant *variant, const IoptWinogradS8Job *job,
                           const int8_t *filter, size_t c_stride, void *packed);

size_t iopt_winograd_s8_scratch_bytes(const IoptVariant *variant, const IoptWinogradS8Job *job);

/* Part `part` of `parts` equal ones, for one thread each.  A part may be empty.  The bits of y do
 * not depend on it. */
IoptWinogradS8Range iopt_winograd_s8_part(const IoptVariant *variant, const IoptWinogradS8Job *job,
                                          size_t part, size_t parts);

#endif
