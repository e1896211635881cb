/* winograd_s8 on vectors of channels: the transforms and the walk over a range.
 *
 * Included once by the file of an instruction set, which has defined what gemm_s8_simd.h wants,
 * with a vec_dot that multiplies two words of 16 bits each instead of four bytes: the register
 * tiles are the same.
 */
#ifndef IOPT_KERNELS_WINOGRAD_S8_SIMD_H
#define IOPT_KERNELS_WINOGRAD_S8_SIMD_H

#include "kernels/gemm_s8/gemm_s8_simd.h"
#include "kernels/winograd_s8/winograd_s8_layout.h"

enum {
    SIDE = IOPT_WINOGRAD_S8_SIDE,
    TILE_SIDE = IOPT_WINOGRAD_S8_TILE,
    POINTS = IOPT_WINOGRAD_S8_POINTS,
    WORDS = 2 * VEC /* in a vector */
};

/* On words, modulo 2^16; on lanes of 32 bits, modulo 2^32. */
#define ADD_16 VEC_INT(add_epi16)
#define SUB_16 VEC_INT(sub_epi16)
#define SHIFT_16 VEC_INT(slli_epi16)
#define ADD_32 vec_int_add
#define SUB_32 vec_int_sub
#define SHIFT_32 VEC_INT(slli_epi32)

IOPT_ALWAYS_INLINE VecInt times_5(VecInt a)
{
    return ADD_16(SHIFT_16(a, 2), a);
}

/* r = transposed(B) d, on words */
IOPT_ALWAYS_INLINE void input_6(const VecInt *d, VecInt *r)
{
    const VecInt a = SUB_16(d[4], SHIFT_16(d[2], 2)), b = SUB_16(d[3], SHIFT_16(d[1], 2));
    const VecInt e = SUB_16(d[4], d[2]), f = SHIFT_16(SUB_16(d[3], d[1]), 1);

    r[0] = ADD_16(SUB_16(SHIFT_16(d[0], 2), times_5(d[2])), d[4]);
    r[1] = ADD_16(a, b);
    r[2] = SUB_16(a, b);
    r[3] = ADD_16(e, f);
    r[4] = SUB_16(e, f);
    r[5] = ADD_16(SUB_16(SHIFT_16(d[1], 2), times_5(d[3])), d[5]);
}

/* r = D transposed(A) m, where the diagonal D makes integers of the filter's scaled matrix: the
 * outputs come out times 24, 12, 6 and 6. */
IOPT_ALWAYS_INLINE void output_6(const VecInt *m, VecInt *r)
{
    const VecInt p = ADD_32(m[1], m[2]), q = SUB_32(m[2], m[1]);
    const VecInt s = ADD_32(m[3], m[4]), t = SUB_32(m[3], m[4]);
    const VecInt m0_6 = ADD_32(SHIFT_32(m[0], 2), SHIFT_32(m[0], 1));
    const VecInt m5_6 = ADD_32(SHIFT_32(m[5], 2), SHIFT_32(m[5], 1));

    r[0] = ADD_32(SUB_32(m0_6, SHIFT_32(p, 2)), s);
    r[1] = ADD_32(SHIFT_32(q, 1), t);
    r[2] = SUB_32(s, p);
    r[3] = ADD_32(ADD_32(q, SHIFT_32(t, 1)), m5_6);
}

/* The factor of output (y, x) is 9 * 2^shift; 9 has an inverse modulo 2^32. */
IOPT_ALWAYS_INLINE VecInt unscale(VecInt sum, const size_t y, const size_t x)
{
    const int shift_y = y == 0 ? 3 : y == 1 ? 2 : 1, shift_x = x == 0 ? 3 : x == 1 ? 2 : 1;
    const VecInt times = vec_int_mul(sum, vec_int_all(954437177));

    /* by a variable, because gcc without optimization sees no constant here */
    return VEC_INT(sra_epi32)(times, _mm_cvtsi32_si128(shift_y + shift_x));
}

/* A vector of channels of one tile, `count` <= WORDS from channel c on: pixel[] are its inputs, v
 * the first of its points. */
IOPT_ALWAYS_INLINE void input_vector(const uint8_t *const *pixel, size_t c, size_t count,
                                     uint8_t *v, size_t v_plane)
{
    VecInt half[SIDE][SIDE]; /* columns transformed */

    VEC_UNROLL
    for (size_t x = 0; x < SIDE; x++) {
        VecInt d[SIDE], r[SIDE];
        VEC_UNROLL
        for (size_t y = 0; y < SIDE; y++)
            d[y] = count >= WORDS ? vec_words_load(pixel[y * SIDE + x] + c)
                                  : vec_words_load_part(pixel[y * SIDE + x] + c, count);
        input_6(d, r);
        VEC_UNROLL
        for (size_t y = 0; y < SIDE; y++)
            half[y][x] = r[y];
    }
    VEC_UNROLL
    for (size_t y = 0; y < SIDE; y++) {
        VecInt r[SIDE];
        input_6(half[y], r);
        VEC_UNROLL
        for (size_t x = 0; x < SIDE; x++)
            VEC_INT_STOREU((void *)(v + (y * SIDE + x) * v_plane + 2 * c), r[x]);
    }
}

/* Where a tile is. */
typedef struct Place {
    size_t image, oy, ox;
} Place;

static Place place_of(const IoptWinogradS8Job *job, size_t t)
{
    const size_t across = iopt_winograd_s8_tiles_across(job);
    const size_t down = iopt_winograd_s8_tiles_down(job);

    return (Place){ t / across / down, t / across % down * TILE_SIDE, t % across * TILE_SIDE };
}

/* The inputs of a tile: pixels of the image, or padding outside of it. */
static void find_pixels(const IoptWinogradS8Job *job, Place at, const uint8_t *padding,
                        const uint8_t *pixel[POINTS])
{
    const IoptWindow *const w = &job->window;
    const size_t iy = at.oy - w->pad_top, ix = at.ox - w->pad_left; /* above, left of it: huge */
    const uint8_t *const x0 = job->x + (ptrdiff_t)(at.image * w->in_h * w->in_w) * job->x_stride;

    if (iy < w->in_h && w->in_h - iy >= SIDE && ix < w->in_w && w->in_w - ix >= SIDE) {
        const uint8_t *row = x0 + (ptrdiff_t)(iy * w->in_w + ix) * job->x_stride;
        for (size_t y = 0; y < SIDE; y++, row += (ptrdiff_t)w->in_w * job->x_stride)
            for (size_t x = 0; x < SIDE; x++)
                pixel[y * SIDE + x] = row + (ptrdiff_t)x * job->x_stride;
        return;
    }
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            pixel[y * SIDE + x] =
                iy + y < w->in_h && ix + x < w->in_w
                    ? x0 + (ptrdiff_t)((iy + y) * w->in_w + ix + x) * job->x_stride
                    : padding;
}

/* One block of tiles and the scratch that holds it. */
typedef struct Block {
    size_t first, tiles;
    const uint8_t *padding;
    uint8_t *v;
    int32_t *m;
    size_t v_plane, m_plane; /* bytes; lanes */
    size_t row_bytes;
} Block;

/* Reads no byte behind the channels: there may be another slice of a concatenation, which some
 * thread writes at this very time.  So the last vector ends with them, whatever it does again. */
static void input_tile(const IoptWinogradS8Job *job, const Block *block, size_t t)
{
    uint8_t *const v = block->v + t * block->row_bytes;
    const uint8_t *pixel[POINTS];

    find_pixels(job, place_of(job, block->first + t), block->padding, pixel);
    if (job->channels < WORDS) {
        input_vector(pixel, 0, job->channels, v, block->v_plane);
        return;
    }
    for (size_t c = 0, last = job->channels - WORDS; c < job->channels; c += WORDS)
        input_vector(pixel, c < last ? c : last, WORDS, v, block->v_plane);
}

/* Multiplies each point of the block by one panel.  `packed` is the panel at point 0; behind its
 * last point lies the next panel, if there is one. */
static void multiply(const IoptWinogradS8Job *job, const Block *block, const char *packed,
                     size_t width, bool last)
{
    const size_t point_bytes = iopt_winograd_s8_point_bytes(job->channels, width);

    for (size_t q = 0; q < POINTS; q++) {
        const IoptGemmS8 gemm = {
            .rows = block->tiles,
            .n = width,
            .taps = 1,
            .depth = 2 * job->channels, /* bytes; an odd channel meets a weight of zero */
            .a = block->v + q * block->v_plane,
            .a_stride = (ptrdiff_t)block->row_bytes,
            .packed = packed + q * point_bytes,
            .next_packed = last && q + 1 == POINTS ? NULL : packed + (q + 1) * point_bytes,
            .end = { .type = IOPT_S8_OUT_S32, .stride = (ptrdiff_t)width },
            .c = block->m + q * block->m_plane,
        };
        run_range(&gemm, &(IoptGemmS8Range){ 0, block->tiles, 0, 1 });
    }
}

/* How pixels of y end: most are codes of 8 bits, and nothing is added. */
typedef struct PixelEnd {
    bool simple;
    VecEndOfFour four;
} PixelEnd;

/* One vector of some neighbouring output pixels, with the bias in the sums. */
IOPT_ALWAYS_INLINE void store_pixels(const Area *area, const PixelEnd *end, size_t pixel, size_t j,
                                     const VecInt *sum, size_t pixels)
{
    const size_t left = area->columns - j;
    const ptrdiff_t stride = area->gemm->end.stride;

    if (end->simple && left >= VEC && pixels >= TILE_SIDE) {
        const Vec scale = vec_load(area->scale + j);
        Vec v[TILE_SIDE];
        VEC_UNROLL
        for (size_t x = 0; x < TILE_SIDE; x++)
            v[x] = vec_mul(vec_from_int(sum[x]), scale);
        vecb_store_rows((uint8_t *)area->gemm->c + (ptrdiff_t)pixel * stride +
                            (ptrdiff_t)(area->column + j),
                        stride, vec_four_codes(&end->four, v[0], v[1], v[2], v[3]), TILE_SIDE);
        return;
    }
    VEC_UNROLL
    for (size_t x = 0; x < TILE_SIDE; x++)
        if (x < pixels)
            finish_vector(area, pixel + x, j, sum[x], left < VEC ? left : VEC);
}

/* VEC columns, from j on, of the outputs of one tile that lie in the image; m is the first of its
 * points. */
IOPT_ALWAYS_INLINE void output_vector(const IoptWinogradS8Job *job, const Area *area,
                                      const PixelEnd *end, Place at, size_t j, const int32_t *m,
                                      size_t m_plane)
{
    const IoptWindow *const w = &job->window;
    const size_t first = (at.image * w->out_h + at.oy) * w->out_w + at.ox;
    const size_t rows = w->out_h - at.oy, pixels = w->out_w - at.ox;
    const VecInt bias = vec_int_load(area->bias + j);
    VecInt half[TILE_SIDE][SIDE];

    VEC_UNROLL
    for (size_t x = 0; x < SIDE; x++) {
        VecInt d[SIDE], r[TILE_SIDE];
        VEC_UNROLL
        for (size_t y = 0; y < SIDE; y++)
            d[y] = vec_int_load(m + (y * SIDE + x) * m_plane + j);
        output_6(d, r);
        VEC_UNROLL
        for (size_t y = 0; y < TILE_SIDE; y++)
            half[y][x] = r[y];
    }
    VEC_UNROLL
    for (size_t y = 0; y < TILE_SIDE; y++) {
        VecInt r[TILE_SIDE];
        if (y >= rows)
            break;
        output_6(half[y], r);
        VEC_UNROLL
        for (size_t x = 0; x < TILE_SIDE; x++)
            r[x] = vec_int_add(unscale(r[x], y, x), bias);
        store_pixels(area, end, first + y * w->out_w, j, r, pixels);
    }
}

/* What gemm_s8 must know to end a pixel of y as a row of its C. */
static IoptGemmS8 as_gemm(const IoptWinogradS8Job *job)
{
    return (IoptGemmS8){
        .n = job->n,
        .bias = job->bias,
        .scale = job->scale,
        .residual = job->residual,
        .residual_in = job->residual_in,
        .end = job->end,
        .c = job->y,
    };
}

static void run_tiles(const IoptWinogradS8Job *job, const Block *block, size_t panel_begin,
                      size_t panel_end)
{
    const IoptGemmS8 gemm = as_gemm(job);
    const PixelEnd end = { ends_of(&gemm) == ENDS_U8, vec_ready_end_of_four(&gemm.end) };
    const size_t vectors = iopt_gemm_vectors(job->n, VEC);
    int32_t bias[IOPT_WINOGRAD_S8_MAX_COLUMNS];
    float scale[IOPT_WINOGRAD_S8_MAX_COLUMNS];

    for (size_t t = 0; t < block->tiles; t++)
        input_tile(job, block, t);
    for (size_t panel = panel_begin; panel < panel_end; panel++) {
        const size_t count = iopt_gemm_panel_vectors(vectors, panel), width = count * VEC;
        const size_t column = panel * 2 * VEC, columns = job->n - column;
        const Area area = {
            .gemm = &gemm, .column = column, .columns = columns, .bias = bias, .scale = scale
        };
        load_columns(&gemm, column, count, bias, scale);
        multiply(job, block,
                 (const char *)job->packed +
                     POINTS * iopt_winograd_s8_point_bytes(job->channels, column),
                 width, panel + 1 == panel_end);
        for (size_t t = 0; t < block->tiles; t++)
            for (size_t j = 0; j < width && j < columns; j += VEC)
                output_vector(job, &area, &end, place_of(job, block->first + t), j,
                              block->m + t * width, block->m_plane);
    }
}

static void run_winograd(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                         void *scratch)
{
    const IoptWinogradS8Scratch size = iopt_winograd_s8_scratch(job);
    const size_t most = iopt_winograd_s8_block(job), count = range->tile_end - range->tile_begin;
    const size_t n_blocks = (count + most - 1) / most;
    uint8_t *const v = (uint8_t *)scratch + size.padding;
    Block block = {
        .padding = scratch,
        .v = v,
        .m = (int32_t *)(void *)(v + POINTS * size.v_plane),
        .v_plane = size.v_plane,
        .m_plane = size.m_plane / sizeof(int32_t),
        .row_bytes = iopt_winograd_s8_row_bytes(job),
    };

    memset(scratch, job->x_zero, size.padding);
    for (size_t i = 0; i < n_blocks; i++) {
        block.first = range->tile_begin + count * i / n_blocks;
        block.tiles = range->tile_begin + count * (i + 1) / n_blocks - block.first;
        run_tiles(job, &block, range->panel_begin, range->panel_end);
    }
}

#endif
