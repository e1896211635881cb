/* winograd_f32: 3x3 convolution with stride 1, with 4 (or 2.25 instead of 9) products an output.
 *
 *   y[i, oy, ox, j] = clamp(scale[j] * sum over (ky, kx, c) of x[i, iy, ix, c] * w[ky, kx, c, j]
 *                           + bias[j] + residual[i, oy, ox, j])
 *
 * Outputs are made in tiles of 2x2, F(2x2,3x3), or 4x4, F(4x4,3x3): the 4x4 or 6x6 inputs of a
 * tile and the filter are transformed, multiplied point by point (that is one GEMM for each of the
 * 16 or 36 points, by gemm_f32) and transformed back.  4x4 saves more; 2x2 wastes less on the
 * border of small images.  iopt_winograd_f32_tile says which pays, if any.
 *
 *   x         images of window.in_h x in_w pixels, `channels` values each, x_stride floats from
 *             pixel to pixel
 *   y         images of window.out_h x out_w pixels, n values each, y_stride from pixel to pixel
 *   residual  as y; it may be y itself, with the same stride
 *   padding   counts as zero; nothing outside of the image is read
 *   exact     each output is computed in one order: its bits depend on the variant and the tile,
 *             not on the ranges by which the work was split.  Against exact arithmetic |error| <=
 *             (channels + 20) * 2^-24 * A * |scale| * max |x| * sum |w| + 2^-22 * (|bias| +
 *             |residual|), the maximum over the input that the tile sees, with A = 36 for 2x2 and
 *             2916 for 4x4; in practice some 1e-5 of the largest output for 4x4, 1e-6 for 2x2
 *   traps     an infinity or a NaN in x spreads over the whole tile, as NaN; values from 1e36 on
 *             may overflow; weights have to be finite and below 1e36
 *   source    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015; points
 *             0, 1, -1, 2, -2, infinity
 */
#ifndef IOPT_KERNELS_WINOGRAD_F32_H
#define IOPT_KERNELS_WINOGRAD_F32_H

#include "kernels/kernel.h"
#include "kernels/window.h"

typedef struct IoptWinogradF32Job {
    IoptWindow window; /* kernel 3x3, stride 1, dilation 1 */
    size_t images, channels, n;
    size_t tile; /* 4 or 2 outputs on a side */
    const float *x;
    ptrdiff_t x_stride;
    const float *packed;       /* by iopt_winograd_f32_pack for the same variant and tile */
    const float *scale, *bias; /* [n], or NULL for 1 and 0 */
    const float *residual;     /* or NULL for 0 */
    ptrdiff_t residual_stride;
    float lo, hi; /* clamp; NaN stays; -INFINITY and INFINITY for none */
    float *y;
    ptrdiff_t y_stride;
} IoptWinogradF32Job;

/* A part of the work: tiles [tile_begin, tile_end) of all images, panels [panel_begin, panel_end)
 * of output channels. */
typedef struct IoptWinogradF32Range {
    size_t tile_begin, tile_end, panel_begin, panel_end;
} IoptWinogradF32Range;

/* Computes one part of y; different parts may run on different threads at the same time, each with
 * `scratch` of its own: iopt_winograd_f32_scratch_bytes, aligned to IOPT_ALIGN_BYTES. */
typedef void IoptWinogradF32Run(const IoptWinogradF32Job *job, const IoptWinogradF32Range *range,
                                float *scratch);

extern const IoptKernel iopt_kernel_winograd_f32; /* its functions are IoptWinogradF32Run */

IoptWinogradF32Run iopt_winograd_f32_c, iopt_winograd_f32_avx2, iopt_winograd_f32_avx512;

/* The tile that is likely the fastest for this job (tile, pointers and strides are not looked at):
 * 4 or 2, or 0 if gemm_f32 is. */
size_t iopt_winograd_f32_tile(const IoptVariant *variant, const IoptWinogradF32Job *job);

/* Bytes of the packed filter: some 4 times (tile 4) or 1.8 times (tile 2) those of the filter. */
size_t iopt_winograd_f32_packed_bytes(const IoptVariant *variant, size_t tile, size_t channels,
                                      size_t n);

/* Transforms and packs a filter [3][3][channels][n]; it may lie at any address, and as columns of
 * a wider one: c_stride floats from input channel to input channel.
 *
 *   packed   iopt_winograd_f32_packed_bytes, aligned to IOPT_ALIGN_BYTES; all of it is written
 */
void iopt_winograd_f32_pack(const IoptVariant *variant, size_t tile, const void *filter,
                            size_t c_stride, size_t channels, size_t n, float *packed);

size_t iopt_winograd_f32_scratch_bytes(const IoptVariant *variant, const IoptWinogradF32Job *job);

/* Part `part` of `parts` equal ones, for one thread each.  A part may be empty.  The bits of y do
 * not depend on it. */
IoptWinogradF32Range iopt_winograd_f32_part(const IoptVariant *variant,
                                            const IoptWinogradF32Job *job, size_t part,
                                            size_t parts);

#endif
