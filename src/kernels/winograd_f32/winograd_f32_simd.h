/* winograd_f32 on vectors of channels: the transforms and the walk over a range.
 *
 * Included once by the file of an instruction set, which has included vec_f32.h or defined the like
 * of it before, and defined
 *
 *     GEMM     the gemm_f32 of this instruction set
 *     LANES    half a panel of it, in columns
 */
#ifndef IOPT_KERNELS_WINOGRAD_F32_SIMD_H
#define IOPT_KERNELS_WINOGRAD_F32_SIMD_H

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "kernels/winograd_f32/winograd_f32_layout.h"

enum {
    MAX_SIDE = IOPT_WINOGRAD_F32_MAX_SIDE,
    MAX_POINTS = MAX_SIDE * MAX_SIDE,
    MAX_COLUMNS = IOPT_WINOGRAD_F32_MAX_COLUMNS
};

/* r = transposed(B) d, for F(4,3) and F(2,3). */
IOPT_ALWAYS_INLINE void input_4(const Vec d[6], Vec r[6])
{
    const Vec two = vec_all(2), four = vec_all(4), minus_four = vec_all(-4), five = vec_all(-5);
    const Vec a = vec_fma(minus_four, d[2], d[4]), b = vec_fma(minus_four, d[1], d[3]);
    const Vec e = vec_sub(d[4], d[2]), f = vec_mul(two, vec_sub(d[3], d[1]));

    r[0] = vec_fma(four, d[0], vec_fma(five, d[2], d[4]));
    r[1] = vec_add(a, b);
    r[2] = vec_sub(a, b);
    r[3] = vec_add(e, f);
    r[4] = vec_sub(e, f);
    r[5] = vec_fma(four, d[1], vec_fma(five, d[3], d[5]));
}

IOPT_ALWAYS_INLINE void input_2(const Vec d[4], Vec r[4])
{
    r[0] = vec_sub(d[0], d[2]);
    r[1] = vec_add(d[1], d[2]);
    r[2] = vec_sub(d[2], d[1]);
    r[3] = vec_sub(d[1], d[3]);
}

/* r = transposed(A) m */
IOPT_ALWAYS_INLINE void output_4(const Vec m[6], Vec r[4])
{
    const Vec p = vec_add(m[1], m[2]), q = vec_sub(m[1], m[2]);
    const Vec s = vec_add(m[3], m[4]), t = vec_sub(m[3], m[4]);

    r[0] = vec_add(vec_add(m[0], p), s);
    r[1] = vec_fma(vec_all(2), t, q);
    r[2] = vec_fma(vec_all(4), s, p);
    r[3] = vec_add(vec_fma(vec_all(8), t, q), m[5]);
}

IOPT_ALWAYS_INLINE void output_2(const Vec m[4], Vec r[2])
{
    r[0] = vec_add(vec_add(m[0], m[1]), m[2]);
    r[1] = vec_sub(vec_sub(m[1], m[2]), m[3]);
}

IOPT_ALWAYS_INLINE void transform_input(const Vec *d, Vec *r, const size_t tile)
{
    if (tile == 4)
        input_4(d, r);
    else
        input_2(d, r);
}

IOPT_ALWAYS_INLINE void transform_output(const Vec *m, Vec *r, const size_t tile)
{
    if (tile == 4)
        output_4(m, r);
    else
        output_2(m, r);
}

/* VEC channels of one tile: pixel[] are its inputs, v the first of its points. */
IOPT_ALWAYS_INLINE void input_vector(const float *const *pixel, size_t c, VecLanes lanes,
                                     const bool whole, float *v, size_t v_plane, const size_t tile)
{
    const size_t side = tile + 2;
    Vec half[MAX_SIDE][MAX_SIDE]; /* columns transformed */

    VEC_UNROLL
    for (size_t x = 0; x < side; x++) {
        Vec d[MAX_SIDE], r[MAX_SIDE];
        VEC_UNROLL
        for (size_t y = 0; y < side; y++) {
            const float *const p = pixel[y * side + x] + c;
            d[y] = whole ? vec_load(p) : vec_load_part(p, lanes);
        }
        transform_input(d, r, tile);
        VEC_UNROLL
        for (size_t y = 0; y < side; y++)
            half[y][x] = r[y];
    }
    VEC_UNROLL
    for (size_t y = 0; y < side; y++) {
        Vec r[MAX_SIDE];
        transform_input(half[y], r, tile);
        VEC_UNROLL
        for (size_t x = 0; x < side; x++) {
            float *const p = v + (y * side + x) * v_plane + c;
            if (whole)
                vec_store(p, r[x]);
            else
                vec_store_part(p, r[x], lanes);
        }
    }
}

/* Where a tile is. */
typedef struct Place {
    size_t image, oy, ox;
} Place;

static Place place_of(const IoptWinogradF32Job *job, size_t t)
{
    const size_t across = iopt_winograd_f32_tiles_along(job->window.out_w, job->tile);
    const size_t down = iopt_winograd_f32_tiles_along(job->window.out_h, job->tile);

    return (Place){ t / across / down, t / across % down * job->tile, t % across * job->tile };
}

/* The inputs of a tile: pixels of the image, or zeros outside of it. */
static void find_pixels(const IoptWinogradF32Job *job, Place at, const float *zeros,
                        const float *pixel[MAX_POINTS])
{
    const IoptWindow *const w = &job->window;
    const size_t side = job->tile + 2;

    for (size_t y = 0; y < side; y++) {
        const size_t iy = at.oy + y - w->pad_top; /* above the image: huge */
        const float *const row =
            iy < w->in_h ? job->x + (ptrdiff_t)((at.image * w->in_h + iy) * w->in_w) * job->x_stride
                         : NULL;
        for (size_t x = 0; x < side; x++) {
            const size_t ix = at.ox + x - w->pad_left;
            pixel[y * side + x] = row && ix < w->in_w ? row + (ptrdiff_t)ix * job->x_stride : zeros;
        }
    }
}

IOPT_ALWAYS_INLINE void input_tile(const IoptWinogradF32Job *job, Place at, const float *zeros,
                                   float *v, size_t v_plane, const size_t tile)
{
    const float *pixel[MAX_POINTS];
    size_t c = 0;

    find_pixels(job, at, zeros, pixel);
    for (; job->channels - c >= VEC; c += VEC)
        input_vector(pixel, c, vec_lanes(VEC), true, v, v_plane, tile);
    if (c < job->channels)
        input_vector(pixel, c, vec_lanes(job->channels - c), false, v, v_plane, tile);
}

/* The columns of a panel as the output transform sees them. */
typedef struct Columns {
    size_t first, count; /* of y; count may be less than the panel's width */
    size_t width;
    float scale[MAX_COLUMNS], bias[MAX_COLUMNS];
} Columns;

/* One vector of output pixels, at y and residual (or NULL). */
IOPT_ALWAYS_INLINE void store_vector(const IoptWinogradF32Job *job, const Columns *columns,
                                     size_t j, size_t pixel, Vec sum)
{
    const size_t left = columns->count - j;
    const ptrdiff_t at = (ptrdiff_t)(columns->first + j);
    float *const y = job->y + (ptrdiff_t)pixel * job->y_stride + at;
    Vec v = vec_fma(sum, vec_load(columns->scale + j), vec_load(columns->bias + j));

    if (job->residual)
        v = vec_add(v, vec_load_part(job->residual + (ptrdiff_t)pixel * job->residual_stride + at,
                                     vec_lanes(left)));
    v = vec_clamp(v, vec_all(job->lo), vec_all(job->hi));
    if (left >= VEC)
        vec_store(y, v);
    else
        vec_store_part(y, v, vec_lanes(left));
}

/* VEC columns, from j on, of the outputs of one tile that lie in the image; m is the first of its
 * points. */
IOPT_ALWAYS_INLINE void output_vector(const IoptWinogradF32Job *job, const Columns *columns,
                                      size_t j, Place at, const float *m, size_t m_plane,
                                      const size_t tile)
{
    const IoptWindow *const w = &job->window;
    const size_t side = tile + 2, first = (at.image * w->out_h + at.oy) * w->out_w + at.ox;
    const size_t rows = w->out_h - at.oy, pixels = w->out_w - at.ox;
    Vec half[MAX_SIDE][MAX_SIDE];

    VEC_UNROLL
    for (size_t x = 0; x < side; x++) {
        Vec d[MAX_SIDE], r[MAX_SIDE];
        VEC_UNROLL
        for (size_t y = 0; y < side; y++)
            d[y] = vec_load(m + (y * side + x) * m_plane + j);
        transform_output(d, r, tile);
        VEC_UNROLL
        for (size_t y = 0; y < tile; y++)
            half[y][x] = r[y];
    }
    VEC_UNROLL
    for (size_t y = 0; y < tile; y++) {
        Vec r[MAX_SIDE];
        if (y >= rows)
            break;
        transform_output(half[y], r, tile);
        VEC_UNROLL
        for (size_t x = 0; x < tile; x++)
            if (x < pixels)
                store_vector(job, columns, j, first + y * w->out_w + x, r[x]);
    }
}

/* A panel's values of scale or bias, filled up with zeros. */
static void load_columns(const float *values, float missing, const Columns *columns, float *out)
{
    for (size_t j = 0; j < columns->width; j++)
        out[j] = j >= columns->count ? 0 : values ? values[columns->first + j] : missing;
}

/* One block of tiles and the scratch that holds it. */
typedef struct Block {
    size_t first, tiles;
    const float *zeros;
    float *v, *m;
    size_t v_plane, m_plane;
} Block;

/* Multiplies each point of the block by one panel.  `packed` is the panel at point 0; behind its
 * last point lies the next panel, if there is one. */
static void multiply(const IoptWinogradF32Job *job, const Block *block, const float *packed,
                     size_t width, bool last)
{
    const size_t points = iopt_winograd_f32_points(job->tile), point_floats = job->channels * width;
    const size_t panels = iopt_gemm_f32_panel_count(width / LANES);

    for (size_t q = 0; q < points; q++) {
        const IoptGemmF32 gemm = {
            .rows = block->tiles,
            .n = width,
            .taps = 1,
            .depth = job->channels,
            .a = block->v + q * block->v_plane,
            .a_stride = (ptrdiff_t)job->channels,
            .packed = packed + q * point_floats,
            .next_packed = last && q + 1 == points ? NULL : packed + (q + 1) * point_floats,
            .lo = -INFINITY,
            .hi = INFINITY,
            .c = block->m + q * block->m_plane,
            .c_stride = (ptrdiff_t)width,
        };
        GEMM(&gemm, &(IoptGemmF32Range){ 0, block->tiles, 0, panels });
    }
}

IOPT_ALWAYS_INLINE void run_block(const IoptWinogradF32Job *job, const Block *block,
                                  size_t panel_begin, size_t panel_end, const size_t tile)
{
    const size_t vectors = iopt_gemm_f32_vectors(job->n, LANES), points = (tile + 2) * (tile + 2);

    for (size_t t = 0; t < block->tiles; t++)
        input_tile(job, place_of(job, block->first + t), block->zeros, block->v + t * job->channels,
                   block->v_plane, tile);

    for (size_t panel = panel_begin; panel < panel_end; panel++) {
        const size_t width = iopt_gemm_f32_panel_vectors(vectors, panel) * LANES;
        const size_t first = panel * 2 * LANES, left = job->n - first;
        Columns columns = { first, left < width ? left : width, width, { 0 }, { 0 } };
        load_columns(job->scale, 1, &columns, columns.scale);
        load_columns(job->bias, 0, &columns, columns.bias);

        multiply(job, block, job->packed + first * points * job->channels, width,
                 panel + 1 == panel_end);
        for (size_t t = 0; t < block->tiles; t++) {
            const Place at = place_of(job, block->first + t);
            for (size_t j = 0; j < columns.count; j += VEC)
                output_vector(job, &columns, j, at, block->m + t * width, block->m_plane, tile);
        }
    }
}

static void run_block_4(const IoptWinogradF32Job *job, const Block *block, size_t panel_begin,
                        size_t panel_end)
{
    run_block(job, block, panel_begin, panel_end, 4);
}

static void run_block_2(const IoptWinogradF32Job *job, const Block *block, size_t panel_begin,
                        size_t panel_end)
{
    run_block(job, block, panel_begin, panel_end, 2);
}

static void run_range(const IoptWinogradF32Job *job, const IoptWinogradF32Range *range,
                      float *scratch)
{
    const IoptWinogradF32Scratch size = iopt_winograd_f32_scratch(job);
    const size_t most = iopt_winograd_f32_block(job), tiles = range->tile_end - range->tile_begin;
    const size_t n_blocks = (tiles + most - 1) / most;
    Block block = {
        .zeros = scratch,
        .v = scratch + size.zeros,
        .m = scratch + size.zeros + iopt_winograd_f32_points(job->tile) * size.v_plane,
        .v_plane = size.v_plane,
        .m_plane = size.m_plane,
    };

    memset(scratch, 0, size.zeros * sizeof *scratch);
    for (size_t i = 0; i < n_blocks; i++) {
        block.first = range->tile_begin + tiles * i / n_blocks;
        block.tiles = range->tile_begin + tiles * (i + 1) / n_blocks - block.first;
        if (job->tile == 4)
            run_block_4(job, &block, range->panel_begin, range->panel_end);
        else
            run_block_2(job, &block, range->panel_begin, range->panel_end);
    }
}

#endif
