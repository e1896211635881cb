/* Encoded images: which format it is, memory for the pixels. */
#include "formats/image.h"

#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "base/memory.h"
#include "formats/image_codec.h"

static const struct {
    IoptImageFormat format;
    const char *magic, *name;
    size_t size;
} formats[] = {
    { IOPT_IMAGE_JPEG, "\xff\xd8\xff", "JPEG", 3 },
    { IOPT_IMAGE_PNG, "\x89PNG\r\n\x1a\n", "PNG", 8 },
    { IOPT_IMAGE_GIF, "GIF8", "GIF", 4 },
    { IOPT_IMAGE_BMP, "BM", "BMP", 2 },
    { IOPT_IMAGE_WEBP, "RIFF", "WebP", 4 },
};

IoptImageFormat iopt_image_format(const void *data, size_t size)
{
    for (size_t i = 0; i < IOPT_COUNT(formats); i++)
        if (size >= formats[i].size && memcmp(data, formats[i].magic, formats[i].size) == 0)
            return formats[i].format;
    return IOPT_IMAGE_UNKNOWN;
}

const char *iopt_image_format_name(IoptImageFormat format)
{
    for (size_t i = 0; i < IOPT_COUNT(formats); i++)
        if (formats[i].format == format)
            return formats[i].name;
    return "unknown";
}

IoptStatus iopt_image_reserve(IoptImage *image, const IoptImageOptions *options, size_t height,
                              size_t width, size_t channels, size_t value_bytes, IoptError *err)
{
    const size_t limit = options->max_pixels ? options->max_pixels : IOPT_IMAGE_MAX_PIXELS;
    size_t pixels, values, bytes;

    if (height == 0 || width == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "the image has no pixels (%zux%zu)", width, height);
    if (!iopt_mul_size(height, width, &pixels) || pixels > limit ||
        !iopt_mul_size(pixels, channels, &values) || !iopt_mul_size(values, value_bytes, &bytes))
        return iopt_fail(err, IOPT_BAD_DATA, "the image claims %zux%zu pixels; at most %zu", width,
                         height, limit);
    if (bytes > image->capacity) {
        void *data;
        IOPT_TRY(iopt_alloc_aligned(&data, bytes, err));
        free(image->data);
        image->data = data;
        image->capacity = bytes;
    }
    image->height = height;
    image->width = width;
    image->channels = channels;
    image->value_bytes = value_bytes;
    return IOPT_OK;
}

IoptStatus iopt_image_decode(const void *data, size_t size, const IoptImageOptions *options,
                             IoptImage *image, IoptError *err)
{
    static const IoptImageOptions standard = { 0 };
    const IoptImageFormat format = iopt_image_format(data, size);

    image->height = image->width = image->channels = image->warnings = 0;
    options = options ? options : &standard;
    switch (format) {
    case IOPT_IMAGE_JPEG: return iopt_jpeg_decode(data, size, options, image, err);
    case IOPT_IMAGE_PNG: return iopt_png_decode(data, size, options, image, err);
    case IOPT_IMAGE_GIF:
    case IOPT_IMAGE_BMP:
    case IOPT_IMAGE_WEBP:
        return iopt_fail(err, IOPT_BAD_DATA, "a %s image; want JPEG or PNG",
                         iopt_image_format_name(format));
    case IOPT_IMAGE_UNKNOWN: break;
    }
    if (size == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "not an image: empty");
    return iopt_fail(err, IOPT_BAD_DATA, "not an image: neither JPEG nor PNG (%zu bytes)", size);
}

void iopt_image_free(IoptImage *image)
{
    free(image->data);
    *image = (IoptImage){ 0 };
}
