/* gemm_s8 by bins and words (gemm_s8_bins.h): the register tile, and the walk over a range.
 *
 * Included once by the file of an instruction set, which has defined before
 *
 *     TILES(X)          X(vectors, rows) for every tile there is
 *     ROWS_1, ROWS_2    the most rows of a tile 1 and 2 vectors wide, at most 14
 */
#ifndef IOPT_KERNELS_GEMM_S8_BINS_SIMD_H
#define IOPT_KERNELS_GEMM_S8_BINS_SIMD_H

#include "kernels/gemm_s8/gemm_s8_bins.h"
#include "kernels/gemm_s8/gemm_s8_copy.h"
#include "kernels/gemm_s8/gemm_s8_finish.h"
#include "kernels/vec_codes.h"

enum {
    MAX_VECTORS = 2,
    MAX_ROWS = 14,
    STEP_BYTES = IOPT_GEMM_S8_STEP, /* a step of a vector has VEC_BYTES */
    LINE_BYTES = 64,
    PAGE_BYTES = 4096,
    BLOCK_BYTES = 128 * 1024, /* of rows of A that stay in L2 while all panels pass by */
    MIN_TILES = 4,            /* high, of such a block */
    MAX_TILES = 64
};

static const size_t rows_of[MAX_VECTORS + 1] = { 0, ROWS_1, ROWS_2 };

/* Some rows of A, each in one piece, and the same as 16 bits where words are multiplied. */
typedef struct Rows {
    const uint8_t *bytes;
    const uint8_t *words;
    ptrdiff_t byte_stride, word_stride; /* bytes */
} Rows;

IOPT_ALWAYS_INLINE VecInt load_quad(const uint8_t *a)
{
    int32_t quad;

    memcpy(&quad, a, sizeof quad);
    return vec_int_all(quad);
}

IOPT_ALWAYS_INLINE VecInt load_b(const int8_t *b)
{
    return vec_int_load((const int32_t *)(const void *)b);
}

/* Two products each, in 16 bits; exact within a bin. */
IOPT_ALWAYS_INLINE VecInt multiply_bytes(VecInt a, VecInt b)
{
    return VEC_INT(maddubs_epi16)(a, b);
}

/* Two products each, in 32 bits. */
IOPT_ALWAYS_INLINE VecInt multiply_words(VecInt a, VecInt b)
{
    return VEC_INT(madd_epi16)(a, b);
}

static bool ends_in_bytes(const IoptGemmS8 *gemm)
{
    return gemm->end.type == IOPT_S8_OUT_U8 && !gemm->row_sum &&
           (!gemm->residual || gemm->residual_in.type == IOPT_S8_OUT_U8);
}

/* How the tiles of a sub-panel end in bytes: residual and result from their row 0 on. */
typedef struct ByteEnd {
    VecEndOfFour end;
    Vec scale[MAX_VECTORS];
    VecInt residual_zero;
    Vec residual_scale;
    uint8_t *c;
    const uint8_t *residual; /* or NULL */
    ptrdiff_t c_stride, residual_stride;
    size_t columns; /* of the sub-panel that are in C */
} ByteEnd;

static ByteEnd byte_end(const Area *area, size_t vectors)
{
    const IoptGemmS8 *const gemm = area->gemm;
    const uint8_t *const residual = gemm->residual;

    return (ByteEnd){
        .end = vec_ready_end_of_four(&gemm->end),
        .scale = { vec_load(area->scale), vec_load(area->scale + (vectors - 1) * VEC) },
        .residual_zero = vec_int_all(gemm->residual_in.zero),
        .residual_scale = vec_all(gemm->residual_in.scale),
        .c = (uint8_t *)gemm->c + area->column,
        .residual = residual ? residual + area->column : NULL,
        .c_stride = gemm->end.stride,
        .residual_stride = gemm->residual_in.stride,
        .columns = area->columns < vectors * VEC ? area->columns : vectors * VEC,
    };
}

typedef struct Tile {
    Area area;
    bool ends_in_bytes; /* in registers; anything else through memory */
    ByteEnd end;
    Rows rows; /* from the tile's first on */
    const int32_t *offset;
    const int8_t *b;
    size_t words, pairs, single;
    const char *fetch; /* part of the next sub-panel to fetch into L2 on the way, */
    size_t fetch_step; /* these bytes a turn of the loop: a line, or 0 to fetch nothing more */
} Tile;

typedef void TileFn(const Tile *tile);

/* A vector of sums as values. */
IOPT_ALWAYS_INLINE Vec byte_value(const ByteEnd *end, ptrdiff_t row, const int v, VecInt sum,
                                  const bool added)
{
    const Vec value = vec_mul(vec_from_int(sum), end->scale[v]);

    if (!added)
        return value;
    const VecInt code =
        vec_u8_load(end->residual + row * end->residual_stride + v * (ptrdiff_t)VEC);
    return vec_add(
        value, vec_mul(vec_from_int(vec_int_sub(code, end->residual_zero)), end->residual_scale));
}

/* Two rows of two vectors from row `row` on, or but one if there are no more. */
IOPT_ALWAYS_INLINE void store_two(const ByteEnd *end, ptrdiff_t row, const ptrdiff_t rows, Vec a0,
                                  Vec a1, Vec b0, Vec b1)
{
    vecb_store_wide(end->c + row * end->c_stride, end->c_stride,
                    vec_four_codes(&end->end, a0, a1, b0, b1), rows < 2 ? (size_t)rows : 2,
                    end->columns);
}

/* Four rows of one vector, or less if there are no more. */
IOPT_ALWAYS_INLINE void store_four(const ByteEnd *end, ptrdiff_t row, const ptrdiff_t rows, Vec a,
                                   Vec b, Vec c, Vec d)
{
    const size_t n = rows < 4 ? (size_t)rows : 4;
    const VecInt codes = vec_four_codes(&end->end, a, b, c, d);
    uint8_t *const to = end->c + row * end->c_stride;

    if (end->columns >= VEC)
        vecb_store_rows(to, end->c_stride, codes, n);
    else
        vecb_store_some(to, end->c_stride, codes, n, end->columns);
}

#define EACH_ROW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13)

/* What the template does for each row; all of it falls away for i >= rows. */
/* clang-format off */
#define SUMS(i) VecInt c##i##_0 = bias0, c##i##_1 = bias1;
#define POINTER(i) const uint8_t *const a##i = i < rows ? a + i * stride : a;
#define EACH_VECTOR(i, X)                                                       \
    if (i < rows) {                                                             \
        X(i, 0)                                                                 \
        if (vectors > 1) {                                                      \
            X(i, 1)                                                             \
        }                                                                       \
    }
#define PAIR(i)                                                                 \
    if (i < rows) {                                                             \
        const VecInt x = load_quad(a##i + offset[0]);                           \
        const VecInt y = load_quad(a##i + offset[1]);                           \
        EACH_VECTOR(i, PAIR_1)                                                  \
    }
#define PAIR_1(i, j)                                                            \
    vec_int_add_to(&c##i##_##j, multiply_words(VEC_INT(add_epi16)(multiply_bytes(x, b##j),     \
        multiply_bytes(y, d##j)), ones));
#define SINGLE(i)                                                               \
    if (i < rows) {                                                             \
        const VecInt x = load_quad(a##i + *offset);                             \
        EACH_VECTOR(i, SINGLE_1)                                                \
    }
#define SINGLE_1(i, j)                                                          \
    vec_int_add_to(&c##i##_##j, multiply_words(multiply_bytes(x, b##j), ones));
#define WORDS(i)                                                                \
    if (i < rows) {                                                             \
        const VecInt x = load_quad(a##i + at);                                  \
        const VecInt y = load_quad(a##i + at + STEP_BYTES);                     \
        EACH_VECTOR(i, WORDS_1)                                                 \
    }
#define WORDS_1(i, j)                                                           \
    vec_int_add_to(&c##i##_##j, multiply_words(x, b##j));                               \
    vec_int_add_to(&c##i##_##j, multiply_words(y, d##j));
/* Codes of four vectors at once: of two rows, or of four. */
#define STORE_ROWS(added)                                                       \
    if (vectors > 1) {                                                          \
        STORE_TWO(0, 1, added) STORE_TWO(2, 3, added) STORE_TWO(4, 5, added)    \
        STORE_TWO(6, 7, added) STORE_TWO(8, 9, added) STORE_TWO(10, 11, added)  \
        STORE_TWO(12, 13, added)                                                \
    } else {                                                                    \
        STORE_FOUR(0, 1, 2, 3, added) STORE_FOUR(4, 5, 6, 7, added)             \
        STORE_FOUR(8, 9, 10, 11, added) STORE_FOUR(12, 13, 13, 13, added)       \
    }
#define STORE_TWO(i, j, added)                                                  \
    if (i < rows)                                                               \
        store_two(end, row + i, rows - i, VALUE(i, i, 0, added),                \
                  VALUE(i, i, 1, added), VALUE(i, j, 0, added),                 \
                  VALUE(i, j, 1, added));
#define STORE_FOUR(i, j, k, l, added)                                           \
    if (i < rows)                                                               \
        store_four(end, row + i, rows - i, VALUE(i, i, 0, added),               \
                   VALUE(i, j, 0, added), VALUE(i, k, 0, added),                \
                   VALUE(i, l, 0, added));
/* of row j if there is one, else of row i again */
#define VALUE(i, j, v, added)                                                   \
    (j < rows ? byte_value(end, row + j, v, c##j##_##v, added)                  \
              : byte_value(end, row + i, v, c##i##_##v, added))
#define KEEP(i) EACH_VECTOR(i, KEEP_1)
#define KEEP_1(i, j) vec_int_store(sums + (i * vectors + j) * VEC, c##i##_##j);
/* clang-format on */

IOPT_ALWAYS_INLINE void tile_template(const Tile *tile, const ptrdiff_t rows, const int vectors)
{
    const Area *const area = &tile->area;
    const int8_t *b = tile->b;
    const char *fetch = tile->fetch;
    const size_t fetch_step = tile->fetch_step;
    const VecInt bias0 = vec_int_load(area->bias);
    const VecInt bias1 = vectors > 1 ? vec_int_load(area->bias + VEC) : bias0;
    const int32_t *offset = tile->offset;

    EACH_ROW(SUMS)
    if (tile->words) {
        const uint8_t *const a = tile->rows.words;
        const ptrdiff_t stride = tile->rows.word_stride;
        EACH_ROW(POINTER)
        for (size_t words = tile->words; words > 0; words--) {
            const VecInt b0 = load_b(b), b1 = vectors > 1 ? load_b(b + VEC_BYTES) : b0;
            const VecInt d0 = load_b(b + vectors * VEC_BYTES);
            const VecInt d1 = vectors > 1 ? load_b(b + 3 * VEC_BYTES) : d0;
            const ptrdiff_t at = 2 * (ptrdiff_t)*offset++;
            __builtin_prefetch(fetch, 0, 2);
            fetch += fetch_step;
            EACH_ROW(WORDS)
            b += 2 * vectors * VEC_BYTES;
        }
    }
    if (tile->pairs | tile->single) {
        const uint8_t *const a = tile->rows.bytes;
        const ptrdiff_t stride = tile->rows.byte_stride;
        const VecInt ones = VEC_INT(set1_epi16)(1);
        EACH_ROW(POINTER)
        for (size_t pairs = tile->pairs; pairs > 0; pairs--) {
            const VecInt b0 = load_b(b), b1 = vectors > 1 ? load_b(b + VEC_BYTES) : b0;
            const VecInt d0 = load_b(b + vectors * VEC_BYTES);
            const VecInt d1 = vectors > 1 ? load_b(b + 3 * VEC_BYTES) : d0;
            __builtin_prefetch(fetch, 0, 2);
            fetch += fetch_step;
            EACH_ROW(PAIR)
            b += 2 * vectors * VEC_BYTES;
            offset += 2;
        }
        for (size_t single = tile->single; single > 0; single--) {
            const VecInt b0 = load_b(b), b1 = vectors > 1 ? load_b(b + VEC_BYTES) : b0;
            EACH_ROW(SINGLE)
            b += vectors * VEC_BYTES;
            offset++;
        }
    }

    if (tile->ends_in_bytes) {
        const ByteEnd *const end = &tile->end;
        const ptrdiff_t row = (ptrdiff_t)area->row;
        if (end->residual) {
            STORE_ROWS(true)
        } else {
            STORE_ROWS(false)
        }
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

static void widen_rows(const Rows *rows, size_t count, size_t k, uint8_t *words)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *const from = rows->bytes + (ptrdiff_t)i * rows->byte_stride;
        uint8_t *const to = words + (ptrdiff_t)i * rows->word_stride;
        for (size_t d = 0; d < k; d += 32) /* rows of words are whole lines */
            for (size_t half = d; half < d + 32; half += 16)
                _mm256_storeu_si256((void *)(to + 2 * half), _mm256_cvtepu8_epi16(_mm_loadu_si128(
                                                                 (const void *)(from + half))));
    }
}

/* One sub-panel for rows [begin, end), in tiles of nearly equal height; on the way the next one,
 * which is taken to be as long, comes into L2. */
static void run_sub(Tile *tile, const Rows *rows, size_t vectors, size_t begin, size_t end,
                    const char *next)
{
    const size_t turns = tile->words + tile->pairs;
    const size_t bytes = (2 * turns + tile->single) * vectors * VEC_BYTES;
    const size_t count = end - begin, n_tiles = (count + rows_of[vectors] - 1) / rows_of[vectors];
    const size_t height = count / n_tiles, higher = count % n_tiles;
    size_t done = 0;

    for (size_t t = 0; t < n_tiles; t++) {
        tile->area.row = begin + done;
        tile->area.rows = height + (t < higher);
        tile->rows = *rows;
        tile->rows.bytes += (ptrdiff_t)done * rows->byte_stride;
        tile->rows.words += (ptrdiff_t)done * rows->word_stride;
        const bool fetch = next && t * turns * LINE_BYTES < bytes;
        tile->fetch = fetch ? next + t * turns * LINE_BYTES : (const char *)tile->b;
        tile->fetch_step = fetch ? LINE_BYTES : 0;
        fetch_residual(&tile->area);
        tiles[vectors][tile->area.rows](tile);
        done += tile->area.rows;
    }
}

static void run_block(const IoptGemmS8 *gemm, const Rows *rows, size_t row_begin, size_t row_end,
                      size_t sub_begin, size_t sub_end)
{
    const size_t vectors = iopt_gemm_vectors(gemm->n, VEC);
    const size_t most =
        iopt_gemm_s8_sub_vectors(BIN_VECTORS, iopt_gemm_s8_steps(gemm->taps, gemm->depth));
    int32_t bias[MAX_VECTORS * VEC];
    float scale[MAX_VECTORS * VEC];

    for (size_t i = sub_begin; i < sub_end; i++) {
        const IoptGemmS8Sub *const sub = iopt_gemm_s8_sub(gemm->packed, i);
        const size_t column = i * most * VEC, left = vectors - i * most;
        const size_t width = left < most ? left : most;
        Tile tile = {
            .area = { .gemm = gemm,
                      .column = column,
                      .columns = gemm->n - column,
                      .bias = bias,
                      .scale = scale },
            .ends_in_bytes = ends_in_bytes(gemm),
            .offset = (const int32_t *)(const void *)((const char *)gemm->packed + sub->at),
            .b = (const int8_t *)gemm->packed + sub->b_at,
            .words = sub->words,
            .pairs = sub->pairs,
            .single = sub->single,
        };
        load_columns(gemm, column, width, bias, scale);
        tile.end = byte_end(&tile.area, width);
        run_sub(&tile, rows, width, row_begin, row_end,
                i + 1 < sub_end ? (const char *)gemm->packed + sub[1].at : gemm->next_packed);
    }
}

/* The distance of rows of `bytes`: whole lines, and not all rows in the same sets of the L1. */
static size_t spread(size_t bytes)
{
    const size_t lines = (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    return lines % (PAGE_BYTES / 4) ? lines : lines + LINE_BYTES;
}

/* Rows in blocks, each copied together and widened if need be, with all sub-panels. */
static void run_range(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    const IoptGemmS8Head *const head = gemm->packed;
    const size_t steps = iopt_gemm_s8_steps(gemm->taps, gemm->depth), k = steps * STEP_BYTES;
    const size_t sub_vectors = iopt_gemm_s8_sub_vectors(BIN_VECTORS, steps);
    const size_t vectors = iopt_gemm_vectors(gemm->n, VEC), high = rows_of[sub_vectors];
    const size_t byte_stride = gemm->offset ? spread(k) : 0;
    const size_t word_stride = head->words ? spread(2 * k) : 0;
    const size_t copied = byte_stride + word_stride;
    _Alignas(IOPT_ALIGN_BYTES) uint8_t copy[IOPT_GEMM_S8_COPY_BYTES + 2 * PAGE_BYTES];

    if (range->panel_begin == range->panel_end)
        return;
    if (head->quads) {
        iopt_gemm_s8_quads_run(gemm, range, VEC, (const int8_t *)gemm->packed + IOPT_ALIGN_BYTES);
        return;
    }
    const size_t last = range->panel_end - 1;
    const size_t end = 2 * last + iopt_gemm_panel_vectors(vectors, last);
    const size_t fit = copied ? IOPT_GEMM_S8_COPY_BYTES / copied : BLOCK_BYTES / (k + 1);
    const size_t tiles_fit = fit / high < MIN_TILES && !copied ? MIN_TILES
                             : fit / high > MAX_TILES          ? MAX_TILES
                                                               : fit / high;
    const size_t block = tiles_fit ? tiles_fit * high : fit;
    const size_t rows = range->row_end - range->row_begin, n_blocks = (rows + block - 1) / block;

    for (size_t i = 0; i < n_blocks; i++) {
        const size_t row = range->row_begin + rows * i / n_blocks;
        const size_t row_end = range->row_begin + rows * (i + 1) / n_blocks;
        Rows a = { .bytes = gemm->a + (ptrdiff_t)row * gemm->a_stride,
                   .words = copy,
                   .byte_stride = gemm->a_stride,
                   .word_stride = (ptrdiff_t)word_stride };
        if (gemm->offset) {
            copy_rows(gemm, row, row_end, copy, byte_stride);
            a.bytes = copy;
            a.words = copy + (row_end - row) * byte_stride;
            a.byte_stride = (ptrdiff_t)byte_stride;
        }
        if (head->words)
            widen_rows(&a, row_end - row, k, copy + (a.words - copy));
        run_block(gemm, &a, row, row_end, 2 * range->panel_begin / sub_vectors,
                  iopt_gemm_s8_subs(end, sub_vectors));
    }
}

#endif
