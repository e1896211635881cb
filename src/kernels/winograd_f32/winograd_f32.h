/* winograd_f32: small convolutions with stride 1 in fewer products.
 *
 *   y[i, oy, ox, j] = clamp(scale[j] * sum over (ky, kx, c) of x[i, iy, ix, c] * w[ky, kx, c, j]
 *                           + bias[j] + residual[i, oy, ox, j])
 *
 * Outputs are made in tiles.  The inputs of a tile and the filter are transformed, multiplied point
 * by point (one GEMM for each point, by gemm_f32) and transformed back:
 *
 *   kernel     tile  outputs  points  products saved  weights grow
 *   3x3        4     4x4      6x6     4.0             4.0
 *   3x3        2     2x2      4x4     2.25            1.8
 *   1x3, 3x1   4     4        6       2.0             2.0
 *   1x7, 7x1   2     2        8       1.75            1.14
 *
 * Larger tiles save more; smaller ones waste less on the border of small images and read less
 * weights.  iopt_winograd_f32_tile says which pays, if any.
 *
 *   x         images of window.in_h x in_w pixels, `channels` values each, x_stride floats from
 *             pixel to pixel
 *   y         images of window.out_h x out_w pixels, n values each, y_stride from pixel to pixel
 *   residual  as y; it may be y itself, with the same stride
 *   padding   counts as zero; nothing outside of the image is read
 *   exact     each output is computed in one order: its bits depend on the variant and the tile,
 *             not on the ranges by which the work was split.  Against exact arithmetic |error| <=
 *             (channels + 20) * 2^-24 * A * |scale| * max |x| * sum |w| + 2^-22 * (|bias| +
 *             |residual|), the maximum over the input that the tile sees, with A = 860 and 16 for
 *             3x3 by 4 and by 2, 30 for three taps, 40 for seven; in practice some 1e-5 of the
 *             largest output for 4x4, 1e-6 for the others
 *   traps     an infinity or a NaN in x spreads over the whole tile, as NaN; values from 1e36 on
 *             may overflow
 *   source    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015; points
 *             0, 1, -1, 2, -2, 1/2, -1/2 as far as needed, and infinity
 */
#ifndef IOPT_KERNELS_WINOGRAD_F32_H
#define IOPT_KERNELS_WINOGRAD_F32_H

#include <stdbool.h>

#include "kernels/kernel.h"
#include "kernels/window.h"

typedef struct IoptWinogradF32Job {
    IoptWindow window; /* kernel as above, stride 1, dilation 1 */
    size_t images, channels, n;
    size_t tile; /* 4 or 2, as above */
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
 * 4 or 2, or 0 if gemm_f32 is, or if the window is not one of the above. */
size_t iopt_winograd_f32_tile(const IoptVariant *variant, const IoptWinogradF32Job *job);

/* Whether a filter's `count` values, at any address, are all small enough: finite, below 1e36. */
bool iopt_winograd_f32_takes(const void *filter, size_t count);

/* Bytes of the packed filter; window, tile, channels and n are looked at. */
size_t iopt_winograd_f32_packed_bytes(const IoptVariant *variant, const IoptWinogradF32Job *job);

/* Transforms and packs a filter [kernel_h][kernel_w][channels][n]; it may lie at any address, and
 * as columns of a wider one: c_stride floats from input channel to input channel.
 *
 *   packed   iopt_winograd_f32_packed_bytes, aligned to IOPT_ALIGN_BYTES; all of it is written
 */
void iopt_winograd_f32_pack(const IoptVariant *variant, const IoptWinogradF32Job *job,
                            const void *filter, size_t c_stride, float *packed);

size_t iopt_winograd_f32_scratch_bytes(const IoptVariant *variant, const IoptWinogradF32Job *job);

/* Part `part` of `parts` equal ones, for one thread each.  A part may be empty.  The bits of y do
 * not depend on it. */
IoptWinogradF32Range iopt_winograd_f32_part(const IoptVariant *variant,
                                            const IoptWinogradF32Job *job, size_t part,
                                            size_t parts);

#endif
