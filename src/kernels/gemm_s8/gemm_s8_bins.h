/* gemm_s8 without a dot product of bytes: `vpmaddubsw` adds two products in saturating 16 bits, so
 * it is exact only where the weights let it be.  The packing sees to that.
 *
 *   bins    K is cut into groups of 4 bytes.  In each 16-bit lane two weights of a group meet; the
 *           worst case is 255 times the sum of the positive ones, or of the negative ones, and it
 *           cannot overflow while that sum is at most 128.  The order of K is free, so groups are
 *           paired wherever both together stay within 128 in all lanes: a pair is two offsets, and
 *           its products are added in 16 bits before they are widened.
 *   words   groups that are beyond 128 by themselves: 16-bit weights, by codes widened to 16 bits:
 *           `vpmaddwd` is exact
 *
 * For two groups a pair takes 3 multiplications, two single groups or two of words 4 (and words
 * more additions).  Each sub-panel has all three kinds.
 *
 * Packed: a head, one IoptGemmS8Sub for each sub-panel, and what those point to.  A panel's columns
 * are cut into sub-panels of up to `bin_vectors` vectors: wide ones load less, but more groups of
 * narrow ones fit, which pays where K is large.  Rows of A are read as one segment of 4 * steps
 * bytes: in place if they are that, else from a copy.
 */
#ifndef IOPT_KERNELS_GEMM_S8_BINS_H
#define IOPT_KERNELS_GEMM_S8_BINS_H

#include "kernels/gemm_s8/gemm_s8_layout.h"

enum {
    IOPT_GEMM_S8_COPY_BYTES = 192 * 1024, /* of rows of A together, on the stack */
    IOPT_GEMM_S8_NARROW_STEPS = 64        /* from there on, sub-panels are one vector wide */
};

typedef struct IoptGemmS8Sub {
    size_t at;       /* of the offsets of its groups (int32), bytes from `packed`, */
    size_t b_at;     /* and of its weights, in the same order: */
    uint32_t words;  /* groups, [group][first, second half][its columns][2] of 16 bits; */
    uint32_t pairs;  /* then two groups each, [pair][group][its columns][4]; */
    uint32_t single; /* then groups alone */
} IoptGemmS8Sub;

typedef struct IoptGemmS8Head {
    bool quads; /* a K too long to be copied together: packed as for plain C, and run by it */
    bool words; /* some sub-panel has them */
} IoptGemmS8Head;

/* Vectors of a sub-panel. */
static inline size_t iopt_gemm_s8_sub_vectors(size_t bin_vectors, size_t steps)
{
    return steps < IOPT_GEMM_S8_NARROW_STEPS ? bin_vectors : 1;
}

/* Sub-panels of n columns, or of one panel's vectors. */
static inline size_t iopt_gemm_s8_subs(size_t vectors, size_t sub_vectors)
{
    return vectors / sub_vectors + (vectors % sub_vectors != 0);
}

static inline const IoptGemmS8Sub *iopt_gemm_s8_sub(const void *packed, size_t index)
{
    return (const IoptGemmS8Sub *)((const char *)packed + IOPT_ALIGN_BYTES) + index;
}

size_t iopt_gemm_s8_bins_bytes(const IoptGemmS8Info *info, size_t taps, size_t depth, size_t n);

/* As iopt_gemm_s8_pack.  Short of memory it packs words or quads: slower, but the same sums. */
void iopt_gemm_s8_bins_pack(const IoptGemmS8Info *info, const IoptGemmS8Weights *b, void *packed);

#endif
