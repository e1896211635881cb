/* Preprocessing gives TensorFlow 1's bits. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <zlib.h>

#include "formats/example.h"
#include "formats/npy.h"
#include "formats/tfrecord.h"
#include "measure/preprocess.h"
#include "t_bytes.h"
#include "tensor/tensor.h"

/* The formula, one output at a time. */
static float bilinear(const IoptImage *image, size_t size, size_t y, size_t x, size_t c)
{
    const unsigned char *const p = image->data;
    const float down = (float)image->height / (float)size,
                across = (float)image->width / (float)size;
    const float at_y = (float)y * down, at_x = (float)x * across;
    const size_t y0 = (size_t)at_y, x0 = (size_t)at_x;
    const size_t y1 = y0 + 1 < image->height ? y0 + 1 : y0,
                 x1 = x0 + 1 < image->width ? x0 + 1 : x0;
    const float dy = at_y - (float)y0, dx = at_x - (float)x0;
#define AT(row, column) (float)p[((row)*image->width + (column)) * image->channels + c]
    const float top = AT(y0, x0) + (AT(y0, x1) - AT(y0, x0)) * dx;
    const float bottom = AT(y1, x0) + (AT(y1, x1) - AT(y1, x0)) * dx;
#undef AT
    return top + (bottom - top) * dy;
}

static IoptImage noise(Test *t, size_t height, size_t width, size_t channels)
{
    IoptImage image = { height, width, channels, 1, NULL, 0, 0 };
    unsigned char *const data = malloc(height * width * channels);
    uint32_t seed = 1;

    T_CHECK(t, data);
    for (size_t i = 0; i < height * width * channels; i++) {
        seed = seed * 1664525 + 1013904223;
        data[i] = (unsigned char)(seed >> 24);
    }
    image.data = data;
    return image;
}

static float *run(Test *t, const IoptPreprocess *how, const IoptImage *image)
{
    IoptPreprocessor *preprocessor;
    float *const out = malloc(how->height * how->width * how->channels * sizeof *out);

    T_CHECK(t, out);
    T_OK(t, iopt_preprocessor_create(how, &preprocessor, &t->err));
    T_OK(t, iopt_preprocessor_run(preprocessor, image, out, &t->err));
    iopt_preprocessor_destroy(preprocessor);
    return out;
}

static void bilinear_is_the_formula(Test *t)
{
    static const size_t sizes[][3] = {
        { 375, 500, 3 }, { 7, 5, 3 }, { 1, 1, 3 }, { 28, 28, 1 }, { 28, 900, 3 }
    };

    for (size_t i = 0; i < IOPT_COUNT(sizes); i++) {
        IoptImage image = noise(t, sizes[i][0], sizes[i][1], sizes[i][2]);
        IoptPreprocess how = { .height = 28, .width = 28, .channels = sizes[i][2] };
        T_OK(t, iopt_preprocess_preset(&how, "none", &t->err));
        float *const out = run(t, &how, &image);
        for (size_t k = 0; k < 28 * 28 * how.channels; k++)
            T_CHECK(t, out[k] == bilinear(&image, 28, k / how.channels / 28, k / how.channels % 28,
                                          k % how.channels));
        free(out);
        iopt_image_free(&image);
    }
}

/* Checksums of what TensorFlow 2.15 gives for the same noise (tf.compat.v1.image.resize_*). */
static void every_way_to_resize_has_tensorflows_bits(Test *t)
{
    static const struct {
        size_t size[3];
        uint32_t crc[4]; /* bilinear, bicubic, nearest, area */
    } cases[] = {
        { { 37, 50, 3 }, { 0xb0955cee, 0x30e8b782, 0xad511fd5, 0xd8539866 } },
        { { 120, 90, 3 }, { 0x63da8b6f, 0x5f3d5b83, 0xc70066cc, 0x26e55f5e } },
        { { 28, 28, 1 }, { 0xec6b62a5, 0x6a5dacf7, 0xa3bcf619, 0x82f22a92 } },
        { { 10, 300, 3 }, { 0x8714f387, 0x81130ff1, 0x0c125186, 0x7f424c32 } },
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++)
        for (int resize = IOPT_RESIZE_BILINEAR; resize <= IOPT_RESIZE_AREA; resize++) {
            const size_t *const size = cases[i].size;
            IoptImage image = noise(t, size[0], size[1], size[2]);
            IoptPreprocess how = { .height = 29, .width = 31, .channels = size[2] };
            how.resize = (IoptResize)resize;
            T_OK(t, iopt_preprocess_preset(&how, "none", &t->err));
            float *const out = run(t, &how, &image);
            const unsigned char *const bytes = (const unsigned char *)out;
            const size_t count = 29 * 31 * size[2] * sizeof *out;
            T_SAME_INT(t, crc32_z(0, bytes, count), cases[i].crc[resize]);
            free(out);
            iopt_image_free(&image);
        }
}

static void presets_scale_as_they_say(Test *t)
{
    static const struct {
        const char *name;
        float want[3]; /* of the pixel 10, 20, 255 */
    } presets[] = {
        { "unit", { 10.0f / 255, 20.0f / 255, 1 } },
        { "inception", { 10.0f / 127.5f - 1, 20.0f / 127.5f - 1, 1 } },
        { "torch",
          { (10.0f / 255 - 0.485f) / 0.229f, (20.0f / 255 - 0.456f) / 0.224f,
            (1 - 0.406f) / 0.225f } },
        { "caffe", { 255 - 103.939f, 20 - 116.779f, 10 - 123.68f } },
        { "none", { 10, 20, 255 } },
    };
    unsigned char pixel[3] = { 10, 20, 255 };
    const IoptImage image = { 1, 1, 3, 1, pixel, 3, 0 };
    IoptPreprocess how = { .height = 1, .width = 1, .channels = 3 };

    for (size_t i = 0; i < IOPT_COUNT(presets); i++) {
        T_OK(t, iopt_preprocess_preset(&how, presets[i].name, &t->err));
        float *const out = run(t, &how, &image);
        for (int c = 0; c < 3; c++)
            T_NEAR(t, out[c], presets[i].want[c], 1e-6);
        free(out);
    }
    T_OK(t, iopt_preprocess_preset(&how, "none", &t->err));
    T_OK(t, iopt_preprocess_mean_std(&how, "10", "2,4,5", &t->err));
    float *const out = run(t, &how, &image);
    T_CHECK(t, out[0] == 0 && out[1] == 2.5f && out[2] == 49);
    free(out);
    T_FAILS(t, iopt_preprocess_preset(&how, "incepton", &t->err), IOPT_INVALID_ARGUMENT,
            "did you mean 'inception'?");
    T_FAILS(t, iopt_preprocess_mean_std(&how, "1,2", NULL, &t->err), IOPT_INVALID_ARGUMENT,
            "'1,2'");
    T_FAILS(t, iopt_preprocess_mean_std(&how, NULL, "0", &t->err), IOPT_INVALID_ARGUMENT, "--std");
    T_FAILS(t, iopt_preprocess_mean_std(&how, "1,2,x", NULL, &t->err), IOPT_INVALID_ARGUMENT,
            "--mean");
}

static void crops_are_central(Test *t)
{
    IoptImage image = noise(t, 100, 60, 1);
    const unsigned char *const pixels = image.data;
    IoptPreprocess how = { .height = 80, .width = 48, .channels = 1, .central_crop = 0.8 };

    T_OK(t, iopt_preprocess_preset(&how, "none", &t->err));
    float *out = run(t, &how, &image); /* 80 x 48 of 100 x 60: nothing is resized */
    T_CHECK(t, out[0] == (float)pixels[10 * 60 + 6]);
    free(out);
    how.keep_aspect = true;
    how.height = how.width = 48;
    out = run(t, &how, &image); /* 48 x 48, the odd pixels to the left */
    T_CHECK(t, out[0] == (float)pixels[26 * 60 + 6]);
    T_CHECK(t, out[48 * 48 - 1] == (float)pixels[73 * 60 + 53]);
    free(out);
    iopt_image_free(&image);
}

static void check_crc(Test *t, const cJSON *facts, const char *key, const void *bytes, size_t size)
{
    const double want = cJSON_GetObjectItem(facts, key)->valuedouble;

    T_SAME_INT(t, crc32_z(crc32_z(0, NULL, 0), bytes, size), (long long)want);
}

/* One photo by one DCT method: the stated checksums, and four rows. */
static void check_photo(Test *t, const cJSON *facts, bool accurate, IoptBytes jpeg,
                        const float *rows)
{
    static const size_t kept[] = { 0, 1, 149, 298 };
    const IoptImageOptions options = { .channels = 3, .accurate_dct = accurate };
    const size_t line = 299 * 3, count = 299 * line;
    IoptPreprocess how = { .height = 299, .width = 299, .channels = 3 };
    IoptImage image = { 0 };

    T_OK(t, iopt_image_decode(jpeg.data, jpeg.size, &options, &image, &t->err));
    check_crc(t, facts, "decoded_crc32", image.data, image.height * image.width * 3);
    T_OK(t, iopt_preprocess_preset(&how, "none", &t->err));
    float *out = run(t, &how, &image);
    check_crc(t, facts, "resized_crc32", out, count * sizeof *out);
    free(out);
    T_OK(t, iopt_preprocess_preset(&how, "unit", &t->err));
    out = run(t, &how, &image);
    check_crc(t, facts, "scaled_crc32", out, count * sizeof *out);
    for (size_t i = 0; i < IOPT_COUNT(kept); i++)
        T_CHECK(t, memcmp(out + kept[i] * line, rows + i * line, line * sizeof *out) == 0);
    free(out);
    iopt_image_free(&image);
}

static IoptTensor *golden(Test *t, const char *name)
{
    char path[160];
    IoptTensor *tensor;

    (void)snprintf(path, sizeof path, "golden/ops/DecodeJpeg/%s.npy", name);
    T_OK(t, iopt_npy_read(t_path(t_shared_dir(), path), IOPT_DTYPE_NONE, &tensor, &t->err));
    return tensor;
}

/* (x - 128) / 128; and slim's preprocessing for evaluation, which scales before it resizes and so
 * rounds elsewhere. */
static void graphs_that_preprocess_give_the_same(Test *t)
{
    static const struct {
        const char *in, *out, *preset, *mean, *std;
        double crop;
    } graphs[] = {
        { "preprocess_inception/in0", "preprocess_inception/out0", "none", "128", "128", 0 },
        { "preprocess_slim_eval/in0", "preprocess_slim_eval/out0", "inception", NULL, NULL, 0.875 },
    };
    const IoptImageOptions rgb = { .channels = 3 };

    for (size_t i = 0; t_shared_dir() && i < IOPT_COUNT(graphs); i++) {
        IoptTensor *const in = golden(t, graphs[i].in), *const want = golden(t, graphs[i].out);
        const IoptBytes *const jpeg = in->data;
        const size_t side = (size_t)want->shape.dim[1];
        IoptPreprocess how = { .height = side, .width = side, .channels = 3 };
        IoptImage image = { 0 };
        how.central_crop = graphs[i].crop;
        T_OK(t, iopt_preprocess_preset(&how, graphs[i].preset, &t->err));
        T_OK(t, iopt_preprocess_mean_std(&how, graphs[i].mean, graphs[i].std, &t->err));
        T_OK(t, iopt_image_decode(jpeg->data, jpeg->size, &rgb, &image, &t->err));
        float *const got = run(t, &how, &image);
        for (size_t k = 0; k < iopt_elems(want); k++)
            T_NEAR(t, got[k], iopt_f32(want)[k], 1e-5);
        free(got);
        iopt_image_free(&image);
        iopt_tensor_destroy(in);
        iopt_tensor_destroy(want);
    }
}

/* The jpeg of record `index` of the shared photos; *example keeps it. */
static IoptBytes shared_jpeg(Test *t, size_t index, IoptExample **example)
{
    IoptTfrecord *reader;
    const void *data;
    size_t size;
    IoptBytes jpeg = { 0 };

    for (int shard = 0; shard < 4; shard++) {
        char name[64];
        (void)snprintf(name, sizeof name, "imagenet-sample/validation-%05d-of-00004", shard);
        T_OK(t, iopt_tfrecord_open(t_path(t_shared_dir(), name), &reader, &t->err));
        T_OK(t, iopt_tfrecord_next(reader, &data, &size, &t->err));
        for (; data && index > 0; index--)
            T_OK(t, iopt_tfrecord_next(reader, &data, &size, &t->err));
        if (data) {
            T_OK(t, iopt_example_parse(data, size, example, &t->err));
            T_CHECK(t, iopt_example_bytes(*example, "image/encoded", &jpeg));
            iopt_tfrecord_close(reader);
            return jpeg;
        }
        iopt_tfrecord_close(reader);
    }
    T_FAIL(t, "there is no record %zu", index);
}

/* Checksums of TensorFlow 2.15's values: EfficientNet's crop with bicubic, and central_crop. */
static void crops_of_photos_have_tensorflows_bits(Test *t)
{
    static const struct {
        size_t record;
        uint32_t kept_aspect, central;
    } photos[] = { { 0, 0x8a9a7914, 0x1c20d7f2 }, { 1, 0x6e111248, 0x0131371f } };
    const IoptImageOptions rgb = { .channels = 3 };
    const size_t bytes = 224 * 224 * 3 * sizeof(float);

    for (size_t i = 0; t_shared_dir() && i < IOPT_COUNT(photos); i++) {
        IoptPreprocess how = { .height = 224, .width = 224, .channels = 3, .central_crop = 0.875 };
        IoptImage image = { 0 };
        IoptExample *example;
        const IoptBytes jpeg = shared_jpeg(t, photos[i].record, &example);
        T_OK(t, iopt_image_decode(jpeg.data, jpeg.size, &rgb, &image, &t->err));
        T_OK(t, iopt_preprocess_preset(&how, "none", &t->err));
        float *out = run(t, &how, &image);
        T_SAME_INT(t, crc32_z(0, (const unsigned char *)out, bytes), photos[i].central);
        free(out);
        how.keep_aspect = true;
        how.resize = IOPT_RESIZE_BICUBIC;
        T_OK(t, iopt_preprocess_preset(&how, "unit", &t->err));
        out = run(t, &how, &image);
        T_SAME_INT(t, crc32_z(0, (const unsigned char *)out, bytes), photos[i].kept_aspect);
        free(out);
        iopt_image_free(&image);
        iopt_example_free(example);
    }
}

static void photos_have_tensorflows_bits(Test *t)
{
    IoptTensor *rows;

    if (!t_shared_dir())
        return;
    IoptBuffer *const text = t_map(t, t_path(t_shared_dir(), "models/golden/preprocess.json"));
    cJSON *const photos = cJSON_ParseWithLength(iopt_buffer_data(text), iopt_buffer_bytes(text));
    T_CHECK(t, cJSON_GetArraySize(photos) == 8);
    T_OK(t, iopt_npy_read(t_path(t_shared_dir(), "models/golden/preprocess_rows.npy"), IOPT_F32,
                          &rows, &t->err));
    const size_t per_method = 4 * 299 * 3;
    for (int i = 0; i < 8; i++) {
        const cJSON *const photo = cJSON_GetArrayItem(photos, i);
        const size_t record = (size_t)cJSON_GetObjectItem(photo, "record")->valueint;
        const float *const mine = iopt_f32(rows) + (size_t)i * 2 * per_method;
        IoptExample *example;
        const IoptBytes jpeg = shared_jpeg(t, record, &example);
        check_photo(t, cJSON_GetObjectItem(photo, "INTEGER_FAST"), false, jpeg, mine);
        check_photo(t, cJSON_GetObjectItem(photo, "INTEGER_ACCURATE"), true, jpeg,
                    mine + per_method);
        iopt_example_free(example);
    }
    iopt_tensor_destroy(rows);
    cJSON_Delete(photos);
    iopt_buffer_unref(text);
}

const TestCase tests_preprocess[] = {
    TEST(bilinear_is_the_formula),
    TEST(every_way_to_resize_has_tensorflows_bits),
    TEST(presets_scale_as_they_say),
    TEST(crops_are_central),
    TEST(graphs_that_preprocess_give_the_same),
    TEST(crops_of_photos_have_tensorflows_bits),
    TEST(photos_have_tensorflows_bits),
    { 0 },
};
