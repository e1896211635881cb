/* JPEG through libjpeg-turbo, bit for bit as TensorFlow's DecodeJpeg.
 *
 * The source of data does not invent an end marker: where the bytes end, the decoder suspends, and
 * the file counts as truncated.  A missing end marker alone does no harm.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "base/memory.h"
#include "formats/image_codec.h"

/* More scans than this only serve to keep a decoder busy. */
enum { MAX_SCANS = 500 };

/* A progressive picture is held as coefficients, which a short file can claim to have many of. */
enum { MAX_COEFFICIENT_BYTES = 768 << 20 };

typedef struct Decoder {
    struct jpeg_decompress_struct info; /* first: callbacks get a pointer to it */
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    const IoptImageOptions *options;
    IoptImage *image;
    unsigned char *cmyk; /* a row */
    IoptStatus status;
    IoptError *err;
} Decoder;

static Decoder *decoder_of(j_common_ptr info)
{
    return (Decoder *)(void *)info;
}

_Noreturn static void escape(j_common_ptr info)
{
    Decoder *const decoder = decoder_of(info);
    char text[JMSG_LENGTH_MAX];

    info->err->format_message(info, text);
    decoder->status = iopt_fail(decoder->err, IOPT_BAD_DATA, "broken JPEG: %s", text);
    longjmp(decoder->escape, 1);
}

static void count_warning(j_common_ptr info, int level)
{
    if (level < 0)
        decoder_of(info)->image->warnings++;
}

static void no_output(j_common_ptr info)
{
    (void)info;
}

static void no_source_action(j_decompress_ptr info)
{
    (void)info;
}

static boolean no_more_input(j_decompress_ptr info)
{
    (void)info;
    return FALSE;
}

static void skip_input(j_decompress_ptr info, long count)
{
    struct jpeg_source_mgr *const source = info->src;

    if (count <= 0)
        return;
    const size_t skip =
        (size_t)count < source->bytes_in_buffer ? (size_t)count : source->bytes_in_buffer;
    source->next_input_byte += skip;
    source->bytes_in_buffer -= skip;
}

static void watch_scans(j_common_ptr info)
{
    Decoder *const decoder = decoder_of(info);

    if (decoder->info.input_scan_number <= MAX_SCANS)
        return;
    decoder->status =
        iopt_fail(decoder->err, IOPT_BAD_DATA, "broken JPEG: more than %d scans", MAX_SCANS);
    longjmp(decoder->escape, 1);
}

static void start(Decoder *decoder, const void *data, size_t size)
{
    decoder->info.err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = escape;
    decoder->errors.emit_message = count_warning;
    decoder->errors.output_message = no_output;
    jpeg_create_decompress(&decoder->info);
    decoder->source = (struct jpeg_source_mgr){ .next_input_byte = data,
                                                .bytes_in_buffer = size,
                                                .init_source = no_source_action,
                                                .fill_input_buffer = no_more_input,
                                                .skip_input_data = skip_input,
                                                .resync_to_restart = jpeg_resync_to_restart,
                                                .term_source = no_source_action };
    decoder->info.src = &decoder->source;
    decoder->info.mem->max_memory_to_use = MAX_COEFFICIENT_BYTES;
    decoder->progress.progress_monitor = watch_scans;
    decoder->info.progress = &decoder->progress;
}

static IoptStatus fail_truncated(const Decoder *decoder)
{
    return iopt_fail(decoder->err, IOPT_BAD_DATA, "truncated JPEG: the data ends at line %u of %u",
                     decoder->info.output_scanline, decoder->info.output_height);
}

/* CMYK and YCCK are decoded to CMYK and turned to RGB here; libjpeg does not. */
static bool has_four_inks(const Decoder *decoder)
{
    return decoder->info.jpeg_color_space == JCS_CMYK || decoder->info.jpeg_color_space == JCS_YCCK;
}

static IoptStatus set_output(Decoder *decoder)
{
    struct jpeg_decompress_struct *const info = &decoder->info;
    const IoptImageOptions *const options = decoder->options;
    const int channels = options->channels ? options->channels : info->num_components;

    if (channels == 1 && has_four_inks(decoder))
        return iopt_fail(decoder->err, IOPT_BAD_DATA, "a CMYK JPEG cannot be read as gray");
    if (channels == 1)
        info->out_color_space = JCS_GRAYSCALE;
    else
        info->out_color_space = has_four_inks(decoder) ? JCS_CMYK : JCS_RGB;
    info->dct_method = options->accurate_dct ? JDCT_ISLOW : JDCT_IFAST;
    info->do_fancy_upsampling = !options->plain_upsampling;
    info->scale_num = 1;
    info->scale_denom = options->ratio ? (unsigned)options->ratio : 1;
    jpeg_calc_output_dimensions(info);
    /* The limit is for the whole picture: a smaller output needs the whole's coefficients. */
    IoptImage whole = { .capacity = SIZE_MAX };
    IOPT_TRY(iopt_image_reserve(&whole, options, info->image_height, info->image_width, 1, 1,
                                decoder->err));
    IOPT_TRY(iopt_image_reserve(decoder->image, options, info->output_height, info->output_width,
                                channels == 1 ? 1 : 3, 1, decoder->err));
    if (info->out_color_space != JCS_CMYK)
        return IOPT_OK;
    void *row;
    IOPT_TRY(iopt_alloc(&row, info->output_width, 4, decoder->err));
    decoder->cmyk = row;
    return IOPT_OK;
}

/* Adobe stores inks inverted. */
static void cmyk_to_rgb(const unsigned char *cmyk, size_t width, bool adobe, unsigned char *rgb)
{
    for (size_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
        const int k = adobe ? cmyk[3] : 255 - cmyk[3];
        for (int c = 0; c < 3; c++)
            rgb[c] = (unsigned char)(k * (adobe ? cmyk[c] : 255 - cmyk[c]) / 255);
    }
}

static IoptStatus read_rows(Decoder *decoder)
{
    struct jpeg_decompress_struct *const info = &decoder->info;
    const size_t stride = decoder->image->width * decoder->image->channels;
    unsigned char *row = decoder->image->data;

    for (; info->output_scanline < info->output_height; row += stride) {
        JSAMPROW target = decoder->cmyk ? decoder->cmyk : row;
        if (jpeg_read_scanlines(info, &target, 1) == 0)
            return fail_truncated(decoder);
        if (decoder->cmyk)
            cmyk_to_rgb(decoder->cmyk, decoder->image->width, info->saw_Adobe_marker, row);
    }
    return IOPT_OK;
}

static IoptStatus decode(Decoder *decoder)
{
    if (jpeg_read_header(&decoder->info, TRUE) != JPEG_HEADER_OK)
        return iopt_fail(decoder->err, IOPT_BAD_DATA,
                         "truncated JPEG: the data ends in the header");
    IOPT_TRY(set_output(decoder));
    if (!jpeg_start_decompress(&decoder->info))
        return fail_truncated(decoder);
    return read_rows(decoder);
}

static IoptStatus check_options(const IoptImageOptions *options, IoptError *err)
{
    const int c = options->channels, r = options->ratio;

    if (c != 0 && c != 1 && c != 3)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "a JPEG has 0 (its own), 1 or 3 channels; "
                         "got %d",
                         c);
    if (options->wide)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "a JPEG has 8 bits; want 16");
    if (r != 0 && r != 1 && r != 2 && r != 4 && r != 8)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "the ratio is 1, 2, 4 or 8; got %d", r);
    return IOPT_OK;
}

IoptStatus iopt_jpeg_decode(const void *data, size_t size, const IoptImageOptions *options,
                            IoptImage *image, IoptError *err)
{
    void *block;

    IOPT_TRY(check_options(options, err));
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(Decoder), err));
    Decoder *const decoder = block; /* on the heap: nothing of it can be lost by longjmp */
    decoder->options = options;
    decoder->image = image;
    decoder->err = err;
    if (setjmp(decoder->escape) == 0) {
        start(decoder, data, size);
        decoder->status = decode(decoder);
    }
    const IoptStatus status = decoder->status;
    jpeg_destroy_decompress(&decoder->info);
    free(decoder->cmyk);
    free(decoder);
    return status;
}
