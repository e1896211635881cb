/* mean_u8: the mean of codes over the middle axis; so global average pooling, and Mean over height
 * and width
 *
 *   y[n, c] = end((float)sum * scale)     sum over i of (x[n, i, c] - x.zero), in int32
 *
 *   x        [images, pixels, channels] codes, x.stride from pixel to pixel; U8 with at most 2^23
 *            pixels, U16 with at most 2^15
 *   scale    x.scale = (float)(scale of x / pixels), divided by that of y if y is codes, in double;
 *            0 pixels give end(0 * x.scale)
 *   y        [images, channels], codes or floats (end: see IoptS8End), y.stride from image to
 *            image; must not overlap x
 *   exact    the same bits in every variant
 */
#ifndef IOPT_KERNELS_MEAN_U8_H
#define IOPT_KERNELS_MEAN_U8_H

#include "kernels/kernel.h"
#include "kernels/requant_s8.h"

typedef struct IoptMeanU8Job {
    size_t pixels, channels;
    IoptS8In x;
    IoptS8End y;
} IoptMeanU8Job;

/* Computes the outputs [begin, end) of images * channels; output = n * channels + c. */
typedef void IoptMeanU8(const IoptMeanU8Job *job, const void *x, void *y, size_t begin, size_t end);

IoptMeanU8 iopt_mean_u8_c, iopt_mean_u8_avx2, iopt_mean_u8_avx512;
extern const IoptKernel iopt_kernel_mean_u8;

#endif
