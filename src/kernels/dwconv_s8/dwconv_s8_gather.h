/* dwconv_s8: how neighbouring pixels of a row are gathered into lines, two or four columns (of VEC
 * channels) at a time.
 *
 * A lane of a line holds TAPS neighbouring pixels of one channel, the last of them lowest.  The
 * pixels of a block of columns are loaded once, with their parts in an order that the interleaving
 * within 128 bits undoes, so that a column of a line has its channels in order.
 */
#ifndef IOPT_KERNELS_DWCONV_S8_GATHER_H
#define IOPT_KERNELS_DWCONV_S8_GATHER_H

#include "kernels/vec_codes.h"

/* Before a loop that hands registers on: with two rounds in one there is nothing to move. */
#if defined(__clang__)
#define VEC_TWICE _Pragma("clang loop unroll_count(2)")
#else
#define VEC_TWICE _Pragma("GCC unroll 2")
#endif

/* low halves, high halves of 128 bits: a0 b0 a1 b1 ... */
#define INTERLEAVE(bits, a, b)                                               \
    {                                                                        \
        VEC_INT(unpacklo_epi##bits)(a, b), VEC_INT(unpackhi_epi##bits)(a, b) \
    }

#if defined(IOPT_VEC_AVX512VNNI)

enum { TAPS = 4, MAX_BLOCK = 4 };

/* 32 or 64 channels, so that 4 of every 16 lie in each 128 bits */
IOPT_ALWAYS_INLINE VecInt load_block(const uint8_t *x, const size_t columns)
{
    const VecInt order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const VecInt codes = columns == 4 ? _mm512_loadu_si512(x)
                                      : _mm512_castsi256_si512(_mm256_loadu_si256((const void *)x));

    return _mm512_permutexvar_epi32(order, codes);
}

#elif defined(IOPT_VEC_AVX512)

enum { TAPS = 2, MAX_BLOCK = 2 };

/* 32 channels as words, 4 of either 16 in each 128 bits */
IOPT_ALWAYS_INLINE VecInt load_block(const uint8_t *x, const size_t columns)
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    const __m256i codes = _mm256_loadu_si256((const void *)x);

    (void)columns; /* always 2 */
    return _mm512_cvtepu8_epi16(_mm256_permutevar8x32_epi32(codes, order));
}

#else

enum { TAPS = 2, MAX_BLOCK = 2 };

/* 16 channels as words, 4 of either 8 in each 128 bits */
IOPT_ALWAYS_INLINE VecInt load_block(const uint8_t *x, const size_t columns)
{
    const __m128i codes = _mm_loadu_si128((const void *)x);

    (void)columns; /* always 2 */
    return _mm256_cvtepu8_epi16(_mm_shuffle_epi32(codes, _MM_SHUFFLE(3, 1, 2, 0)));
}

#endif

/* A row of the image, or of padding, as one block of columns sees it. */
typedef struct PixelRow {
    const uint8_t *x, *zeros; /* the pixel 0, and what is outside of the image */
    ptrdiff_t x_stride;
    ptrdiff_t first; /* the pixel at position 0; with stride 2 the one before it */
    size_t width;    /* of the image; 0 for a row of padding */
} PixelRow;

/* Where the lines of a block go: a column every `column` vectors. */
typedef struct Lines {
    VecInt *at;
    size_t column, positions;
} Lines;

/* What the next position needs of those before it. */
typedef struct Past {
    VecInt pixel;
    VecInt pair[2][2]; /* the last two positions, latest first: pairs of pixels, low and high */
} Past;

/* Gathers one position: pixel `newer`, before which comes `older`. */
IOPT_ALWAYS_INLINE void gather(Past *past, const Lines *lines, size_t position,
                               const uint8_t *older, const uint8_t *newer, const size_t columns,
                               const size_t stride_w)
{
    VecInt *const line = lines->at + position;
    const VecInt pixel = load_block(newer, columns);
    const VecInt before = stride_w == 1 ? past->pixel : load_block(older, columns);

    past->pixel = pixel;
#if defined(IOPT_VEC_AVX512VNNI)
    const VecInt now[2] = INTERLEAVE(8, pixel, before);
    const VecInt *const two_before = past->pair[stride_w == 1]; /* pixels */
    for (size_t half = 0; half < columns / 2; half++) {
        const VecInt fours[2] = INTERLEAVE(16, now[half], two_before[half]);
        line[2 * half * lines->column] = fours[0];
        line[(2 * half + 1) * lines->column] = fours[1];
    }
    for (size_t half = 0; half < 2; half++) {
        past->pair[1][half] = past->pair[0][half];
        past->pair[0][half] = now[half];
    }
#else
    const VecInt now[2] = INTERLEAVE(16, pixel, before);
    line[0] = now[0];
    line[lines->column] = now[1];
#endif
}

IOPT_ALWAYS_INLINE const uint8_t *pixel_at(const PixelRow *row, ptrdiff_t ix)
{
    return (size_t)ix < row->width ? row->x + ix * row->x_stride : row->zeros;
}

/* The lines of a row of padding: the same everywhere. */
IOPT_ALWAYS_INLINE void gather_padding(const Lines *lines, Past *past, const uint8_t *zeros,
                                       const size_t columns, const size_t stride_w)
{
    for (size_t i = 0; i < 4; i++) /* until all that it needs are zeros */
        gather(past, lines, 0, zeros, zeros, columns, stride_w);
    for (size_t c = 0; c < columns; c++) {
        VecInt *const line = lines->at + c * lines->column;
        const VecInt zero = line[0];
        for (size_t p = 1; p < lines->positions; p++)
            line[p] = zero;
    }
}

/* All positions of the lines of a block. */
IOPT_ALWAYS_INLINE void gather_row(const Lines *to, const PixelRow *row, const size_t columns,
                                   const size_t stride_w)
{
    const Lines lines = *to; /* which stores cannot change */
    const ptrdiff_t step = (ptrdiff_t)stride_w, x_stride = row->x_stride;
    Past past = { .pixel = vec_int_zero(),
                  .pair = { { vec_int_zero(), vec_int_zero() },
                            { vec_int_zero(), vec_int_zero() } } };
    ptrdiff_t ix = row->first;
    size_t p = 0;

    if (row->width == 0) {
        gather_padding(&lines, &past, row->zeros, columns, stride_w);
        return;
    }
    while (p < lines.positions) {
        if (ix >= 0 && (size_t)ix + stride_w <= row->width) {
            const size_t inside = (row->width - (size_t)ix) / stride_w;
            const size_t end = lines.positions - p < inside ? lines.positions : p + inside;
            const uint8_t *x = row->x + ix * x_stride;
            ix += (ptrdiff_t)(end - p) * step;
            VEC_TWICE
            for (; p < end; p++, x += step * x_stride)
                gather(&past, &lines, p, x, x + (step - 1) * x_stride, columns, stride_w);
        } else {
            gather(&past, &lines, p++, pixel_at(row, ix), pixel_at(row, ix + step - 1), columns,
                   stride_w);
            ix += step;
        }
    }
}

typedef void GatherFn(const Lines *to, const PixelRow *row);

#define GATHER_FN(columns, stride_w)                                                   \
    static void gather_##columns##_by_##stride_w(const Lines *to, const PixelRow *row) \
    {                                                                                  \
        gather_row(to, row, columns, stride_w);                                        \
    }

GATHER_FN(2, 1)
GATHER_FN(2, 2)
#if defined(IOPT_VEC_AVX512VNNI)
GATHER_FN(4, 1)
GATHER_FN(4, 2)
#endif

/* The code for a block of up to MAX_BLOCK columns. */
static GatherFn *choose_gather(size_t columns, size_t stride_w)
{
#if defined(IOPT_VEC_AVX512VNNI)
    if (columns > 2)
        return stride_w == 1 ? gather_4_by_1 : gather_4_by_2;
#else
    (void)columns;
#endif
    return stride_w == 1 ? gather_2_by_1 : gather_2_by_2;
}

#endif
