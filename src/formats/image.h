/* Photos: JPEG (libjpeg-turbo) and PNG (libpng) to pixels, as TensorFlow's DecodeJpeg and DecodePng
 * give them.  The format is told by content.
 */
#ifndef IOPT_FORMATS_IMAGE_H
#define IOPT_FORMATS_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

typedef enum IoptImageFormat {
    IOPT_IMAGE_UNKNOWN,
    IOPT_IMAGE_JPEG,
    IOPT_IMAGE_PNG,
    IOPT_IMAGE_GIF,
    IOPT_IMAGE_BMP,
    IOPT_IMAGE_WEBP
} IoptImageFormat;

/* Pixels [height, width, channels], dense. */
typedef struct IoptImage {
    size_t height, width, channels;
    size_t value_bytes; /* 1: uint8; 2: uint16 of this machine */
    void *data;         /* released by iopt_image_free */
    size_t capacity;    /* bytes of data, which a next decoding may use again */
    size_t warnings;    /* oddities that the decoder mended: extra bytes, a missing end marker */
} IoptImage;

/* { 0 } is TensorFlow's default: the file's own channels, 8 bits, fast DCT, fancy upsampling. */
typedef struct IoptImageOptions {
    int channels;          /* 0: as in the file; 1: gray; 3: RGB; 4: RGBA (PNG only) */
    bool wide;             /* uint16 values (PNG only) */
    bool accurate_dct;     /* JDCT_ISLOW in place of JDCT_IFAST */
    bool plain_upsampling; /* fancy_upscaling = false */
    int ratio;             /* 0 or 1, 2, 4, 8: decode to a fraction of the size (JPEG only) */
    size_t max_pixels;     /* 0: IOPT_IMAGE_MAX_PIXELS */
} IoptImageOptions;

#define IOPT_IMAGE_MAX_PIXELS \
    ((size_t)1 << 27) /* width * height that is believed: 134 megapixels */

IoptImageFormat iopt_image_format(const void *data, size_t size);
const char *iopt_image_format_name(IoptImageFormat format); /* "JPEG" */

/* Decodes into `image`, whose memory is used again if it suffices ({ 0 } at first).
 * Fails with IOPT_BAD_DATA on bytes that are broken, truncated, not recognized, or claim more than
 * max_pixels; IOPT_INVALID_ARGUMENT on options that do not go together. */
IOPT_MUST_USE IoptStatus iopt_image_decode(const void *data, size_t size,
                                           const IoptImageOptions *options, IoptImage *image,
                                           IoptError *err);
void iopt_image_free(IoptImage *image);

#endif
