/* winograd_s8 in plain C: the sum itself, no transform; what the others must give, bit for bit.
 * Its tiles are only how the work is cut. */
#include "kernels/winograd_s8/winograd_s8_layout.h"

enum { KERNEL = 3, TILE = IOPT_WINOGRAD_S8_TILE, LANES = 8 };

/* Where an output is. */
typedef struct Place {
    size_t image, oy, ox;
} Place;

static uint32_t sum_of(const IoptWinogradS8Job *job, Place at, size_t j)
{
    const IoptWindow *const w = &job->window;
    const int8_t *const filter = job->packed;
    uint32_t sum = 0;

    for (size_t tap = 0; tap < KERNEL * KERNEL; tap++) {
        const size_t iy = at.oy + tap / KERNEL - w->pad_top; /* above the image: huge */
        const size_t ix = at.ox + tap % KERNEL - w->pad_left;
        const bool inside = iy < w->in_h && ix < w->in_w;
        const size_t pixel = inside ? (at.image * w->in_h + iy) * w->in_w + ix : 0;
        const uint8_t *const x = job->x + (ptrdiff_t)pixel * job->x_stride;
        for (size_t c = 0; c < job->channels; c++)
            sum += (uint32_t)((inside ? x[c] : job->x_zero) *
                              filter[(tap * job->channels + c) * job->n + j]);
    }
    return sum;
}

static void finish(const IoptWinogradS8Job *job, size_t pixel, size_t j, uint32_t sum)
{
    const ptrdiff_t to = (ptrdiff_t)pixel * job->end.stride + (ptrdiff_t)j;
    const int32_t t = (int32_t)(sum + (job->bias ? (uint32_t)job->bias[j] : 0));

    if (job->end.type == IOPT_S8_OUT_S32) {
        ((int32_t *)job->y)[to] = t;
        return;
    }
    float v = (float)t * job->scale[j];
    if (job->residual) {
        const IoptS8In *const in = &job->residual_in;
        const ptrdiff_t at = (ptrdiff_t)pixel * in->stride + (ptrdiff_t)j;
        v += in->type == IOPT_S8_OUT_F32 ? ((const float *)job->residual)[at]
                                         : iopt_s8_value(in, job->residual, at);
    }
    iopt_s8_end(&job->end, job->y, to, v);
}

static void run_tile(const IoptWinogradS8Job *job, size_t tile, size_t begin, size_t end)
{
    const IoptWindow *const w = &job->window;
    const size_t across = iopt_winograd_s8_tiles_across(job);
    const size_t down = iopt_winograd_s8_tiles_down(job);
    const size_t y = tile / across % down * TILE, x = tile % across * TILE;

    for (size_t i = 0; i < TILE * TILE; i++) {
        const Place at = { tile / across / down, y + i / TILE, x + i % TILE };
        if (at.oy >= w->out_h || at.ox >= w->out_w)
            continue;
        for (size_t j = begin; j < end; j++)
            finish(job, (at.image * w->out_h + at.oy) * w->out_w + at.ox, j, sum_of(job, at, j));
    }
}

void iopt_winograd_s8_c(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                        void *scratch)
{
    const size_t vectors = iopt_gemm_vectors(job->n, LANES);

    (void)scratch;
    for (size_t panel = range->panel_begin; panel < range->panel_end; panel++) {
        const size_t begin = 2 * panel * LANES;
        const size_t end = begin + iopt_gemm_panel_vectors(vectors, panel) * LANES;
        for (size_t tile = range->tile_begin; tile < range->tile_end; tile++)
            run_tile(job, tile, begin, end < job->n ? end : job->n);
    }
}
