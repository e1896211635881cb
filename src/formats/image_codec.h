/* What image.c and the readers of single formats share. */
#ifndef IOPT_FORMATS_IMAGE_CODEC_H
#define IOPT_FORMATS_IMAGE_CODEC_H

#include "formats/image.h"

/* Sets the image's size and makes room for its pixels.  Fails with IOPT_BAD_DATA on a size of
 * zero or beyond the options' max_pixels. */
IoptStatus iopt_image_reserve(IoptImage *image, const IoptImageOptions *options, size_t height,
                              size_t width, size_t channels, size_t value_bytes, IoptError *err);

IoptStatus iopt_jpeg_decode(const void *data, size_t size, const IoptImageOptions *options,
                            IoptImage *image, IoptError *err);
IoptStatus iopt_png_decode(const void *data, size_t size, const IoptImageOptions *options,
                           IoptImage *image, IoptError *err);

#endif
