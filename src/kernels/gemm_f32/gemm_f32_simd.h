/* gemm_f32 on vectors of columns: the register tile, and the walk over a range.
 *
 * Included once by the file of an instruction set, which has defined before
 *
 *     TILES(X)                  X(vectors, rows) for every tile there is
 *     ROWS_1, ROWS_2, ROWS_3    the most rows of a tile 1, 2, 3 vectors wide, at most 14
 *
 * A tile keeps all its sums in registers over the whole of K and so never adds partial sums in
 * memory; the panel of B streams through from L1 or L2.  The sums have names of their own because
 * gcc 12 moves an array of them through the stack; rows and vectors are constants in every
 * instance, which leaves of the fourteen rows those that are there.
 */
#ifndef IOPT_KERNELS_GEMM_F32_SIMD_H
#define IOPT_KERNELS_GEMM_F32_SIMD_H

#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_panels.h"
#include "kernels/vec_f32.h"

/* clang-format off */
#define UP_TO_4(X, v) X(v, 1) X(v, 2) X(v, 3) X(v, 4)
#define UP_TO_6(X, v) UP_TO_4(X, v) X(v, 5) X(v, 6)
#define UP_TO_9(X, v) UP_TO_6(X, v) X(v, 7) X(v, 8) X(v, 9)
#define UP_TO_14(X, v) UP_TO_9(X, v) X(v, 10) X(v, 11) X(v, 12) X(v, 13) X(v, 14)
/* clang-format on */

enum {
    MAX_VECTORS = 3,
    MAX_ROWS = 14,
    LINE_FLOATS = 16,         /* of a cache line */
    BLOCK_BYTES = 384 * 1024, /* of A that stay in L2 while all panels pass by */
    MIN_TILES = 4,            /* high, of such a block */
    MAX_TILES = 32
};

static const size_t rows_of[MAX_VECTORS + 1] = { 0, ROWS_1, ROWS_2, ROWS_3 };

typedef struct Tile {
    const IoptGemmF32 *gemm;
    size_t row, column;        /* of its upper left corner in C */
    size_t columns;            /* of C that are left from there; the panel may be wider */
    const float *b;            /* the panel */
    const float *next_b;       /* part of the next panel to fetch into L2 on the way, */
    size_t next_step;          /* these floats a step: a line, or 0 to fetch nothing more */
    const float *scale, *bias; /* of all the panel's columns */
} Tile;

typedef void TileFn(const Tile *tile);

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)

/* What the template does for each row; all of it falls away for i >= rows. */
/* clang-format off */
#define SUMS(i) Vec c##i##_0 = vec_all(0), c##i##_1 = c##i##_0, c##i##_2 = c##i##_0;
#define POINTER(i) const float *a##i = a;
#define DENSE_SEGMENT(i) if (i < rows) a##i = a + i * a_stride;
#define SEGMENT(i)                                                              \
    if (i < rows) {                                                             \
        const int32_t at = offset[i * taps];                                    \
        a##i = at == IOPT_GEMM_F32_ZEROS ? zeros : a + at;                      \
    }
/* Vector j of row i, for each j there is. */
#define EACH_VECTOR(i, X)                                                       \
    if (i < rows) {                                                             \
        X(i, 0)                                                                 \
        if (vectors > 1) {                                                      \
            X(i, 1)                                                             \
        }                                                                       \
        if (vectors > 2) {                                                      \
            X(i, 2)                                                             \
        }                                                                       \
    }
#define STEP(i)                                                                 \
    if (i < rows) {                                                             \
        const Vec ai = vec_all(a##i[k]);                                       \
        EACH_VECTOR(i, MULTIPLY_ADD)                                            \
    }
#define MULTIPLY_ADD(i, j) c##i##_##j = vec_fma(ai, b##j, c##i##_##j);
#define SCALE(i) EACH_VECTOR(i, SCALE_1)
#define SCALE_1(i, j)                                                           \
    c##i##_##j = vec_fma(c##i##_##j, vec_load(tile->scale + j * VEC),         \
                         vec_load(tile->bias + j * VEC));
#define FETCH_RESIDUAL(i) EACH_VECTOR(i, FETCH_1) residual += residual_stride;
#define FETCH_1(i, j) __builtin_prefetch(residual + j * VEC, 0, 3);
#define ADD_RESIDUAL(i) EACH_VECTOR(i, ADD_RESIDUAL_1) residual += residual_stride;
#define ADD_RESIDUAL_1(i, j)                                                    \
    c##i##_##j = vec_add(c##i##_##j, vec_load_part(residual + j * VEC, lanes##j));
#define STORE(i) EACH_VECTOR(i, STORE_1) c += c_stride;
#define STORE_1(i, j) vec_store(c + j * VEC, vec_clamp(c##i##_##j, lo, hi));
#define STORE_PART(i) EACH_VECTOR(i, STORE_PART_1) c += c_stride;
#define STORE_PART_1(i, j)                                                      \
    vec_store_part(c + j * VEC, vec_clamp(c##i##_##j, lo, hi), lanes##j);
/* clang-format on */

IOPT_ALWAYS_INLINE void tile_template(const Tile *tile, const ptrdiff_t rows, const int vectors)
{
    const IoptGemmF32 *const gemm = tile->gemm;
    const ptrdiff_t row = (ptrdiff_t)tile->row, taps = (ptrdiff_t)gemm->taps;
    const size_t depth = gemm->depth, next_step = tile->next_step;
    const float *b = tile->b, *next_b = tile->next_b;

    EACH_ROW(SUMS)
    if (gemm->residual) {
        const ptrdiff_t residual_stride = gemm->residual_stride;
        const float *residual = gemm->residual + row * residual_stride + tile->column;
        EACH_ROW(FETCH_RESIDUAL)
    }
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
        const float *a = gemm->a;
        EACH_ROW(POINTER)
        if (gemm->offset) {
            const int32_t *const offset = gemm->offset + row * taps + tap;
            const float *const zeros = gemm->zeros;
            EACH_ROW(SEGMENT)
        } else {
            const ptrdiff_t a_stride = gemm->a_stride;
            a += row * a_stride;
            EACH_ROW(DENSE_SEGMENT)
        }
        for (size_t k = 0; k < depth; k++) {
            const Vec b0 = vec_load(b);
            const Vec b1 = vectors > 1 ? vec_load(b + VEC) : b0;
            const Vec b2 = vectors > 2 ? vec_load(b + 2 * VEC) : b0;
            b += vectors * VEC;
            __builtin_prefetch(next_b, 0, 2);
            next_b += next_step;
            EACH_ROW(STEP)
        }
    }

    const VecLanes lanes0 = vec_lanes(tile->columns);
    const VecLanes lanes1 = vectors > 1 ? vec_lanes(tile->columns - VEC) : lanes0;
    const VecLanes lanes2 = vectors > 2 ? vec_lanes(tile->columns - 2 * VEC) : lanes0;
    EACH_ROW(SCALE)
    if (gemm->residual) {
        const ptrdiff_t residual_stride = gemm->residual_stride;
        const float *residual = gemm->residual + row * residual_stride + tile->column;
        EACH_ROW(ADD_RESIDUAL)
    }
    const Vec lo = vec_all(gemm->lo), hi = vec_all(gemm->hi);
    const ptrdiff_t c_stride = gemm->c_stride;
    float *c = gemm->c + row * c_stride + tile->column;
    if (tile->columns >= (size_t)vectors * VEC) {
        EACH_ROW(STORE)
    } else { /* a store of a part takes some twenty cycles on AMD with AVX2 */
        EACH_ROW(STORE_PART)
    }
}

/* clang-format off */
#define TILE(vectors, rows)                              \
    static void tile_##vectors##x##rows(const Tile *tile) \
    {                                                    \
        tile_template(tile, rows, vectors);              \
    }
/* clang-format on */
TILES(TILE)

static TileFn *const tiles[MAX_VECTORS + 1][MAX_ROWS + 1] = {
#define ENTRY(vectors, rows) [vectors][rows] = tile_##vectors##x##rows,
    TILES(ENTRY)
#undef ENTRY
};

/* All of the panel that starts at `tile` for rows [begin, end), in tiles of nearly equal height:
 * 16 rows are 8 + 8, not 14 + 2. */
static void run_panel(Tile *tile, size_t vectors, size_t begin, size_t end, const float *next_b)
{
    const size_t rows = end - begin, n_tiles = (rows + rows_of[vectors] - 1) / rows_of[vectors];
    const size_t height = rows / n_tiles, higher = rows % n_tiles; /* so many have a row more */
    const size_t step_lines = (vectors * VEC + LINE_FLOATS - 1) / LINE_FLOATS;
    const size_t k = tile->gemm->taps * tile->gemm->depth;

    tile->row = begin;
    for (size_t t = 0; t < n_tiles; t++) {
        const bool fetch = t < step_lines && next_b;
        const size_t tile_rows = height + (t < higher);

        tile->next_b = fetch ? next_b + t * k * LINE_FLOATS : tile->b;
        tile->next_step = fetch ? LINE_FLOATS : 0;
        tiles[vectors][tile_rows](tile);
        tile->row += tile_rows;
    }
}

/* A panel's values of scale or bias, `missing` if there are none; vectors are whole. */
static void load_columns(const float *values, float missing, size_t column, size_t columns,
                         size_t vectors, float *out)
{
    for (size_t j = 0; j < vectors; j++)
        vec_store(out + j * VEC,
                  values ? vec_load_part(values + column + j * VEC, vec_lanes(columns - j * VEC))
                         : vec_all(missing));
}

static void run_block(const IoptGemmF32 *gemm, size_t row_begin, size_t row_end, size_t panel_begin,
                      size_t panel_end)
{
    const size_t k = gemm->taps * gemm->depth, vectors = iopt_gemm_vectors(gemm->n, VEC);
    float scale[MAX_VECTORS * VEC], bias[MAX_VECTORS * VEC];

    for (size_t panel = panel_begin; panel < panel_end; panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel);
        const size_t column = panel * 2 * VEC, columns = gemm->n - column;
        Tile tile = {
            .gemm = gemm,
            .column = column,
            .columns = columns,
            .b = gemm->packed + column * k,
            .scale = scale,
            .bias = bias,
        };
        load_columns(gemm->scale, 1, column, columns, width, scale);
        load_columns(gemm->bias, 0, column, columns, width, bias);
        run_panel(&tile, width, row_begin, row_end,
                  panel + 1 < panel_end ? tile.b + width * VEC * k : gemm->next_packed);
    }
}

/* Rows in blocks that stay in L2, each with all panels. */
static void run_range(const IoptGemmF32 *gemm, const IoptGemmF32Range *range)
{
    const size_t rows = range->row_end - range->row_begin, high = rows_of[2];
    const size_t fit = BLOCK_BYTES / sizeof(float) / (gemm->depth + 1) / high;
    const size_t block = high * (fit < MIN_TILES ? MIN_TILES : fit > MAX_TILES ? MAX_TILES : fit);
    const size_t n_blocks = (rows + block - 1) / block;

    for (size_t i = 0; i < n_blocks; i++)
        run_block(gemm, range->row_begin + rows * i / n_blocks,
                  range->row_begin + rows * (i + 1) / n_blocks, range->panel_begin,
                  range->panel_end);
}

#endif
