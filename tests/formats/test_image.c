/* JPEG and PNG decode to TensorFlow's pixels; nothing that is broken crashes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/image.h"
#include "formats/npy.h"
#include "t_bytes.h"
#include "tensor/tensor.h"

/* Cases of the shared goldens, by operator and name; a selection is committed. */
static const struct {
    const char *op, *name;
    IoptImageOptions options;
} cases[] = {
#define JPEG(name, ...)     \
    {                       \
        "DecodeJpeg", name, \
        {                   \
            __VA_ARGS__     \
        }                   \
    }
#define PNG(name, ...)     \
    {                      \
        "DecodePng", name, \
        {                  \
            __VA_ARGS__    \
        }                  \
    }
    JPEG("1x1_ch0", 0),
    JPEG("8x8_ch3", .channels = 3),
    JPEG("cmyk_ch0", 0),
    JPEG("cmyk_ch3", .channels = 3),
    JPEG("gray_ch0", 0),
    JPEG("gray_ch1", .channels = 1),
    JPEG("gray_ch3", .channels = 3),
    JPEG("gray_integer_accurate", .accurate_dct = true),
    JPEG("gray_integer_fast", 0),
    JPEG("no_fancy", .plain_upsampling = true),
    JPEG("no_fancy_accurate", .plain_upsampling = true, .accurate_dct = true),
    JPEG("progressive_ch0", 0),
    JPEG("progressive_ch1", .channels = 1),
    JPEG("progressive_ch3", .channels = 3),
    JPEG("progressive_gray_ch3", .channels = 3),
    JPEG("progressive_integer_accurate", .accurate_dct = true),
    JPEG("progressive_integer_fast", 0),
    JPEG("q10_ch0", 0),
    JPEG("q10_integer_accurate", .accurate_dct = true),
    JPEG("ratio2", .ratio = 2),
    JPEG("ratio4", .ratio = 4),
    JPEG("ratio8", .ratio = 8),
    JPEG("restart_ch1", .channels = 1),
    JPEG("restart_ch3", .channels = 3),
    JPEG("rgb420_ch0", 0),
    JPEG("rgb420_ch1", .channels = 1),
    JPEG("rgb420_ch3", .channels = 3),
    JPEG("rgb420_integer_accurate", .accurate_dct = true),
    JPEG("rgb420_integer_fast", 0),
    JPEG("rgb422_ch1", .channels = 1),
    JPEG("rgb422_ch3", .channels = 3),
    JPEG("rgb444_ch3", .channels = 3),
    JPEG("rgb444_integer_accurate", .accurate_dct = true),
    JPEG("png_bytes", 0),
    PNG("1x1_ch0", 0),
    PNG("1x1_ch4", .channels = 4),
    PNG("gray16_ch0", 0),
    PNG("gray16_ch3", .channels = 3),
    PNG("gray16_ch4", .channels = 4),
    PNG("gray16_u16", .wide = true),
    PNG("gray1bit_ch0", 0),
    PNG("gray1bit_ch3", .channels = 3),
    PNG("gray1bit_ch4", .channels = 4),
    PNG("gray4bit_ch1", .channels = 1),
    PNG("gray4bit_ch4", .channels = 4),
    PNG("gray_alpha_ch0", 0),
    PNG("gray_alpha_ch1", .channels = 1),
    PNG("gray_alpha_ch3", .channels = 3),
    PNG("gray_alpha_ch4", .channels = 4),
    PNG("gray_ch4", .channels = 4),
    PNG("gray_u16", .wide = true),
    PNG("jpeg_bytes", 0),
    PNG("palette_ch0", 0),
    PNG("palette_ch1", .channels = 1),
    PNG("palette_ch4", .channels = 4),
    PNG("palette_trns_ch0", 0),
    PNG("palette_trns_ch1", .channels = 1),
    PNG("palette_trns_ch3", .channels = 3),
    PNG("palette_u16", .wide = true),
    PNG("rgb16_ch0", 0),
    PNG("rgb16_ch1", .channels = 1),
    PNG("rgb16_ch4", .channels = 4),
    PNG("rgb16_u16", .wide = true),
    PNG("rgb_ch0", 0),
    PNG("rgb_ch1", .channels = 1),
    PNG("rgb_ch4", .channels = 4),
    PNG("rgb_u16", .wide = true),
    PNG("rgba16_ch0", 0),
    PNG("rgba16_ch3", .channels = 3),
    PNG("rgba16_u16", .wide = true),
    PNG("rgba_ch0", 0),
    PNG("rgba_ch1", .channels = 1),
    PNG("rgba_ch3", .channels = 3),
#undef JPEG
#undef PNG
};

/* The shared file of a case, or the committed one; NULL if neither is there. */
static const char *case_file(size_t i, const char *which)
{
    char name[160];
    const char *path;

    if (t_shared_dir()) {
        (void)snprintf(name, sizeof name, "golden/ops/%s/%s/%s0.npy", cases[i].op, cases[i].name,
                       which);
        return t_path(t_shared_dir(), name);
    }
    (void)snprintf(name, sizeof name, "decode/%s-%s.%s.npy", cases[i].op, cases[i].name, which);
    path = t_path(t_data_dir(), name);
    FILE *const file = fopen(path, "rb");
    if (!file)
        return NULL;
    (void)fclose(file);
    return path;
}

static void check_case(Test *t, size_t i)
{
    IoptTensor *in, *want;
    IoptImage image = { 0 };

    T_OK(t, iopt_npy_read(case_file(i, "in"), IOPT_STRING, &in, &t->err));
    T_OK(t, iopt_npy_read(case_file(i, "out"), IOPT_DTYPE_NONE, &want, &t->err));
    const IoptBytes *const bytes = in->data;
    T_OK(t, iopt_image_decode(bytes->data, bytes->size, &cases[i].options, &image, &t->err));
    const int64_t dims[3] = { (int64_t)image.height, (int64_t)image.width,
                              (int64_t)image.channels };
    const IoptShape shape = iopt_shape(3, dims);
    if (!iopt_shape_equal(&shape, &want->shape) ||
        image.value_bytes != iopt_dtype_bytes(want->dtype))
        T_FAIL(t, "%s/%s: want %s, got %s", cases[i].op, cases[i].name, iopt_tensor_text(want).s,
               iopt_shape_text(&shape).s);
    if (memcmp(image.data, want->data, want->bytes) != 0)
        T_FAIL(t, "%s/%s: other pixels than TensorFlow's", cases[i].op, cases[i].name);
    iopt_image_free(&image);
    iopt_tensor_destroy(in);
    iopt_tensor_destroy(want);
}

static void pixels_are_tensorflows(Test *t)
{
    size_t checked = 0;

    for (size_t i = 0; i < IOPT_COUNT(cases); i++)
        if (case_file(i, "in")) {
            check_case(t, i);
            checked++;
        }
    T_CHECK(t, checked >= 14);
}

static IoptTensor *committed(Test *t, const char *name)
{
    IoptTensor *tensor;
    char path[160];

    (void)snprintf(path, sizeof path, "decode/%s.in.npy", name);
    T_OK(t, iopt_npy_read(t_path(t_data_dir(), path), IOPT_STRING, &tensor, &t->err));
    return tensor;
}

static void other_files_are_refused(Test *t)
{
    IoptImage image = { 0 };
    IoptImageOptions options = { .channels = 4 };

    T_FAILS(t, iopt_image_decode("", 0, NULL, &image, &t->err), IOPT_BAD_DATA, "empty");
    T_FAILS(t, iopt_image_decode("<html>", 6, NULL, &image, &t->err), IOPT_BAD_DATA,
            "not an image");
    T_FAILS(t, iopt_image_decode("GIF89a", 6, NULL, &image, &t->err), IOPT_BAD_DATA, "a GIF image");
    IoptTensor *const jpeg = committed(t, "DecodeJpeg-cmyk_ch0");
    const IoptBytes *const bytes = jpeg->data;
    T_FAILS(t, iopt_image_decode(bytes->data, bytes->size, &options, &image, &t->err),
            IOPT_INVALID_ARGUMENT, "got 4");
    options.channels = 1;
    T_FAILS(t, iopt_image_decode(bytes->data, bytes->size, &options, &image, &t->err),
            IOPT_BAD_DATA, "CMYK");
    T_FAILS(t, iopt_image_decode(bytes->data, bytes->size - 40, NULL, &image, &t->err),
            IOPT_BAD_DATA, "truncated");
    iopt_image_free(&image);
    iopt_tensor_destroy(jpeg);
}

static void huge_claims_are_refused(Test *t)
{
    static const unsigned char png[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\x0f\0\0\0\x0f\0\0\x08\x02\0\0"
        "\0\x1f\x5d\x66\x98\0\0\0\1IDAT";
    IoptImage image = { 0 };
    const IoptImageOptions options = { .max_pixels = 8 };

    /* 983040 x 983040 pixels */
    T_FAILS(t, iopt_image_decode(png, sizeof png - 1, NULL, &image, &t->err), IOPT_BAD_DATA,
            "983040x983040");
    IoptTensor *const jpeg = committed(t, "DecodeJpeg-gray_ch0");
    const IoptBytes *const bytes = jpeg->data;
    T_FAILS(t, iopt_image_decode(bytes->data, bytes->size, &options, &image, &t->err),
            IOPT_BAD_DATA, "at most 8");
    iopt_image_free(&image);
    iopt_tensor_destroy(jpeg);
}

static void decode_damaged(void *context, const void *bytes, size_t size)
{
    const IoptImageOptions options = { .max_pixels = 1 << 20 };
    IoptImage *const image = context;

    if (iopt_image_decode(bytes, size, &options, image, NULL) == IOPT_OK && image->height == 0)
        abort();
}

static void damage_does_not_crash(Test *t)
{
    static const char *const names[] = { "DecodeJpeg-progressive_ch3", "DecodeJpeg-cmyk_ch0",
                                         "DecodeJpeg-rgb420_ch3", "DecodePng-palette_trns_ch0",
                                         "DecodePng-rgba16_ch3" };
    IoptImage image = { 0 };

    for (size_t i = 0; i < IOPT_COUNT(names); i++) {
        IoptTensor *const tensor = committed(t, names[i]);
        const IoptBytes *const bytes = tensor->data;
        IoptBuffer *whole;
        T_OK(t, iopt_buffer_create(bytes->size, &whole, &t->err));
        memcpy(iopt_buffer_data(whole), bytes->data, bytes->size);
        t_damage(t, whole, decode_damaged, &image);
        iopt_buffer_unref(whole);
        iopt_tensor_destroy(tensor);
    }
    iopt_image_free(&image);
}

const TestCase tests_image[] = {
    TEST(pixels_are_tensorflows),
    TEST(other_files_are_refused),
    TEST(huge_claims_are_refused),
    TEST(damage_does_not_crash),
    { 0 },
};
