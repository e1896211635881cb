/* Images for calibration: read from a data set, and looked at before they are believed. */
#ifndef IOPT_MEASURE_CALIBRATION_IMAGES_H
#define IOPT_MEASURE_CALIBRATION_IMAGES_H

#include <stdbool.h>

#include "measure/loader.h"

enum { IOPT_FEW_IMAGES = 50 }; /* fewer than that are too few to rely on */

typedef struct IoptCalibrationImages {
    IoptLoader *loader;
    size_t images;
    float min, max; /* of all pixels, as the network gets them */
    uint64_t first; /* hash of the first image */
    bool all_equal; /* every image so far is the first one */
    size_t bad;     /* left out: they could not be decoded */
} IoptCalibrationImages;

/* Starts reading; the data set is read from its beginning. */
IOPT_MUST_USE IoptStatus iopt_calibration_images_open(IoptDataset *dataset,
                                                      const IoptLoaderOptions *options,
                                                      IoptCalibrationImages *out, IoptError *err);
void iopt_calibration_images_close(IoptCalibrationImages *images);

/* An IoptNextImages on an IoptCalibrationImages.  IOPT_BAD_DATA if a pixel is NaN or infinite,
 * naming the image. */
IoptStatus iopt_calibration_images_next(void *images, const IoptTensor **out, IoptError *err);

/* After the last one: IOPT_BAD_DATA if there was no image, or nothing but one value. */
IOPT_MUST_USE IoptStatus iopt_calibration_images_judge(const IoptCalibrationImages *images,
                                                       IoptError *err);

#endif
