/* Integer convolution by winograd_s8: the bits of gemm_s8, from fewer products. */
#include "engine/int8/int8_winograd.h"

#include "engine/pack_weights.h"
#include "kernels/winograd_s8/winograd_s8.h"

typedef struct WinogradJob {
    IoptWinogradS8Job winograd; /* pointers of the run are set as it runs */
    const IoptVariant *variant;
    const int8_t *filter; /* for packing */
    void *packed;
    bool has_residual;
} WinogradJob;

static void pack_winograd(const void *packing)
{
    const WinogradJob *const job = packing;

    iopt_winograd_s8_pack(job->variant, &job->winograd, job->filter, job->winograd.n, job->packed);
}

static IoptStatus run_winograd(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const WinogradJob *const job = step->job;
    IoptWinogradS8Job winograd = job->winograd;

    (void)err;
    winograd.x = iopt_place_at(&step->in[0], call);
    winograd.y = iopt_place_at(&step->out[0], call);
    winograd.residual = job->has_residual ? iopt_place_at(&step->in[1], call) : NULL;
    const IoptWinogradS8Range range =
        iopt_winograd_s8_part(job->variant, &winograd, call->part, call->parts);
    ((IoptWinogradS8Run *)job->variant->fn)(&winograd, &range, call->scratch);
    return IOPT_OK;
}

static IoptWinogradS8Job job_of(const IoptInt8Layer *layer, const IoptWindow *window)
{
    return (IoptWinogradS8Job){
        .window = *window,
        .images = layer->x.rows / (window->in_h * window->in_w),
        .channels = layer->x.channels,
        .n = layer->outputs,
        .x_stride = layer->x.stride,
        .x_zero = (uint8_t)layer->x_zero,
        .bias = layer->bias,
        .scale = layer->scale,
        .residual_in = layer->residual,
        .end = layer->end,
    };
}

/* A zero point of the weights would want their sums, and groups a job each: left to gemm_s8. */
bool iopt_int8_wants_winograd(const IoptLower *lower, const IoptInt8Layer *layer,
                              const IoptWindow *window)
{
    const IoptVariant *const variant =
        iopt_kernel_choose(&iopt_kernel_winograd_s8, lower->plan->cpu_flags);
    const IoptShape *const filter = &layer->filter->shape;
    const IoptWinogradS8Job job = job_of(layer, window);

    return !layer->filter_zero && (size_t)filter->dim[filter->rank - 2] == layer->x.channels &&
           iopt_winograd_s8_takes(&job, layer->filter->data, layer->outputs) &&
           iopt_winograd_s8_pays(variant, &job);
}

IoptStatus iopt_int8_lower_winograd(IoptLower *lower, const IoptChain *chain,
                                    const IoptInt8Layer *layer, const IoptWindow *window,
                                    IoptError *err)
{
    IoptStep step = { .run = run_winograd, .parts = SIZE_MAX };
    WinogradJob *job;

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(lower, &iopt_kernel_winograd_s8, &job->variant, &step.info.kernel, err));
    job->winograd = job_of(layer, window);
    IOPT_TRY(iopt_lower_block(lower, iopt_winograd_s8_packed_bytes(job->variant, &job->winograd),
                              &job->packed, err));
    job->winograd.packed = job->packed;
    job->filter = layer->filter->data;
    job->has_residual = layer->n_places > 1;
    IOPT_TRY(iopt_pack_later(lower, pack_winograd, job, err));
    step.job = job;
    step.scratch_bytes = iopt_winograd_s8_scratch_bytes(job->variant, &job->winograd);
    return iopt_lower_add(lower, chain, step, layer->places, layer->n_places, &layer->y, 1, err);
}
