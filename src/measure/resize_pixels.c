/* Resizing in TensorFlow 1's way: tables of taps per column and row, rows worked off in order.
 *
 *   source  TensorFlow 1.15, core/kernels/resize_{bilinear,bicubic,nearest_neighbor,area}_op.cc,
 *           legacy positions (align_corners and half_pixel_centers false)
 */
#include "measure/resize_pixels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "base/memory.h"
#include "base/text.h"

enum { TAPS = 4, CUBIC_STEPS = 1024, MAX_SIDE = 1 << 16 };

/* Where an output index looks.  Bilinear: at[0], at[1] and weight[1]; bicubic: all four; nearest:
 * at[0]; area: cells at[0] .. at[1]-1, the first and last weighted by weight[0] and weight[1]. */
typedef struct Tap {
    size_t at[TAPS];
    float weight[TAPS];
} Tap;

struct IoptResizer {
    IoptResize resize;
    size_t height, width, channels;
    size_t in_height, in_width; /* that the tables are made for */
    Tap *rows, *columns;
    float cubic[CUBIC_STEPS + 1][2]; /* weights of the near and the far tap */
    void *lines; /* floats: two output rows (bilinear) or one input row (bicubic) */
    size_t capacity;
};

static const char *const names[] = { "bilinear", "bicubic", "nearest", "area" };

IoptStatus iopt_resize_from_name(const char *name, IoptResize *out, IoptError *err)
{
    for (size_t i = 0; i < IOPT_COUNT(names); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (IoptResize)i;
            return IOPT_OK;
        }
    const char *const near = iopt_nearest(name, names, IOPT_COUNT(names));
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "unknown way to resize '%s'; want bilinear, bicubic, nearest or area%s%s%s",
                     name, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

const char *iopt_resize_name(IoptResize resize)
{
    return names[resize];
}

/* Keys' cubic with a = -0.75, in double, stored as float, as TensorFlow's table. */
static void fill_cubic(float table[CUBIC_STEPS + 1][2])
{
    const double a = -0.75;

    for (int i = 0; i <= CUBIC_STEPS; i++) {
        const double x = (double)i / CUBIC_STEPS, far = x + 1.0;
        table[i][0] = (float)(((a + 2) * x - (a + 3)) * x * x + 1);
        table[i][1] = (float)(((a * far - 5 * a) * far + 8 * a) * far - 4 * a);
    }
}

static size_t clamp_index(int64_t at, size_t in)
{
    return at < 0 ? 0 : (size_t)at < in ? (size_t)at : in - 1;
}

/* How much of cell `v` lies within [from, to). */
static float overlap(int64_t v, float from, float to, float scale)
{
    const float low = (float)v, high = (float)(v + 1);

    if (low < from)
        return high > to ? scale : high - from;
    return high > to ? to - low : 1.0f;
}

static Tap make_tap(const IoptResizer *resizer, size_t i, float scale, size_t in)
{
    const float at = (float)i * scale, to = (float)(i + 1) * scale;
    const int64_t low = (int64_t)floorf(at);
    const float d = at - (float)low;
    Tap tap = { .at = { clamp_index(low, in), clamp_index(low + 1, in) }, .weight = { 0, d } };

    if (resizer->resize == IOPT_RESIZE_BICUBIC) {
        const long step = lrintf(d * CUBIC_STEPS); /* to nearest, ties to even */
        for (int k = 0; k < TAPS; k++)
            tap.at[k] = clamp_index(low - 1 + k, in);
        tap.weight[0] = resizer->cubic[step][1];
        tap.weight[1] = resizer->cubic[step][0];
        tap.weight[2] = resizer->cubic[CUBIC_STEPS - step][0];
        tap.weight[3] = resizer->cubic[CUBIC_STEPS - step][1];
    } else if (resizer->resize == IOPT_RESIZE_AREA) {
        const int64_t last = (int64_t)ceilf(to) - 1;
        tap.at[1] = clamp_index(last, in) + 1;
        tap.weight[0] = overlap(low, at, to, scale);
        tap.weight[1] = overlap(last, at, to, scale);
    }
    return tap;
}

static float scale_of(size_t in, size_t out)
{
    return (float)in / (float)out;
}

/* Tables are kept while images of one size follow each other. */
static IoptStatus make_tables(IoptResizer *resizer, const IoptPixels *pixels, IoptError *err)
{
    if (pixels->height == resizer->in_height && pixels->width == resizer->in_width)
        return IOPT_OK;
    const float down = scale_of(pixels->height, resizer->height);
    const float across = scale_of(pixels->width, resizer->width);
    const size_t wider = pixels->width > 2 * resizer->width ? pixels->width : 2 * resizer->width;
    IOPT_TRY(iopt_grow(&resizer->lines, &resizer->capacity, wider * resizer->channels,
                       sizeof(float), err));
    for (size_t y = 0; y < resizer->height; y++)
        resizer->rows[y] = make_tap(resizer, y, down, pixels->height);
    for (size_t x = 0; x < resizer->width; x++)
        resizer->columns[x] = make_tap(resizer, x, across, pixels->width);
    resizer->in_height = pixels->height;
    resizer->in_width = pixels->width;
    return IOPT_OK;
}

IOPT_ALWAYS_INLINE void bilinear_columns(const Tap *columns, size_t width, size_t channels,
                                         const unsigned char *in, float *out)
{
    for (size_t x = 0; x < width; x++, out += channels) {
        const unsigned char *const left = in + columns[x].at[0] * channels;
        const unsigned char *const right = in + columns[x].at[1] * channels;
        for (size_t c = 0; c < channels; c++) {
            const float l = (float)left[c], r = (float)right[c];
            out[c] = l + (r - l) * columns[x].weight[1];
        }
    }
}

/* One input row, resized across; the channels as constants let the compiler unroll. */
static void resize_line(const IoptResizer *resizer, const unsigned char *in, float *out)
{
    switch (resizer->channels) {
    case 1: bilinear_columns(resizer->columns, resizer->width, 1, in, out); break;
    case 3: bilinear_columns(resizer->columns, resizer->width, 3, in, out); break;
    default: bilinear_columns(resizer->columns, resizer->width, resizer->channels, in, out); break;
    }
}

/* top + (bottom - top) * dy of rows that are resized across once and used while they are needed. */
static void resize_bilinear(const IoptResizer *resizer, const IoptPixels *pixels, float *out)
{
    const size_t count = resizer->width * resizer->channels;
    float *top = resizer->lines, *bottom = top + count;
    size_t top_at = SIZE_MAX, bottom_at = SIZE_MAX; /* the input rows that they hold */

    for (size_t y = 0; y < resizer->height; y++, out += count) {
        const Tap *const row = &resizer->rows[y];
        if (row->at[0] != top_at && row->at[0] == bottom_at) {
            float *const spare = top;
            top = bottom;
            bottom = spare;
            top_at = bottom_at;
            bottom_at = SIZE_MAX;
        }
        if (row->at[0] != top_at)
            resize_line(resizer, pixels->data + row->at[0] * pixels->stride, top);
        if (row->at[1] != bottom_at)
            resize_line(resizer, pixels->data + row->at[1] * pixels->stride, bottom);
        top_at = row->at[0];
        bottom_at = row->at[1];
        const float d = row->weight[1];
        const float *const IOPT_RESTRICT a = top, *const IOPT_RESTRICT b = bottom;
        float *const IOPT_RESTRICT to = out;
        for (size_t i = 0; i < count; i++)
            to[i] = a[i] + (b[i] - a[i]) * d;
    }
}

/* Down first, then across, as TensorFlow does. */
static void resize_bicubic(const IoptResizer *resizer, const IoptPixels *pixels, float *out)
{
    const size_t count = pixels->width * resizer->channels, channels = resizer->channels;
    float *const IOPT_RESTRICT line = resizer->lines;

    for (size_t y = 0; y < resizer->height; y++) {
        const Tap *const row = &resizer->rows[y];
        const unsigned char *in[TAPS];
        for (int k = 0; k < TAPS; k++)
            in[k] = pixels->data + row->at[k] * pixels->stride;
        for (size_t i = 0; i < count; i++)
            line[i] = (float)in[0][i] * row->weight[0] + (float)in[1][i] * row->weight[1] +
                      (float)in[2][i] * row->weight[2] + (float)in[3][i] * row->weight[3];
        for (size_t x = 0; x < resizer->width; x++) {
            const Tap *const column = &resizer->columns[x];
            for (size_t c = 0; c < channels; c++)
                *out++ = line[column->at[0] * channels + c] * column->weight[0] +
                         line[column->at[1] * channels + c] * column->weight[1] +
                         line[column->at[2] * channels + c] * column->weight[2] +
                         line[column->at[3] * channels + c] * column->weight[3];
        }
    }
}

static void resize_nearest(const IoptResizer *resizer, const IoptPixels *pixels, float *out)
{
    for (size_t y = 0; y < resizer->height; y++) {
        const unsigned char *const in = pixels->data + resizer->rows[y].at[0] * pixels->stride;
        for (size_t x = 0; x < resizer->width; x++)
            for (size_t c = 0; c < resizer->channels; c++)
                *out++ = (float)in[resizer->columns[x].at[0] * resizer->channels + c];
    }
}

/* The weight of cell `v` of a tap. */
static float area_weight(const Tap *tap, size_t v)
{
    if (v == tap->at[0])
        return tap->weight[0];
    return v + 1 == tap->at[1] ? tap->weight[1] : 1.0f;
}

/* The mean of all the input under an output pixel: the sum of its rows' sums. */
static void resize_area(const IoptResizer *resizer, const IoptPixels *pixels, float *out)
{
    const size_t channels = resizer->channels;
    const float share = 1.0f / (scale_of(pixels->height, resizer->height) *
                                scale_of(pixels->width, resizer->width));

    for (size_t y = 0; y < resizer->height; y++) {
        const Tap *const row = &resizer->rows[y];
        for (size_t i = 0; i < resizer->width * channels; i++) {
            const Tap *const column = &resizer->columns[i / channels];
            float sum = 0;
            for (size_t v = row->at[0]; v < row->at[1]; v++) {
                const unsigned char *const in = pixels->data + v * pixels->stride + i % channels;
                float line = 0;
                for (size_t u = column->at[0]; u < column->at[1]; u++)
                    line += (float)in[u * channels] * area_weight(column, u);
                sum += line * area_weight(row, v);
            }
            *out++ = sum * share;
        }
    }
}

IoptStatus iopt_resizer_run(IoptResizer *resizer, const IoptPixels *pixels, float *out,
                            IoptError *err)
{
    IOPT_TRY(make_tables(resizer, pixels, err));
    switch (resizer->resize) {
    case IOPT_RESIZE_BILINEAR: resize_bilinear(resizer, pixels, out); break;
    case IOPT_RESIZE_BICUBIC: resize_bicubic(resizer, pixels, out); break;
    case IOPT_RESIZE_NEAREST: resize_nearest(resizer, pixels, out); break;
    case IOPT_RESIZE_AREA: resize_area(resizer, pixels, out); break;
    }
    return IOPT_OK;
}

IoptStatus iopt_resizer_create(IoptResize resize, size_t height, size_t width, size_t channels,
                               IoptResizer **out, IoptError *err)
{
    IoptStatus status;
    void *block, *rows = NULL, *columns = NULL;

    *out = NULL;
    if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "cannot resize to %zux%zu", height, width);
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptResizer), err));
    IoptResizer *const resizer = block;
    IOPT_DO(iopt_alloc(&rows, height, sizeof(Tap), err));
    resizer->rows = rows;
    IOPT_DO(iopt_alloc(&columns, width, sizeof(Tap), err));
    resizer->columns = columns;
    resizer->resize = resize;
    resizer->height = height;
    resizer->width = width;
    resizer->channels = channels;
    fill_cubic(resizer->cubic);
    *out = resizer;
    return IOPT_OK;
done:
    iopt_resizer_destroy(resizer);
    return status;
}

void iopt_resizer_destroy(IoptResizer *resizer)
{
    if (!resizer)
        return;
    free(resizer->rows);
    free(resizer->columns);
    free(resizer->lines);
    free(resizer);
}
