/* Images for calibration. */
#include "measure/calibration_images.h"

#include <math.h>
#include <string.h>

#include "tensor/tensor.h"

IoptStatus iopt_calibration_images_open(IoptDataset *dataset, const IoptLoaderOptions *options,
                                        IoptCalibrationImages *out, IoptError *err)
{
    *out = (IoptCalibrationImages){ .min = INFINITY, .max = -INFINITY, .all_equal = true };
    IOPT_TRY(iopt_dataset_rewind(dataset, err));
    return iopt_loader_create(dataset, options, &out->loader, err);
}

void iopt_calibration_images_close(IoptCalibrationImages *images)
{
    iopt_loader_destroy(images->loader);
    images->loader = NULL;
}

/* FNV-1a, a float at a time. */
static uint64_t hash_of(const float *pixels, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &pixels[i], sizeof bits);
        hash = (hash ^ bits) * 0x100000001b3u;
    }
    return hash;
}

static IoptStatus look(IoptCalibrationImages *images, const float *pixels, size_t count,
                       size_t index, IoptError *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(pixels[i]))
            return iopt_fail(err, IOPT_BAD_DATA, "image %zu holds a value that is %s", index,
                             isnan(pixels[i]) ? "NaN" : "infinite");
        images->min = pixels[i] < images->min ? pixels[i] : images->min;
        images->max = pixels[i] > images->max ? pixels[i] : images->max;
    }
    const uint64_t hash = hash_of(pixels, count);
    images->first = images->images == 0 ? hash : images->first;
    images->all_equal = images->all_equal && hash == images->first;
    images->images++;
    return IOPT_OK;
}

IoptStatus iopt_calibration_images_next(void *context, const IoptTensor **out, IoptError *err)
{
    IoptCalibrationImages *const images = context;
    const IoptBatch *batch;

    *out = NULL;
    IOPT_TRY(iopt_loader_next(images->loader, &batch, err));
    images->bad = iopt_loader_stats(images->loader).bad;
    if (!batch)
        return IOPT_OK;
    const size_t count = iopt_elems(&batch->images) / batch->count;
    for (size_t i = 0; i < batch->count; i++)
        IOPT_TRY(look(images, iopt_f32(&batch->images) + i * count, count, batch->indices[i], err));
    *out = &batch->images;
    return IOPT_OK;
}

IoptStatus iopt_calibration_images_judge(const IoptCalibrationImages *images, IoptError *err)
{
    if (images->images == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "the calibration data has no image that can be read");
    if (images->min == images->max)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "every pixel of the %zu calibration images is %g: they say nothing about "
                         "the network",
                         images->images, (double)images->min);
    return IOPT_OK;
}
