/* gemm_s8 on vectors of columns: the register tile, and the walk over a range.
 *
 * Included once by the file of an instruction set, which has defined before
 *
 *     TILES(X)                  X(vectors, rows) for every tile there is
 *     ROWS_1, ROWS_2, ROWS_3    the most rows of a tile 1, 2, 3 vectors wide, at most 14
 *     vec_dot(sum, a, b)        *sum += the products of four bytes each of a (unsigned) and b
 *
 * The same tile as gemm_f32's, with steps of four bytes of K in place of one float.  The sums have
 * names of their own because gcc 12 moves an array of them through the stack; rows and vectors are
 * constants in every instance, which leaves of the fourteen rows those that are there.
 */
#ifndef IOPT_KERNELS_GEMM_S8_SIMD_H
#define IOPT_KERNELS_GEMM_S8_SIMD_H

#include "kernels/gemm_s8/gemm_s8_finish.h"
#include "kernels/vec_codes.h"

/* clang-format off */
#define UP_TO_4(X, v) X(v, 1) X(v, 2) X(v, 3) X(v, 4)
#define UP_TO_6(X, v) UP_TO_4(X, v) X(v, 5) X(v, 6)
#define UP_TO_9(X, v) UP_TO_6(X, v) X(v, 7) X(v, 8) X(v, 9)
#define UP_TO_14(X, v) UP_TO_9(X, v) X(v, 10) X(v, 11) X(v, 12) X(v, 13) X(v, 14)
/* clang-format on */

enum {
    MAX_VECTORS = 3,
    MAX_ROWS = 14,
    STEP_BYTES = IOPT_GEMM_S8_STEP, /* a step of a vector has VEC_BYTES of B */
    LINE_BYTES = 64,
    BLOCK_BYTES = 384 * 1024, /* of A that stay in L2 while all panels pass by */
    MIN_TILES = 4,            /* high, of such a block */
    MAX_TILES = 32
};

static const size_t rows_of[MAX_VECTORS + 1] = { 0, ROWS_1, ROWS_2, ROWS_3 };

typedef struct Tile {
    Area area;
    Ends ends;
    const int8_t *b;     /* the panel */
    const int8_t *fetch; /* part of the next panel to fetch into L2 on the way, */
    size_t fetch_step;   /* these bytes a step: a line, or 0 to fetch nothing more */
} Tile;

typedef void TileFn(const Tile *tile);

IOPT_ALWAYS_INLINE VecInt load_quad(const uint8_t *a)
{
    int32_t quad;

    memcpy(&quad, a, sizeof quad);
    return vec_int_all(quad);
}

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)

/* What the template does for each row; all of it falls away for i >= rows. */
/* clang-format off */
#define SUMS(i) VecInt c##i##_0 = bias0, c##i##_1 = bias1, c##i##_2 = bias2;
#define POINTER(i) const uint8_t *a##i = a;
#define DENSE_SEGMENT(i) if (i < rows) a##i = a + i * a_stride;
#define SEGMENT(i)                                                              \
    if (i < rows) {                                                             \
        const int32_t at = offset[i * taps];                                    \
        a##i = at == IOPT_GEMM_S8_ZEROS ? zeros : a + at;                       \
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
        const VecInt quad = load_quad(a##i + k);                                \
        EACH_VECTOR(i, MULTIPLY_ADD)                                            \
    }
#define MULTIPLY_ADD(i, j) vec_dot(&c##i##_##j, quad, b##j);
#define STORE(i)                                                                \
    if (i < rows) {                                                             \
        if (vectors > 1)                                                        \
            finish_two(&end, c, c##i##_0, c##i##_1, scale0, scale1);            \
        else                                                                    \
            finish_simply(&end, c, c##i##_0, scale0);                           \
        if (vectors > 2)                                                        \
            finish_simply(&end, c + 2 * VEC, c##i##_2, scale2);                 \
        c += c_stride;                                                          \
    }
#define STORE_SUM(i) EACH_VECTOR(i, STORE_SUM_1) sum += c_stride;
#define STORE_SUM_1(i, j) vec_int_store(sum + j * VEC, c##i##_##j);
#define KEEP(i) EACH_VECTOR(i, KEEP_1)
#define KEEP_1(i, j) vec_int_store(sums + (i * vectors + j) * VEC, c##i##_##j);
/* clang-format on */

IOPT_ALWAYS_INLINE void tile_template(const Tile *tile, const ptrdiff_t rows, const int vectors)
{
    const Area *const area = &tile->area;
    const IoptGemmS8 *const gemm = area->gemm;
    const ptrdiff_t row = (ptrdiff_t)area->row, taps = (ptrdiff_t)gemm->taps;
    const size_t depth = gemm->depth, fetch_step = tile->fetch_step;
    const int8_t *b = tile->b, *fetch = tile->fetch;
    const VecInt bias0 = vec_int_load(area->bias);
    const VecInt bias1 = vectors > 1 ? vec_int_load(area->bias + VEC) : bias0;
    const VecInt bias2 = vectors > 2 ? vec_int_load(area->bias + 2 * VEC) : bias0;

    EACH_ROW(SUMS)
    for (ptrdiff_t tap = 0; tap < taps; tap++) {
        const uint8_t *a = gemm->a;
        EACH_ROW(POINTER)
        if (gemm->offset) {
            const int32_t *const offset = gemm->offset + row * taps + tap;
            const uint8_t *const zeros = gemm->zeros;
            EACH_ROW(SEGMENT)
        } else {
            const ptrdiff_t a_stride = gemm->a_stride;
            a += row * a_stride;
            EACH_ROW(DENSE_SEGMENT)
        }
        for (size_t k = 0; k < depth; k += STEP_BYTES) {
            const VecInt b0 = vec_int_load((const int32_t *)(const void *)b);
            const VecInt b1 =
                vectors > 1 ? vec_int_load((const int32_t *)(const void *)(b + VEC_BYTES)) : b0;
            const VecInt b2 =
                vectors > 2 ? vec_int_load((const int32_t *)(const void *)(b + 2 * VEC_BYTES)) : b0;
            b += vectors * VEC_BYTES;
            __builtin_prefetch(fetch, 0, 2);
            fetch += fetch_step;
            EACH_ROW(STEP)
        }
    }

    const bool whole = area->columns >= (size_t)vectors * VEC;
    const ptrdiff_t c_stride = gemm->end.stride;
    const ptrdiff_t corner = row * c_stride + (ptrdiff_t)area->column;
    if (whole && tile->ends == ENDS_U8) {
        const SimpleEnd end = simple_end(gemm);
        const Vec scale0 = vec_load(area->scale);
        const Vec scale1 = vectors > 1 ? vec_load(area->scale + VEC) : scale0;
        const Vec scale2 = vectors > 2 ? vec_load(area->scale + 2 * VEC) : scale0;
        uint8_t *c = (uint8_t *)gemm->c + corner;
        EACH_ROW(STORE)
    } else if (whole && tile->ends == ENDS_S32) {
        int32_t *sum = (int32_t *)gemm->c + corner;
        EACH_ROW(STORE_SUM)
    } else {
        int32_t sums[MAX_ROWS * MAX_VECTORS * VEC];
        EACH_ROW(KEEP)
        finish_area(area, sums, (size_t)vectors);
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
static void run_panel(Tile *tile, size_t vectors, size_t begin, size_t end, size_t steps,
                      const int8_t *next_b)
{
    const size_t rows = end - begin, n_tiles = (rows + rows_of[vectors] - 1) / rows_of[vectors];
    const size_t height = rows / n_tiles, higher = rows % n_tiles; /* so many have a row more */
    const size_t step_lines = (vectors * VEC_BYTES + LINE_BYTES - 1) / LINE_BYTES;

    tile->area.row = begin;
    for (size_t t = 0; t < n_tiles; t++) {
        const bool fetch = t < step_lines && next_b;

        tile->area.rows = height + (t < higher);
        tile->fetch = fetch ? next_b + t * steps * LINE_BYTES : tile->b;
        tile->fetch_step = fetch ? LINE_BYTES : 0;
        fetch_residual(&tile->area);
        tiles[vectors][tile->area.rows](tile);
        tile->area.row += tile->area.rows;
    }
}

static void run_block(const IoptGemmS8 *gemm, size_t row_begin, size_t row_end, size_t panel_begin,
                      size_t panel_end)
{
    const size_t steps = gemm->taps * iopt_gemm_s8_depth_steps(gemm->depth);
    const size_t vectors = iopt_gemm_vectors(gemm->n, VEC);
    int32_t bias[MAX_VECTORS * VEC];
    float scale[MAX_VECTORS * VEC];

    for (size_t panel = panel_begin; panel < panel_end; panel++) {
        const size_t width = iopt_gemm_panel_vectors(vectors, panel);
        const size_t column = panel * 2 * VEC;
        Tile tile = {
            .area = { .gemm = gemm,
                      .column = column,
                      .columns = gemm->n - column,
                      .bias = bias,
                      .scale = scale },
            .ends = ends_of(gemm),
            .b = (const int8_t *)gemm->packed + column * steps * STEP_BYTES,
        };
        load_columns(gemm, column, width, bias, scale);
        run_panel(&tile, width, row_begin, row_end, steps,
                  panel + 1 < panel_end ? tile.b + width * VEC_BYTES * steps : gemm->next_packed);
    }
}

/* Rows in blocks that stay in L2, each with all panels. */
static void run_range(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    const size_t rows = range->row_end - range->row_begin, high = rows_of[2];
    const size_t fit = BLOCK_BYTES / (gemm->depth + 1) / high;
    const size_t block = high * (fit < MIN_TILES ? MIN_TILES : fit > MAX_TILES ? MAX_TILES : fit);
    const size_t n_blocks = (rows + block - 1) / block;

    for (size_t i = 0; i < n_blocks; i++)
        run_block(gemm, range->row_begin + rows * i / n_blocks,
                  range->row_begin + rows * (i + 1) / n_blocks, range->panel_begin,
                  range->panel_end);
}

#endif
