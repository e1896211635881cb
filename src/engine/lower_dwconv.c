/* DepthwiseConv2dNative, with what follows it, as one step; a factor per channel goes into the
 * weights.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/lower_window.h"
#include "kernels/dwconv_f32/dwconv_f32.h"

typedef struct DwconvJob {
    IoptDwconvF32Job dwconv;
    const IoptVariant *variant;
    size_t rows; /* of all images */
} DwconvJob;

static bool fits(const IoptNode *node)
{
    const IoptFact filter = iopt_fact_at(node->in[1]);

    return filter.value && filter.dtype == IOPT_F32 && filter.shape.rank == 4 &&
           iopt_slides_over_nhwc(node) && iopt_value_elems(node->in[1]) > 0 &&
           iopt_value_elems(node->in[0]) > 0;
}

static IoptStatus run_dwconv(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const DwconvJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptDwconvF32 *)job->variant->fn)(&job->dwconv, iopt_place_at(&step->in[0], call),
                                        iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus pack(IoptLower *l, const IoptChain *chain, const IoptTensor *filter,
                       const float **out, IoptError *err)
{
    const size_t taps = (size_t)(filter->shape.dim[0] * filter->shape.dim[1]);
    const size_t channels = (size_t)(filter->shape.dim[2] * filter->shape.dim[3]);
    float *packed, *scaled = NULL;

    IOPT_TRY(iopt_lower_block(l, iopt_dwconv_f32_packed_elems(taps, channels) * sizeof(float),
                              &packed, err));
    if (chain->scale) {
        IOPT_TRY(iopt_alloc((void **)&scaled, taps * channels, sizeof(float), err));
        memcpy(scaled, filter->data, taps * channels * sizeof(float));
        for (size_t i = 0; i < taps * channels; i++)
            scaled[i] *= chain->scale[i % channels];
    }
    iopt_dwconv_f32_pack(taps, channels, scaled ? scaled : filter->data, packed);
    free(scaled);
    *out = packed;
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    const IoptTensor *const filter = iopt_fact_at(node->in[1]).value;
    const int64_t *const dims = filter->shape.dim;
    IoptStep step = { .run = run_dwconv };
    IoptPlace x, y;
    DwconvJob *job;

    IOPT_TRY(iopt_lower_in(l, chain->pad ? chain->pad->in[0] : node->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_dwconv_f32, &job->variant, &step.info.kernel, err));
    job->dwconv = (IoptDwconvF32Job){
        .channels = (size_t)dims[2],
        .multiplier = (size_t)dims[3],
        .x_stride = x.stride,
        .y_stride = y.stride,
        .bias = chain->bias,
        .lo = chain->lo,
        .hi = chain->hi,
    };
    IOPT_TRY(iopt_lower_window(node, chain->pad, (size_t)dims[0], (size_t)dims[1],
                               &job->dwconv.window, err));
    IOPT_TRY(pack(l, chain, filter, &job->dwconv.weights, err));
    job->rows = (size_t)x.shape.dim[0] * job->dwconv.window.out_h;
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_dwconv = {
    .ops = "DepthwiseConv2dNative",
    .takes = IOPT_TAKES_SCALE | IOPT_TAKES_BIAS | IOPT_TAKES_CLAMP,
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
