/* From decoded pixels to the network's input: crop, resize, scale; TensorFlow 1's bits.
 *
 *   crop      keep_aspect: the largest central part with the output's aspect ratio; central_crop:
 *             this fraction of each side of what is left, in the middle
 *   resize    tf.image.resize_images of TensorFlow 1 (legacy positions), to height x width
 *   scale     value = (resized * scale - mean[c]) / std[c], channels perhaps reversed (BGR)
 */
#ifndef IOPT_MEASURE_PREPROCESS_H
#define IOPT_MEASURE_PREPROCESS_H

#include <stdbool.h>

#include "base/status.h"
#include "formats/image.h"
#include "measure/resize_pixels.h"

typedef struct IoptPreprocess {
    size_t height, width, channels; /* of the output: channels 1 or 3 */
    IoptResize resize;
    bool keep_aspect;
    double central_crop; /* 0 < fraction <= 1; 0 means 1 */
    float scale;         /* 1.0f / 255.0f or 1 */
    bool reverse;        /* BGR */
    bool normalize;      /* subtract mean, divide by std */
    float mean[3], std[3];
} IoptPreprocess;

/* Sets scale, reverse, normalize, mean and std as a name of --preprocess says:
 * unit (0..1, the default), inception (-1..1), torch (ImageNet mean and deviation), caffe (BGR
 * minus mean), none (0..255).  Fails with IOPT_INVALID_ARGUMENT, naming the nearest name. */
IOPT_MUST_USE IoptStatus iopt_preprocess_preset(IoptPreprocess *preprocess, const char *name,
                                                IoptError *err);

/* --mean and --std: one number or one per channel, comma-separated, in the units after `scale`
 * (0..1 for unit, inception and torch; 0..255 for caffe and none), in the order of the output's
 * channels.  Either may be NULL, which leaves the preset's. */
IOPT_MUST_USE IoptStatus iopt_preprocess_mean_std(IoptPreprocess *preprocess, const char *mean,
                                                  const char *std, IoptError *err);

/* "bilinear to 299x299, times 1/255": what will be done, for the report. */
typedef struct IoptPreprocessText {
    char s[256];
} IoptPreprocessText;
IoptPreprocessText iopt_preprocess_text(const IoptPreprocess *preprocess);

/* One at a time works with it: it holds tables and rows. */
typedef struct IoptPreprocessor IoptPreprocessor;

IOPT_MUST_USE IoptStatus iopt_preprocessor_create(const IoptPreprocess *preprocess,
                                                  IoptPreprocessor **out, IoptError *err);
void iopt_preprocessor_destroy(IoptPreprocessor *preprocessor); /* NULL is fine */

/* `image` has the output's channels, 8 bits; `out` has room for height * width * channels. */
IOPT_MUST_USE IoptStatus iopt_preprocessor_run(IoptPreprocessor *preprocessor,
                                               const IoptImage *image, float *out, IoptError *err);

#endif
