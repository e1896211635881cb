/* How threads share a matrix product: by rows where the map is large, by panels where the weights
 * outweigh it. */
#ifndef IOPT_KERNELS_GEMM_SPLIT_H
#define IOPT_KERNELS_GEMM_SPLIT_H

#include "kernels/work_split.h"

/* What a product costs, as far as its split depends on it.  A panel is a group of columns of B, a
 * tile the rows of C that are computed with a panel at one go. */
typedef struct IoptGemmCost {
    size_t rows, panels;           /* to be shared; any may be 0 */
    size_t tile_rows;              /* of a full tile */
    double steps;                  /* along K; one takes a cycle for a row of a tile */
    double row_bytes, panel_bytes; /* of A and of B, to be read */
} IoptGemmCost;

IoptWorkRange iopt_gemm_split(const IoptGemmCost *cost, size_t part, size_t parts);

#endif
