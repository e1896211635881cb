/* Crop, resize and scale one image for the network. */
#include "measure/preprocess.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/memory.h"
#include "base/text.h"

struct IoptPreprocessor {
    IoptPreprocess how;
    IoptResizer *resizer;
};

#define UNIT (1.0f / 255.0f) /* a product: TensorFlow's optimizer turns x / 255 into it */

static const struct {
    const char *name;
    float scale;
    bool reverse, normalize;
    float mean[3], std[3];
} presets[] = {
    { "unit", UNIT, false, false, { 0, 0, 0 }, { 1, 1, 1 } },
    { "inception", UNIT, false, true, { 0.5f, 0.5f, 0.5f }, { 0.5f, 0.5f, 0.5f } },
    { "torch", UNIT, false, true, { 0.485f, 0.456f, 0.406f }, { 0.229f, 0.224f, 0.225f } },
    { "caffe", 1, true, true, { 103.939f, 116.779f, 123.68f }, { 1, 1, 1 } },
    { "none", 1, false, false, { 0, 0, 0 }, { 1, 1, 1 } },
};

IoptStatus iopt_preprocess_preset(IoptPreprocess *preprocess, const char *name, IoptError *err)
{
    const char *names[IOPT_COUNT(presets)];

    for (size_t i = 0; i < IOPT_COUNT(presets); i++) {
        names[i] = presets[i].name;
        if (strcmp(name, presets[i].name) != 0)
            continue;
        preprocess->scale = presets[i].scale;
        preprocess->reverse = presets[i].reverse;
        preprocess->normalize = presets[i].normalize;
        memcpy(preprocess->mean, presets[i].mean, sizeof preprocess->mean);
        memcpy(preprocess->std, presets[i].std, sizeof preprocess->std);
        return IOPT_OK;
    }
    const char *const near = iopt_nearest(name, names, IOPT_COUNT(names));
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "unknown preprocessing '%s'; want unit, inception, torch, caffe or "
                     "none%s%s%s",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* "0.5" or "0.485,0.456,0.406" */
static IoptStatus parse_numbers(const char *option, const char *text, float out[3], IoptError *err)
{
    const char *at = text;
    int count = 0;

    for (bool more = true; more && count < 3; count++) {
        char *end;
        out[count] = strtof(at, &end);
        if (end == at || !isfinite(out[count]))
            break;
        more = *end == ',';
        at = end + (more ? 1 : 0);
    }
    if (*at != 0 || (count != 1 && count != 3))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "%s wants one number or three, such as 0.485,0.456,0.406; got '%s'",
                         option, text);
    if (count == 1)
        out[1] = out[2] = out[0];
    return IOPT_OK;
}

IoptStatus iopt_preprocess_mean_std(IoptPreprocess *preprocess, const char *mean, const char *std,
                                    IoptError *err)
{
    if (mean)
        IOPT_TRY(parse_numbers("--mean", mean, preprocess->mean, err));
    if (std)
        IOPT_TRY(parse_numbers("--std", std, preprocess->std, err));
    for (int c = 0; std && c < 3; c++)
        if (!(preprocess->std[c] > 0))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "--std wants numbers above 0; got '%s'",
                             std);
    preprocess->normalize = preprocess->normalize || mean || std;
    return IOPT_OK;
}

IoptPreprocessText iopt_preprocess_text(const IoptPreprocess *preprocess)
{
    const float *const m = preprocess->mean, *const s = preprocess->std;
    IoptPreprocessText text;
    char crop[48] = "", numbers[160] = "";

    if (preprocess->central_crop > 0 && preprocess->central_crop < 1)
        (void)snprintf(crop, sizeof crop, "central %g, ", preprocess->central_crop);
    if (preprocess->normalize)
        (void)snprintf(numbers, sizeof numbers, ", minus %g,%g,%g, over %g,%g,%g", (double)m[0],
                       (double)m[1], (double)m[2], (double)s[0], (double)s[1], (double)s[2]);
    (void)snprintf(text.s, sizeof text.s, "%s%s%s to %zux%zu%s%s%s",
                   preprocess->keep_aspect ? "aspect kept, " : "", crop,
                   iopt_resize_name(preprocess->resize), preprocess->width, preprocess->height,
                   preprocess->scale < 1 ? ", times 1/255" : "", preprocess->reverse ? ", BGR" : "",
                   numbers);
    return text;
}

IoptStatus iopt_preprocessor_create(const IoptPreprocess *preprocess, IoptPreprocessor **out,
                                    IoptError *err)
{
    const double crop = preprocess->central_crop;
    IoptResizer *resizer;
    void *block;

    *out = NULL;
    if (preprocess->channels != 1 && preprocess->channels != 3)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "images become inputs of 1 or 3 channels; the network wants %zu",
                         preprocess->channels);
    if (!(crop >= 0 && crop <= 1))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "--central-crop wants a fraction above 0, at most 1; got %g", crop);
    IOPT_TRY(iopt_resizer_create(preprocess->resize, preprocess->height, preprocess->width,
                                 preprocess->channels, &resizer, err));
    const IoptStatus status = iopt_alloc(&block, 1, sizeof(IoptPreprocessor), err);
    if (status != IOPT_OK) {
        iopt_resizer_destroy(resizer);
        return status;
    }
    IoptPreprocessor *const preprocessor = block;
    preprocessor->how = *preprocess;
    preprocessor->resizer = resizer;
    *out = preprocessor;
    return IOPT_OK;
}

void iopt_preprocessor_destroy(IoptPreprocessor *preprocessor)
{
    if (!preprocessor)
        return;
    iopt_resizer_destroy(preprocessor->resizer);
    free(preprocessor);
}

/* The middle `part` of `whole`; the pixel that is over goes to the left. */
static size_t middle(size_t whole, size_t part)
{
    return (whole - part + 1) / 2;
}

static size_t fraction_of(size_t side, double fraction)
{
    const size_t part = (size_t)((double)side * fraction);
    return part ? part : 1;
}

/* The largest part with the output's aspect ratio, `fraction` of it: EfficientNet's crop, for a
 * square output of side int(fraction * min(height, width)). */
static IoptPixels crop_to_aspect(const IoptPreprocess *how, const IoptImage *image, double fraction)
{
    const double ratio = (double)how->width / (double)how->height;
    size_t height = image->height, width = fraction_of(height, ratio);

    if (width > image->width) {
        width = image->width;
        height = fraction_of(width, 1 / ratio);
        height = height < image->height ? height : image->height;
    }
    height = fraction_of(height, fraction);
    width = fraction_of(width, fraction);
    const size_t stride = image->width * image->channels;
    const unsigned char *const data = image->data;
    return (IoptPixels){ data + middle(image->height, height) * stride +
                             middle(image->width, width) * image->channels,
                         height, width, stride };
}

/* tf.image.central_crop: what is cut off one side is rounded down. */
static IoptPixels crop_center(const IoptImage *image, double fraction)
{
    const size_t stride = image->width * image->channels;
    const double h = (double)image->height, w = (double)image->width;
    const size_t top = (size_t)((h - h * fraction) / 2), left = (size_t)((w - w * fraction) / 2);
    const unsigned char *const data = image->data;

    return (IoptPixels){ data + top * stride + left * image->channels,
                         image->height > 2 * top ? image->height - 2 * top : 1,
                         image->width > 2 * left ? image->width - 2 * left : 1, stride };
}

static void finish_pixels(const IoptPreprocess *how, size_t count, float *values)
{
    const size_t channels = how->channels;

    if (how->scale < 1 || how->scale > 1)
        for (size_t i = 0; i < count * channels; i++)
            values[i] *= how->scale;
    if (how->reverse && channels == 3)
        for (size_t i = 0; i < count; i++) {
            const float first = values[3 * i];
            values[3 * i] = values[3 * i + 2];
            values[3 * i + 2] = first;
        }
    if (how->normalize)
        for (size_t i = 0; i < count; i++, values += channels)
            for (size_t c = 0; c < channels; c++)
                values[c] = (values[c] - how->mean[c]) / how->std[c];
}

IoptStatus iopt_preprocessor_run(IoptPreprocessor *preprocessor, const IoptImage *image, float *out,
                                 IoptError *err)
{
    const IoptPreprocess *const how = &preprocessor->how;
    const double fraction = how->central_crop > 0 ? how->central_crop : 1;

    if (image->channels != how->channels || image->value_bytes != 1 || !image->height ||
        !image->width)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "want 8-bit pixels of %zu channels; got %zux%zu, %zu bytes, %zu channels",
                         how->channels, image->width, image->height, image->value_bytes,
                         image->channels);
    const IoptPixels pixels =
        how->keep_aspect ? crop_to_aspect(how, image, fraction) : crop_center(image, fraction);
    IOPT_TRY(iopt_resizer_run(preprocessor->resizer, &pixels, out, err));
    finish_pixels(how, how->height * how->width, out);
    return IOPT_OK;
}
