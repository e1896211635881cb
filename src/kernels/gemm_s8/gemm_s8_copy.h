/* Rows of A copied together, each in one piece: where segments are short, and for bins.
 *
 * Pieces are copied in 16 or 32 bytes: the spare bytes behind an operand are read, and what a piece
 * writes too much the next one overwrites; the last needs IOPT_GEMM_S8_COPY_SPARE bytes. */
#ifndef IOPT_KERNELS_GEMM_S8_COPY_H
#define IOPT_KERNELS_GEMM_S8_COPY_H

#include "kernels/gemm_s8/gemm_s8_layout.h"
#include "kernels/vec_s8.h"

enum {
    IOPT_GEMM_S8_COPY_SPARE = 32,
    RUN_TAPS = 64, /* looked at together */
    FEW_TAPS = 5   /* not looked at */
};

IOPT_ALWAYS_INLINE void copy_piece(uint8_t *to, const uint8_t *from, size_t bytes)
{
    if (bytes <= 16)
        memcpy(to, from, 16);
    else
        for (size_t i = 0; i < bytes; i += 32)
            memcpy(to + i, from + i, 32);
}

/* One row, its segments `step` bytes apart. */
static inline void copy_segments(const IoptGemmS8 *gemm, size_t row, size_t step, uint8_t *to)
{
    for (size_t tap = 0; tap < gemm->taps; tap++, to += step)
        copy_piece(to, iopt_gemm_s8_segment(gemm, row, tap), gemm->depth);
}

/* Bit t: tap t + 1 lies `depth` bytes behind tap t; 0 for the last of the `taps`, at most 64. */
static inline uint64_t followed_taps(const int32_t *offset, size_t taps, int32_t depth)
{
    uint64_t followed = 0;

    for (size_t t = 0; t + 1 < taps; t += VEC) {
        const VecLanes lanes = vec_lanes(taps - 1 - t);
        const VecInt distance = vec_int_sub(vec_int_load_part(offset + t + 1, lanes),
                                            vec_int_load_part(offset + t, lanes));
        followed |= (uint64_t)vec_int_equal(distance, vec_int_all(depth)) << t;
    }
    return followed;
}

/* One row of a few segments of up to 16 bytes, joined. */
IOPT_ALWAYS_INLINE void copy_few(const IoptGemmS8 *gemm, size_t row, uint8_t *to)
{
    const int32_t *const offset = gemm->offset + row * gemm->taps;

    for (size_t tap = 0; tap < gemm->taps; tap++, to += gemm->depth) {
        const int32_t at = offset[tap];
        memcpy(to, at == IOPT_GEMM_S8_ZEROS ? gemm->zeros : gemm->a + at, 16);
    }
}

/* One row, its segments joined; those that follow one another in memory (pixels side by side) are
 * one piece. */
static inline void copy_joined(const IoptGemmS8 *gemm, size_t row, uint8_t *to)
{
    const size_t depth = gemm->depth;

    for (size_t first = 0; first < gemm->taps; first += RUN_TAPS) {
        const size_t left = gemm->taps - first, taps = left < RUN_TAPS ? left : RUN_TAPS;
        const int32_t *const offset = gemm->offset + row * gemm->taps + first;
        uint64_t last = ~followed_taps(offset, taps, (int32_t)depth);
        for (size_t tap = 0, next; tap < taps; tap = next, last &= last - 1) {
            next = (size_t)__builtin_ctzll(last) + 1;
            const int32_t at = offset[tap];
            copy_piece(to, at == IOPT_GEMM_S8_ZEROS ? gemm->zeros : gemm->a + at,
                       (next - tap) * depth);
            to += (next - tap) * depth;
        }
    }
}

/* Rows [begin, end), `stride` bytes apart. */
static void copy_rows(const IoptGemmS8 *gemm, size_t begin, size_t end, uint8_t *to, size_t stride)
{
    const bool joined = iopt_gemm_s8_joins(gemm->taps, gemm->depth);
    const bool few = joined && gemm->taps <= FEW_TAPS;
    const size_t step = iopt_gemm_s8_depth_steps(gemm->depth) * IOPT_GEMM_S8_STEP;

    for (size_t row = begin; row < end; row++, to += stride)
        if (few)
            copy_few(gemm, row, to);
        else if (joined)
            copy_joined(gemm, row, to);
        else
            copy_segments(gemm, row, step, to);
}

#endif
