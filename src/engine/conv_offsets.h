/* Offsets of the pixels that a convolution looks at, for kernels that find them so. */
#ifndef IOPT_ENGINE_CONV_OFFSETS_H
#define IOPT_ENGINE_CONV_OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/window.h"

/* How many images go through one call: enough rows to use the weights well, and offsets that fit
 * into int32.  `image` is the distance from image to image; 0 if not even one fits. */
size_t iopt_images_per_call(size_t images, size_t pixels, ptrdiff_t image);

/* Offsets of `images` images, [image][oy][ox][ky][kx], in units of `pixel` (the distance from pixel
 * to pixel); `zeros` stands where a tap is in the padding, and *pads says whether there are any. */
void iopt_fill_offsets(const IoptWindow *window, ptrdiff_t pixel, size_t images, int32_t zeros,
                       int32_t *offset, bool *pads);

#endif
