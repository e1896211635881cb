/* How gemm_f32 and gemm_s8 lay out the columns of B: in vectors, vectors in panels.
 *
 * Columns are padded to whole vectors.  All panels have two vectors; the last one has three if
 * their number is odd, and one if there is but one: a lone vector at the end would load more than
 * it computes.  Panels lie one after the other. */
#ifndef IOPT_KERNELS_GEMM_PANELS_H
#define IOPT_KERNELS_GEMM_PANELS_H

#include <stddef.h>

/* Of n columns, in vectors of `lanes`. */
static inline size_t iopt_gemm_vectors(size_t n, size_t lanes)
{
    return n / lanes + (n % lanes != 0);
}

static inline size_t iopt_gemm_panel_count(size_t vectors)
{
    return vectors < 2 ? vectors : vectors / 2;
}

/* Vectors of panel `panel`; it begins with vector 2 * panel. */
static inline size_t iopt_gemm_panel_vectors(size_t vectors, size_t panel)
{
    const size_t left = vectors - 2 * panel;
    return left < 4 ? left : 2;
}

#endif
