/* What packing, scratch and run of winograd_f32 agree on.
 *
 *   points    those of a tile, row by row
 *   packed    for each panel of gemm_f32, for each point, the panel packed: [channels][columns]
 *   scratch   zeros [channels, rounded up]; V [points][a block's tiles][channels], the inputs
 *             transformed; M [points][a block's tiles][columns], their products with one panel
 */
#ifndef IOPT_KERNELS_WINOGRAD_F32_LAYOUT_H
#define IOPT_KERNELS_WINOGRAD_F32_LAYOUT_H

#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_panels.h"
#include "kernels/winograd_f32/winograd_f32.h"

enum {
    IOPT_WINOGRAD_F32_MAX_SIDE = 8, /* points on a side of a tile */
    IOPT_WINOGRAD_F32_MAX_POINTS = 36,
    IOPT_WINOGRAD_F32_MAX_COLUMNS = 3 * 16,     /* of a panel */
    IOPT_WINOGRAD_F32_BLOCK_BYTES = 256 * 1024, /* of V, so that it stays in L2 */
    IOPT_WINOGRAD_F32_MIN_BLOCK = 28,           /* tiles */
    IOPT_WINOGRAD_F32_MAX_BLOCK = 112,
    /* Planes at a multiple of 4 KB from each other would fall into the same sets of L1. */
    IOPT_WINOGRAD_F32_PLANE_GAP = 80
};

/* Outputs and points of a tile along both axes. */
typedef struct IoptWinogradF32Shape {
    size_t tile_h, tile_w, side_h, side_w;
} IoptWinogradF32Shape;

static inline IoptWinogradF32Shape iopt_winograd_f32_shape(const IoptWinogradF32Job *job)
{
    const IoptWindow *const w = &job->window;
    const size_t tile_h = w->kernel_h > 1 ? job->tile : 1, tile_w = w->kernel_w > 1 ? job->tile : 1;

    return (IoptWinogradF32Shape){ tile_h, tile_w, tile_h + w->kernel_h - 1,
                                   tile_w + w->kernel_w - 1 };
}

static inline size_t iopt_winograd_f32_points(const IoptWinogradF32Job *job)
{
    const IoptWinogradF32Shape shape = iopt_winograd_f32_shape(job);
    return shape.side_h * shape.side_w;
}

static inline size_t iopt_winograd_f32_tiles_down(const IoptWinogradF32Job *job)
{
    const size_t tile = iopt_winograd_f32_shape(job).tile_h;
    return (job->window.out_h + tile - 1) / tile;
}

static inline size_t iopt_winograd_f32_tiles_across(const IoptWinogradF32Job *job)
{
    const size_t tile = iopt_winograd_f32_shape(job).tile_w;
    return (job->window.out_w + tile - 1) / tile;
}

/* Tiles of all images. */
static inline size_t iopt_winograd_f32_tiles(const IoptWinogradF32Job *job)
{
    return job->images * iopt_winograd_f32_tiles_down(job) * iopt_winograd_f32_tiles_across(job);
}

/* The most tiles of a block. */
static inline size_t iopt_winograd_f32_block(const IoptWinogradF32Job *job)
{
    const size_t tile_bytes = iopt_winograd_f32_points(job) * (job->channels + 1) * sizeof(float);
    const size_t fit = IOPT_WINOGRAD_F32_BLOCK_BYTES / tile_bytes;

    return fit < IOPT_WINOGRAD_F32_MIN_BLOCK   ? IOPT_WINOGRAD_F32_MIN_BLOCK
           : fit > IOPT_WINOGRAD_F32_MAX_BLOCK ? IOPT_WINOGRAD_F32_MAX_BLOCK
                                               : fit;
}

/* The three parts of the scratch, in floats. */
typedef struct IoptWinogradF32Scratch {
    size_t zeros, v_plane, m_plane;
} IoptWinogradF32Scratch;

static inline IoptWinogradF32Scratch iopt_winograd_f32_scratch(const IoptWinogradF32Job *job)
{
    const size_t block = iopt_winograd_f32_block(job), line = IOPT_ALIGN_BYTES / sizeof(float);

    return (IoptWinogradF32Scratch){
        .zeros = (job->channels + line - 1) / line * line,
        .v_plane = (block * job->channels + line - 1) / line * line + IOPT_WINOGRAD_F32_PLANE_GAP,
        .m_plane = block * IOPT_WINOGRAD_F32_MAX_COLUMNS + IOPT_WINOGRAD_F32_PLANE_GAP,
    };
}

#endif
