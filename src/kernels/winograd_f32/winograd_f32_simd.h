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
    MAX_POINTS = IOPT_WINOGRAD_F32_MAX_POINTS,
    MAX_COLUMNS = IOPT_WINOGRAD_F32_MAX_COLUMNS
};

/* r = transposed(B) d for 4, 6 and 8 points: F(2,3), F(4,3), F(2,7). */
IOPT_ALWAYS_INLINE void input_4(const Vec *d, Vec *r)
{
    r[0] = vec_sub(d[0], d[2]);
    r[1] = vec_add(d[1], d[2]);
    r[2] = vec_sub(d[2], d[1]);
    r[3] = vec_sub(d[1], d[3]);
}

IOPT_ALWAYS_INLINE void input_6(const Vec *d, Vec *r)
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

/* even +- odd, where even = d6 + p d2 + q d4 and odd = s d1 + t d3 + u d5 */
IOPT_ALWAYS_INLINE void input_8_pair(const Vec *d, float p, float q, float s, float t, float u,
                                     Vec *r)
{
    const Vec even = vec_fma(vec_all(q), d[4], vec_fma(vec_all(p), d[2], d[6]));
    const Vec odd = vec_fma(vec_all(t), d[3], vec_fma(vec_all(s), d[1], vec_mul(vec_all(u), d[5])));

    r[0] = vec_add(even, odd);
    r[1] = vec_sub(even, odd);
}

IOPT_ALWAYS_INLINE void input_8(const Vec *d, Vec *r)
{
    const Vec c = vec_all(5.25F);

    r[0] = vec_fma(c, vec_sub(d[4], d[2]), vec_sub(d[0], d[6]));
    input_8_pair(d, 1, -4.25F, 1, -4.25F, 1, r + 1);
    input_8_pair(d, 0.25F, -1.25F, 0.5F, -2.5F, 2, r + 3);
    input_8_pair(d, 4, -5, 2, -2.5F, 0.5F, r + 5);
    r[7] = vec_fma(c, vec_sub(d[3], d[5]), vec_sub(d[7], d[1]));
}

/* r = transposed(A) m */
IOPT_ALWAYS_INLINE void output_4(const Vec *m, Vec *r)
{
    r[0] = vec_add(vec_add(m[0], m[1]), m[2]);
    r[1] = vec_sub(vec_sub(m[1], m[2]), m[3]);
}

IOPT_ALWAYS_INLINE void output_6(const Vec *m, Vec *r)
{
    const Vec p = vec_add(m[1], m[2]), q = vec_sub(m[1], m[2]);
    const Vec s = vec_add(m[3], m[4]), t = vec_sub(m[3], m[4]);

    r[0] = vec_add(vec_add(m[0], p), s);
    r[1] = vec_fma(vec_all(2), t, q);
    r[2] = vec_fma(vec_all(4), s, p);
    r[3] = vec_add(vec_fma(vec_all(8), t, q), m[5]);
}

IOPT_ALWAYS_INLINE void output_8(const Vec *m, Vec *r)
{
    const Vec p = vec_add(m[1], m[2]), q = vec_sub(m[1], m[2]);
    const Vec s = vec_add(m[3], m[4]), t = vec_sub(m[3], m[4]);
    const Vec u = vec_add(m[5], m[6]), v = vec_sub(m[5], m[6]);

    r[0] = vec_add(vec_add(m[0], p), vec_add(s, u));
    r[1] = vec_add(vec_fma(vec_all(2), t, q), vec_fma(vec_all(0.5F), v, m[7]));
}

/* Along an axis of `side` points; 1: not transformed. */
IOPT_ALWAYS_INLINE void transform_input(const Vec *d, Vec *r, const size_t side)
{
    switch (side) {
    case 1: r[0] = d[0]; break;
    case 4: input_4(d, r); break;
    case 6: input_6(d, r); break;
    default: input_8(d, r); break;
    }
}

IOPT_ALWAYS_INLINE void transform_output(const Vec *m, Vec *r, const size_t side)
{
    switch (side) {
    case 1: r[0] = m[0]; break;
    case 4: output_4(m, r); break;
    case 6: output_6(m, r); break;
    default: output_8(m, r); break;
    }
}

/* Outputs along an axis of `side` points. */
IOPT_ALWAYS_INLINE size_t outputs_of(const size_t side)
{
    return side == 1 ? 1 : side == 6 ? 4 : 2;
}

/* VEC channels of one tile: pixel[] are its inputs, v the first of its points. */
IOPT_ALWAYS_INLINE void input_vector(const float *const *pixel, size_t c, VecLanes lanes,
                                     const bool whole, float *v, size_t v_plane,
                                     const size_t side_h, const size_t side_w)
{
    Vec half[MAX_SIDE][MAX_SIDE]; /* columns transformed */

    VEC_UNROLL
    for (size_t x = 0; x < side_w; x++) {
        Vec d[MAX_SIDE], r[MAX_SIDE];
        VEC_UNROLL
        for (size_t y = 0; y < side_h; y++) {
            const float *const p = pixel[y * side_w + x] + c;
            d[y] = whole ? vec_load(p) : vec_load_part(p, lanes);
        }
        transform_input(d, r, side_h);
        VEC_UNROLL
        for (size_t y = 0; y < side_h; y++)
            half[y][x] = r[y];
    }
    VEC_UNROLL
    for (size_t y = 0; y < side_h; y++) {
        Vec r[MAX_SIDE];
        transform_input(half[y], r, side_w);
        VEC_UNROLL
        for (size_t x = 0; x < side_w; x++) {
            float *const p = v + (y * side_w + x) * v_plane + c;
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
    const IoptWinogradF32Shape shape = iopt_winograd_f32_shape(job);
    const size_t across = iopt_winograd_f32_tiles_across(job);
    const size_t down = iopt_winograd_f32_tiles_down(job);

    return (Place){ t / across / down, t / across % down * shape.tile_h,
                    t % across * shape.tile_w };
}

/* The inputs of a tile: pixels of the image, or zeros outside of it. */
static void find_pixels(const IoptWinogradF32Job *job, Place at, const float *zeros,
                        const float *pixel[MAX_POINTS])
{
    const IoptWindow *const w = &job->window;
    const IoptWinogradF32Shape shape = iopt_winograd_f32_shape(job);

    for (size_t y = 0; y < shape.side_h; y++) {
        const size_t iy = at.oy + y - w->pad_top; /* above the image: huge */
        const float *const row =
            iy < w->in_h ? job->x + (ptrdiff_t)((at.image * w->in_h + iy) * w->in_w) * job->x_stride
                         : NULL;
        for (size_t x = 0; x < shape.side_w; x++) {
            const size_t ix = at.ox + x - w->pad_left;
            pixel[y * shape.side_w + x] =
                row && ix < w->in_w ? row + (ptrdiff_t)ix * job->x_stride : zeros;
        }
    }
}

IOPT_ALWAYS_INLINE void input_tile(const IoptWinogradF32Job *job, Place at, const float *zeros,
                                   float *v, size_t v_plane, const size_t side_h,
                                   const size_t side_w)
{
    const float *pixel[MAX_POINTS];
    size_t c = 0;

    find_pixels(job, at, zeros, pixel);
    for (; job->channels - c >= VEC; c += VEC)
        input_vector(pixel, c, vec_lanes(VEC), true, v, v_plane, side_h, side_w);
    if (c < job->channels)
        input_vector(pixel, c, vec_lanes(job->channels - c), false, v, v_plane, side_h, side_w);
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
                                      const size_t side_h, const size_t side_w)
{
    const IoptWindow *const w = &job->window;
    const size_t first = (at.image * w->out_h + at.oy) * w->out_w + at.ox;
    const size_t rows = w->out_h - at.oy, pixels = w->out_w - at.ox;
    Vec half[MAX_SIDE][MAX_SIDE];

    VEC_UNROLL
    for (size_t x = 0; x < side_w; x++) {
        Vec d[MAX_SIDE], r[MAX_SIDE];
        VEC_UNROLL
        for (size_t y = 0; y < side_h; y++)
            d[y] = vec_load(m + (y * side_w + x) * m_plane + j);
        transform_output(d, r, side_h);
        VEC_UNROLL
        for (size_t y = 0; y < outputs_of(side_h); y++)
            half[y][x] = r[y];
    }
    VEC_UNROLL
    for (size_t y = 0; y < outputs_of(side_h); y++) {
        Vec r[MAX_SIDE];
        if (y >= rows)
            break;
        transform_output(half[y], r, side_w);
        VEC_UNROLL
        for (size_t x = 0; x < outputs_of(side_w); x++)
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
    const size_t points = iopt_winograd_f32_points(job), point_floats = job->channels * width;
    const size_t panels = iopt_gemm_panel_count(width / LANES);

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
                                  size_t panel_begin, size_t panel_end, const size_t side_h,
                                  const size_t side_w)
{
    const size_t vectors = iopt_gemm_vectors(job->n, LANES), points = side_h * side_w;

    for (size_t t = 0; t < block->tiles; t++)
        input_tile(job, place_of(job, block->first + t), block->zeros, block->v + t * job->channels,
                   block->v_plane, side_h, side_w);

    for (size_t panel = panel_begin; panel < panel_end; panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel) * LANES;
        const size_t first = panel * 2 * LANES, left = job->n - first;
        Columns columns = { first, left < width ? left : width, width, { 0 }, { 0 } };
        load_columns(job->scale, 1, &columns, columns.scale);
        load_columns(job->bias, 0, &columns, columns.bias);

        multiply(job, block, job->packed + first * points * job->channels, width,
                 panel + 1 == panel_end);
        for (size_t t = 0; t < block->tiles; t++) {
            const Place at = place_of(job, block->first + t);
            for (size_t j = 0; j < columns.count; j += VEC)
                output_vector(job, &columns, j, at, block->m + t * width, block->m_plane, side_h,
                              side_w);
        }
    }
}

typedef void RunBlock(const IoptWinogradF32Job *job, const Block *block, size_t panel_begin,
                      size_t panel_end);

/* clang-format off */
#define SHAPES(X) X(4, 4) X(6, 6) X(1, 6) X(6, 1) X(1, 8) X(8, 1)
#define RUN_BLOCK(h, w)                                                                       \
    static void run_block_##h##x##w(const IoptWinogradF32Job *job, const Block *block,        \
                                    size_t panel_begin, size_t panel_end)                     \
    {                                                                                         \
        run_block(job, block, panel_begin, panel_end, h, w);                                  \
    }
/* clang-format on */
SHAPES(RUN_BLOCK)

static RunBlock *const run_blocks[MAX_SIDE + 1][MAX_SIDE + 1] = {
#define ENTRY(h, w) [h][w] = run_block_##h##x##w,
    SHAPES(ENTRY)
#undef ENTRY
};

static void run_range(const IoptWinogradF32Job *job, const IoptWinogradF32Range *range,
                      float *scratch)
{
    const IoptWinogradF32Scratch size = iopt_winograd_f32_scratch(job);
    const IoptWinogradF32Shape shape = iopt_winograd_f32_shape(job);
    const size_t most = iopt_winograd_f32_block(job), tiles = range->tile_end - range->tile_begin;
    const size_t n_blocks = (tiles + most - 1) / most;
    Block block = {
        .zeros = scratch,
        .v = scratch + size.zeros,
        .m = scratch + size.zeros + iopt_winograd_f32_points(job) * size.v_plane,
        .v_plane = size.v_plane,
        .m_plane = size.m_plane,
    };

    memset(scratch, 0, size.zeros * sizeof *scratch);
    for (size_t i = 0; i < n_blocks; i++) {
        block.first = range->tile_begin + tiles * i / n_blocks;
        block.tiles = range->tile_begin + tiles * (i + 1) / n_blocks - block.first;
        run_blocks[shape.side_h][shape.side_w](job, &block, range->panel_begin, range->panel_end);
    }
}

#endif
