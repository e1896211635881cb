/* What packing, scratch and run of winograd_s8 agree on.
 *
 *   points    the 36 of a tile, row by row
 *   packed    for each panel of gemm_s8 (two vectors of columns, the last one three), for each
 *             point: [pair of channels][columns][2] of 16 bits.  Plain C has the filter as it is
 *   scratch   a pixel of padding [row bytes / 2]; V [points][a block's tiles][row], the inputs
 *             transformed, 16 bits; M [points][a block's tiles][columns], their products with one
 *             panel, 32 bits
 */
#ifndef IOPT_KERNELS_WINOGRAD_S8_LAYOUT_H
#define IOPT_KERNELS_WINOGRAD_S8_LAYOUT_H

#include "kernels/gemm_s8/gemm_s8_layout.h"
#include "kernels/winograd_s8/winograd_s8.h"

enum {
    IOPT_WINOGRAD_S8_TILE = 4, /* outputs on a side */
    IOPT_WINOGRAD_S8_SIDE = 6, /* points */
    IOPT_WINOGRAD_S8_POINTS = 36,
    IOPT_WINOGRAD_S8_TAPS = 9,
    IOPT_WINOGRAD_S8_MAX_COLUMNS = 3 * 16,     /* of a panel */
    IOPT_WINOGRAD_S8_BLOCK_BYTES = 256 * 1024, /* of V, so that it stays in L2 */
    IOPT_WINOGRAD_S8_MIN_BLOCK = 28,           /* tiles */
    IOPT_WINOGRAD_S8_MAX_BLOCK = 112,
    /* Planes at a multiple of 4 KB from each other would fall into the same sets of L1. */
    IOPT_WINOGRAD_S8_PLANE_GAP = 5 * 64
};

/* Bytes of one tile's row in a plane of V: whole vectors. */
static inline size_t iopt_winograd_s8_row_bytes(const IoptWinogradS8Job *job)
{
    return (2 * job->channels + IOPT_ALIGN_BYTES - 1) / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
}

static inline size_t iopt_winograd_s8_tiles_down(const IoptWinogradS8Job *job)
{
    return (job->window.out_h + IOPT_WINOGRAD_S8_TILE - 1) / IOPT_WINOGRAD_S8_TILE;
}

static inline size_t iopt_winograd_s8_tiles_across(const IoptWinogradS8Job *job)
{
    return (job->window.out_w + IOPT_WINOGRAD_S8_TILE - 1) / IOPT_WINOGRAD_S8_TILE;
}

/* Tiles of all images. */
static inline size_t iopt_winograd_s8_tiles(const IoptWinogradS8Job *job)
{
    return job->images * iopt_winograd_s8_tiles_down(job) * iopt_winograd_s8_tiles_across(job);
}

/* The most tiles of a block. */
static inline size_t iopt_winograd_s8_block(const IoptWinogradS8Job *job)
{
    const size_t tile_bytes = IOPT_WINOGRAD_S8_POINTS * (iopt_winograd_s8_row_bytes(job) + 1);
    const size_t fit = IOPT_WINOGRAD_S8_BLOCK_BYTES / tile_bytes;

    return fit < IOPT_WINOGRAD_S8_MIN_BLOCK   ? IOPT_WINOGRAD_S8_MIN_BLOCK
           : fit > IOPT_WINOGRAD_S8_MAX_BLOCK ? IOPT_WINOGRAD_S8_MAX_BLOCK
                                              : fit;
}

/* The three parts of the scratch, in bytes. */
typedef struct IoptWinogradS8Scratch {
    size_t padding, v_plane, m_plane;
} IoptWinogradS8Scratch;

static inline IoptWinogradS8Scratch iopt_winograd_s8_scratch(const IoptWinogradS8Job *job)
{
    const size_t block = iopt_winograd_s8_block(job), row = iopt_winograd_s8_row_bytes(job);

    return (IoptWinogradS8Scratch){
        .padding = row, /* twice what a pixel takes, a multiple of the alignment */
        .v_plane = block * row + IOPT_WINOGRAD_S8_PLANE_GAP,
        .m_plane =
            block * IOPT_WINOGRAD_S8_MAX_COLUMNS * sizeof(int32_t) + IOPT_WINOGRAD_S8_PLANE_GAP,
    };
}

/* Bytes of one point of a panel. */
static inline size_t iopt_winograd_s8_point_bytes(size_t channels, size_t columns)
{
    return (channels + 1) / 2 * columns * 2 * sizeof(int16_t);
}

#endif
