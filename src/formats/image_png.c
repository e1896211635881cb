/* PNG through libpng, as TensorFlow's DecodePng: 16 bits lose their low byte unless they are asked
 * for, palettes become RGB (RGBA with transparency), alpha is dropped without blending, a missing
 * one is the largest value of the file's bits (so 1, not 255, for a picture of 1 bit: TensorFlow's
 * habit).
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/memory.h"
#include "formats/image_codec.h"

/* 0.299 R + 0.587 G + 0.114 B, in libpng's hundred thousandths */
enum { GRAY_RED = 29900, GRAY_GREEN = 58700 };

enum { MAX_SIDE = 1 << 20, MAX_CHUNK_BYTES = 8 << 20, MAX_CACHED_CHUNKS = 128 };

typedef struct Decoder {
    png_structp png;
    png_infop info;
    jmp_buf escape;
    const unsigned char *data;
    size_t left;
    const IoptImageOptions *options;
    IoptImage *image;
    int bit_depth, color, passes;
    IoptStatus status;
    IoptError *err;
} Decoder;

_Noreturn static void escape(png_structp png, png_const_charp text)
{
    Decoder *const decoder = png_get_error_ptr(png);

    decoder->status = iopt_fail(decoder->err, IOPT_BAD_DATA, "broken PNG: %s", text);
    longjmp(decoder->escape, 1);
}

static void count_warning(png_structp png, png_const_charp text)
{
    (void)text;
    ((Decoder *)png_get_error_ptr(png))->image->warnings++;
}

static void read_bytes(png_structp png, png_bytep to, size_t size)
{
    Decoder *const decoder = png_get_io_ptr(png);

    if (size > decoder->left)
        png_error(png, "the data is truncated");
    memcpy(to, decoder->data, size);
    decoder->data += size;
    decoder->left -= size;
}

static IoptStatus start(Decoder *decoder)
{
    decoder->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, decoder, escape, count_warning);
    if (decoder->png)
        decoder->info = png_create_info_struct(decoder->png);
    if (!decoder->info)
        return iopt_fail_memory(decoder->err, sizeof(Decoder));
    png_set_read_fn(decoder->png, decoder, read_bytes);
    png_set_user_limits(decoder->png, MAX_SIDE, MAX_SIDE);
    png_set_chunk_malloc_max(decoder->png, MAX_CHUNK_BYTES);
    png_set_chunk_cache_max(decoder->png, MAX_CACHED_CHUNKS);
    return IOPT_OK;
}

static size_t own_channels(const Decoder *decoder)
{
    if (decoder->color == PNG_COLOR_TYPE_PALETTE)
        return png_get_valid(decoder->png, decoder->info, PNG_INFO_tRNS) ? 4 : 3;
    return png_get_channels(decoder->png, decoder->info);
}

static void set_alpha(const Decoder *decoder, bool wanted)
{
    const bool transparent = png_get_valid(decoder->png, decoder->info, PNG_INFO_tRNS) != 0;
    const bool has_alpha = (decoder->color & PNG_COLOR_MASK_ALPHA) != 0;

    if (wanted && !has_alpha && transparent)
        png_set_tRNS_to_alpha(decoder->png);
    else if (wanted && !has_alpha)
        png_set_add_alpha(decoder->png, (1u << decoder->bit_depth) - 1, PNG_FILLER_AFTER);
    else if (!wanted && (has_alpha || transparent))
        png_set_strip_alpha(decoder->png);
}

/* libpng runs its transformations in an order of its own; these are the ones that TensorFlow asks
 * for. */
static void set_transformations(Decoder *decoder, size_t channels)
{
    const bool is_gray = !(decoder->color & PNG_COLOR_MASK_COLOR);

    set_alpha(decoder, channels % 2 == 0);
    if (decoder->bit_depth == 16 && !decoder->options->wide)
        png_set_strip_16(decoder->png);
    png_set_packing(decoder->png);
    decoder->passes = png_set_interlace_handling(decoder->png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (decoder->bit_depth == 16 && decoder->options->wide)
        png_set_swap(decoder->png);
#endif
    if (decoder->color == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(decoder->png);
    if (is_gray && decoder->bit_depth < 8)
        png_set_expand_gray_1_2_4_to_8(decoder->png);
    if (channels < 3 && !is_gray)
        png_set_rgb_to_gray_fixed(decoder->png, PNG_ERROR_ACTION_NONE, GRAY_RED, GRAY_GREEN);
    else if (channels >= 3 && is_gray)
        png_set_gray_to_rgb(decoder->png);
    png_read_update_info(decoder->png, decoder->info);
}

static IoptStatus read_header(Decoder *decoder)
{
    png_uint_32 width, height;

    png_read_info(decoder->png, decoder->info);
    (void)png_get_IHDR(decoder->png, decoder->info, &width, &height, &decoder->bit_depth,
                       &decoder->color, NULL, NULL, NULL);
    const size_t channels =
        decoder->options->channels ? (size_t)decoder->options->channels : own_channels(decoder);
    const size_t value_bytes = decoder->options->wide ? 2 : 1;
    IOPT_TRY(iopt_image_reserve(decoder->image, decoder->options, height, width, channels,
                                value_bytes, decoder->err));
    set_transformations(decoder, channels);
    const size_t file_value_bytes = decoder->bit_depth == 16 ? value_bytes : 1;
    if (png_get_rowbytes(decoder->png, decoder->info) != width * channels * file_value_bytes)
        return iopt_fail(decoder->err, IOPT_BAD_DATA, "broken PNG: rows of %zu bytes",
                         png_get_rowbytes(decoder->png, decoder->info));
    return IOPT_OK;
}

/* 8 bits to 16, in place: 255 becomes 65535. */
static void widen(IoptImage *image)
{
    const size_t count = image->height * image->width * image->channels;
    const unsigned char *const from = image->data;
    uint16_t *const to = image->data;

    for (size_t i = count; i > 0; i--)
        to[i - 1] = (uint16_t)(from[i - 1] * 257);
}

static IoptStatus decode(Decoder *decoder)
{
    IOPT_TRY(start(decoder));
    IOPT_TRY(read_header(decoder));
    IoptImage *const image = decoder->image;
    const size_t stride = png_get_rowbytes(decoder->png, decoder->info);
    for (int pass = 0; pass < decoder->passes; pass++)
        for (size_t y = 0; y < image->height; y++)
            png_read_row(decoder->png, (png_bytep)image->data + y * stride, NULL);
    png_read_end(decoder->png, NULL);
    if (decoder->options->wide && decoder->bit_depth <= 8)
        widen(image);
    return IOPT_OK;
}

IoptStatus iopt_png_decode(const void *data, size_t size, const IoptImageOptions *options,
                           IoptImage *image, IoptError *err)
{
    void *block;

    if (options->channels < 0 || options->channels == 2 || options->channels > 4)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "a PNG has 0 (its own), 1, 3 or 4 channels; got %d", options->channels);
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(Decoder), err));
    Decoder *const decoder = block; /* on the heap: nothing of it can be lost by longjmp */
    decoder->data = data;
    decoder->left = size;
    decoder->options = options;
    decoder->image = image;
    decoder->err = err;
    if (setjmp(decoder->escape) == 0)
        decoder->status = decode(decoder);
    const IoptStatus status = decoder->status;
    png_destroy_read_struct(&decoder->png, &decoder->info, NULL);
    free(decoder);
    return status;
}
