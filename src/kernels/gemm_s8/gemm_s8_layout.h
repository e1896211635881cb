/* The packed layouts of gemm_s8, and what else its variants share.
 *
 * Columns lie in panels (gemm_panels.h).  K goes in steps of 4 bytes; each segment begins a new
 * step, and its last step is filled up with zeros.  Bins, which copy the rows of A together
 * anyway, join short segments.
 *
 *   quads   a panel is [step][its columns][4]
 */
#ifndef IOPT_KERNELS_GEMM_S8_LAYOUT_H
#define IOPT_KERNELS_GEMM_S8_LAYOUT_H

#include <stdbool.h>

#include "kernels/gemm_panels.h"
#include "kernels/gemm_s8/gemm_s8.h"

enum {
    IOPT_GEMM_S8_STEP = 4,
    IOPT_GEMM_S8_SHORT = 16,   /* segments below that are joined, */
    IOPT_GEMM_S8_JOINED = 2048 /* up to this many bytes a row */
};

/* What IoptVariant.info points to. */
typedef struct IoptGemmS8Info {
    size_t rows;        /* of a register tile: parts of less than some 4 * rows rows waste time */
    size_t lanes;       /* columns of a vector, half a panel */
    size_t bin_vectors; /* of a sub-panel of bins (gemm_s8_bins.h); 0 for quads */
} IoptGemmS8Info;

/* B as it comes to be packed: element (row, column) is b[row * k_stride + column * n_stride]. */
typedef struct IoptGemmS8Weights {
    const int8_t *b;
    size_t k_stride, n_stride;
    size_t taps, depth, n;
} IoptGemmS8Weights;

/* Steps of one segment. */
static inline size_t iopt_gemm_s8_depth_steps(size_t depth)
{
    return depth / IOPT_GEMM_S8_STEP + (depth % IOPT_GEMM_S8_STEP != 0);
}

static inline bool iopt_gemm_s8_joins(size_t taps, size_t depth)
{
    return taps > 1 && depth > 0 && depth < IOPT_GEMM_S8_SHORT &&
           taps <= IOPT_GEMM_S8_JOINED / depth;
}

/* Steps of a row where short segments are joined. */
static inline size_t iopt_gemm_s8_steps(size_t taps, size_t depth)
{
    return iopt_gemm_s8_joins(taps, depth) ? iopt_gemm_s8_depth_steps(taps * depth)
                                           : taps * iopt_gemm_s8_depth_steps(depth);
}

static inline const uint8_t *iopt_gemm_s8_segment(const IoptGemmS8 *gemm, size_t row, size_t tap)
{
    if (!gemm->offset)
        return gemm->a + (ptrdiff_t)row * gemm->a_stride;
    const int32_t offset = gemm->offset[row * gemm->taps + tap];
    return offset == IOPT_GEMM_S8_ZEROS ? gemm->zeros : gemm->a + offset;
}

size_t iopt_gemm_s8_quads_bytes(size_t lanes, size_t taps, size_t depth, size_t n);
void iopt_gemm_s8_quads_pack(size_t lanes, const IoptGemmS8Weights *weights, int8_t *packed);

/* Plain C on quads of any multiple of 8 lanes. */
void iopt_gemm_s8_quads_run(const IoptGemmS8 *gemm, const IoptGemmS8Range *range, size_t lanes,
                            const int8_t *quads);

#endif
