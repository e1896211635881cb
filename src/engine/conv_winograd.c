/* Convolution with stride 1 by winograd_f32, where it is the fastest. */
#include "engine/lower_conv2d.h"
#include "engine/pack_weights.h"
#include "kernels/winograd_f32/winograd_f32.h"

typedef struct WinogradJob {
    IoptWinogradF32Job winograd; /* pointers of the run are set as it runs */
    const IoptVariant *variant;
    const void *filter; /* for packing */
    float *packed;
} WinogradJob;

static void pack_winograd(const void *packing)
{
    const WinogradJob *const job = packing;

    iopt_winograd_f32_pack(job->variant, &job->winograd, job->filter, job->winograd.n, job->packed);
}

static IoptStatus run_winograd(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const WinogradJob *const job = step->job;
    IoptWinogradF32Run *const winograd_f32 = (IoptWinogradF32Run *)job->variant->fn;
    IoptWinogradF32Job winograd = job->winograd;

    (void)err;
    winograd.x = iopt_place_at(&step->in[0], call);
    winograd.y = iopt_place_at(&step->out[0], call);
    winograd.residual = step->n_in > 1 ? iopt_place_at(&step->in[1], call) : NULL;
    const IoptWinogradF32Range range =
        iopt_winograd_f32_part(job->variant, &winograd, call->part, call->parts);
    winograd_f32(&winograd, &range, call->scratch);
    return IOPT_OK;
}

static IoptWinogradF32Job job_of(const IoptConv *conv, size_t tile)
{
    const IoptChain *const chain = conv->chain;

    return (IoptWinogradF32Job){
        .window = conv->window,
        .images = conv->images,
        .channels = conv->depth,
        .n = conv->outputs,
        .tile = tile,
        .x_stride = conv->x.stride,
        .scale = chain->scale,
        .bias = chain->bias,
        .residual_stride = conv->n_places > 1 ? conv->places[1].stride : 0,
        .lo = chain->lo,
        .hi = chain->hi,
        .y_stride = conv->y.stride,
    };
}

bool iopt_conv_wants_winograd(const IoptLower *lower, const IoptConv *conv, size_t *tile)
{
    const IoptVariant *const variant =
        iopt_kernel_choose(&iopt_kernel_winograd_f32, lower->plan->cpu_flags);
    const size_t weights = iopt_conv_taps(conv) * conv->depth * conv->outputs;
    const IoptWinogradF32Job job = job_of(conv, 0);

    *tile = conv->groups == 1 && iopt_winograd_f32_takes(conv->filter, weights)
                ? iopt_winograd_f32_tile(variant, &job)
                : 0;
    return *tile != 0;
}

IoptStatus iopt_lower_conv_winograd(IoptLower *lower, const IoptConv *conv, size_t tile,
                                    IoptError *err)
{
    IoptStep step = { .run = run_winograd, .parts = SIZE_MAX };
    WinogradJob *job;
    float *packed;

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(lower, &iopt_kernel_winograd_f32, &job->variant, &step.info.kernel, err));
    job->winograd = job_of(conv, tile);
    IOPT_TRY(iopt_lower_block(lower, iopt_winograd_f32_packed_bytes(job->variant, &job->winograd),
                              &packed, err));
    job->winograd.packed = job->packed = packed;
    job->filter = conv->filter;
    IOPT_TRY(iopt_pack_later(lower, pack_winograd, job, err));
    step.job = job;
    step.scratch_bytes = iopt_winograd_f32_scratch_bytes(job->variant, &job->winograd);
    return iopt_lower_add(lower, conv->chain, step, conv->places, conv->n_places, &conv->y, 1, err);
}
