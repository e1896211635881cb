/* Convolution of images of few channels: windows are copied together into rows, some hundred at a
 * time into scratch that stays in the cache, and multiplied.
 */
#include <string.h>

#include "engine/lower_conv2d.h"
#include "kernels/gemm_f32/gemm_f32.h"

/* From three channels on, gemm_f32 is faster on the image as it lies (MobileNet V2: 5 % in all). */
enum { FEW_CHANNELS = 3, BLOCK_TILES = 8 };

typedef struct ColumnsJob {
    IoptGemmF32 gemm; /* of one block */
    const IoptVariant *variant;
    IoptWindow window;
    size_t images, channels, block; /* block: rows copied at a time */
    ptrdiff_t x_stride;
} ColumnsJob;

bool iopt_conv_wants_columns(const IoptConv *conv)
{
    return conv->groups == 1 && conv->depth < FEW_CHANNELS && iopt_conv_taps(conv) > 1;
}

/* Copies the taps of one row of a window that lie in the image, and zeros for the others. */
static void copy_taps(const ColumnsJob *job, const float *x, IoptTaps taps, float *to)
{
    const IoptWindow *const w = &job->window;
    const size_t channels = job->channels;
    const ptrdiff_t step = (ptrdiff_t)w->dilation_w * job->x_stride;

    for (size_t i = 0; i < taps.begin * channels; i++)
        *to++ = 0;
    for (size_t kx = taps.begin; kx < taps.end; kx++, x += step)
        for (size_t c = 0; c < channels; c++)
            *to++ = x[c];
    for (size_t i = taps.end * channels; i < w->kernel_w * channels; i++)
        *to++ = 0;
}

/* One window as a row of the matrix. */
static void copy_window(const ColumnsJob *job, const float *image, size_t oy, size_t ox, float *to)
{
    const IoptWindow *const w = &job->window;
    const IoptTaps ty = iopt_window_taps_y(w, oy), tx = iopt_window_taps_x(w, ox);
    const size_t row = w->kernel_w * job->channels;
    /* A row of the window that lies wholly in the image is one piece. */
    const bool whole = tx.begin == 0 && tx.end == w->kernel_w && w->dilation_w == 1 &&
                       job->x_stride == (ptrdiff_t)job->channels;

    for (size_t ky = 0; ky < w->kernel_h; ky++, to += row) {
        if (ky < ty.begin || ky >= ty.end) {
            memset(to, 0, row * sizeof *to);
            continue;
        }
        const size_t iy = ty.at + (ky - ty.begin) * w->dilation_h;
        const float *const x = image + (ptrdiff_t)(iy * w->in_w + tx.at) * job->x_stride;
        if (whole)
            for (size_t i = 0; i < row; i++)
                to[i] = x[i];
        else
            copy_taps(job, x, tx, to);
    }
}

static void copy_block(const ColumnsJob *job, const float *x, size_t begin, size_t end, float *to)
{
    const IoptWindow *const w = &job->window;
    const ptrdiff_t image = (ptrdiff_t)(w->in_h * w->in_w) * job->x_stride;
    size_t ox = begin % w->out_w, oy = begin / w->out_w % w->out_h;
    size_t n = begin / w->out_w / w->out_h;

    for (size_t row = begin; row < end; row++, to += job->gemm.depth) {
        copy_window(job, x + (ptrdiff_t)n * image, oy, ox, to);
        if (++ox == w->out_w) {
            ox = 0;
            if (++oy == w->out_h) {
                oy = 0;
                n++;
            }
        }
    }
}

static IoptStatus run_columns(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ColumnsJob *const job = step->job;
    IoptGemmF32Run *const gemm_f32 = (IoptGemmF32Run *)job->variant->fn;
    const float *const x = iopt_place_at(&step->in[0], call);
    const float *const residual = step->n_in > 1 ? iopt_place_at(&step->in[1], call) : NULL;
    float *const y = iopt_place_at(&step->out[0], call);
    const size_t panels = iopt_gemm_f32_panels(job->variant, job->gemm.n);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->images * job->window.out_h * job->window.out_w, &begin, &end);
    for (size_t row = begin; row < end; row += job->block) {
        const size_t stop = end - row < job->block ? end : row + job->block;
        const IoptGemmF32Range all = { 0, stop - row, 0, panels };
        IoptGemmF32 gemm = job->gemm;
        copy_block(job, x, row, stop, call->scratch);
        gemm.rows = stop - row;
        gemm.a = call->scratch;
        gemm.c = y + (ptrdiff_t)row * gemm.c_stride;
        gemm.residual = residual ? residual + (ptrdiff_t)row * gemm.residual_stride : NULL;
        gemm_f32(&gemm, &all);
    }
    return IOPT_OK;
}

static void fill_job(const IoptConv *conv, ColumnsJob *job)
{
    const IoptChain *const chain = conv->chain;
    const IoptGemmF32Info *const info = job->variant->info;
    const size_t k = iopt_conv_taps(conv) * conv->depth;

    job->window = conv->window;
    job->images = conv->images;
    job->channels = conv->depth;
    job->x_stride = conv->x.stride;
    job->block = BLOCK_TILES * info->rows;
    job->gemm.n = conv->outputs;
    job->gemm.taps = 1;
    job->gemm.depth = k;
    job->gemm.a_stride = (ptrdiff_t)k;
    job->gemm.scale = chain->scale;
    job->gemm.bias = chain->bias;
    job->gemm.lo = chain->lo;
    job->gemm.hi = chain->hi;
    job->gemm.c_stride = conv->y.stride;
    if (conv->n_places > 1)
        job->gemm.residual_stride = conv->places[1].stride;
}

IoptStatus iopt_lower_conv_columns(IoptLower *lower, const IoptConv *conv, IoptError *err)
{
    ColumnsJob *job;
    IoptStep step = { .run = run_columns, .parts = SIZE_MAX };

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(lower, &iopt_kernel_gemm_f32, &job->variant, &step.info.kernel, err));
    IOPT_TRY(iopt_conv_pack(lower, conv, job->variant, 0, &job->gemm.packed, err));
    fill_job(conv, job);
    iopt_lower_next_packed(lower, NULL, NULL); /* blocks use the same weights again and again */
    step.job = job;
    step.scratch_bytes = job->block * job->gemm.depth * sizeof(float);
    return iopt_lower_add(lower, conv->chain, step, conv->places, conv->n_places, &conv->y, 1, err);
}
