/* Resizing of 8-bit pixels to floats, as tf.image.resize_images of TensorFlow 1 does it by default:
 * output index i looks at position i * scale, scale = float(in) / float(out); no half-pixel
 * centres, no antialiasing.  Every operation is a single float32 one, so the bits are TensorFlow's.
 */
#ifndef IOPT_MEASURE_RESIZE_PIXELS_H
#define IOPT_MEASURE_RESIZE_PIXELS_H

#include "base/status.h"

typedef enum IoptResize {
    IOPT_RESIZE_BILINEAR,
    IOPT_RESIZE_BICUBIC,
    IOPT_RESIZE_NEAREST,
    IOPT_RESIZE_AREA
} IoptResize;

/* --resize: bilinear, bicubic, nearest, area. */
IOPT_MUST_USE IoptStatus iopt_resize_from_name(const char *name, IoptResize *out, IoptError *err);
const char *iopt_resize_name(IoptResize resize);

/* A rectangle of an image: rows of `width` pixels, `stride` bytes from one to the next. */
typedef struct IoptPixels {
    const unsigned char *data;
    size_t height, width, stride;
} IoptPixels;

/* Holds tables and rows; used by one thread at a time. */
typedef struct IoptResizer IoptResizer;

/* `channels` is 1, 3 or 4. */
IOPT_MUST_USE IoptStatus iopt_resizer_create(IoptResize resize, size_t height, size_t width,
                                             size_t channels, IoptResizer **out, IoptError *err);
void iopt_resizer_destroy(IoptResizer *resizer); /* NULL is fine */

/* Writes height * width * channels floats, 0 .. 255 (bicubic may overshoot). */
IOPT_MUST_USE IoptStatus iopt_resizer_run(IoptResizer *resizer, const IoptPixels *pixels,
                                          float *out, IoptError *err);

#endif
