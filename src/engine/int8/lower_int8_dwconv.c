/* _Int8DepthwiseConv2d: dwconv_s8.  Weights with a zero point stay on the plain-C result. */
#include "engine/int8/int8_layer.h"
#include "engine/lower_window.h"
#include "kernels/dwconv_s8/dwconv_s8.h"

typedef struct DwconvJob {
    IoptDwconvS8Job dwconv;
    const IoptVariant *variant;
    size_t rows; /* of all images */
    bool has_residual;
} DwconvJob;

static bool fits(const IoptNode *node)
{
    const IoptShape x = iopt_shape_of(node->in[0]);

    return iopt_int8_layer_fits(node) && !iopt_int8_filter_zero_slot(node) &&
           x.dim[1] <= INT32_MAX && x.dim[2] <= INT32_MAX;
}

static IoptStatus run_dwconv(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const DwconvJob *const job = step->job;
    IoptDwconvS8Job dwconv = job->dwconv;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    dwconv.residual = job->has_residual ? iopt_place_at(&step->in[1], call) : NULL;
    ((IoptDwconvS8 *)job->variant->fn)(&dwconv, iopt_place_at(&step->in[0], call),
                                       iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus make_job(IoptLower *l, const IoptInt8Layer *layer, DwconvJob *job, IoptError *err)
{
    const int64_t *const dims = layer->filter->shape.dim;
    const size_t kh = (size_t)dims[0], kw = (size_t)dims[1], channels = (size_t)dims[2],
                 multiplier = (size_t)dims[3];
    uint8_t *zeros;
    void *packed;

    job->has_residual = layer->n_places > 1;
    job->dwconv = (IoptDwconvS8Job){
        .channels = channels,
        .multiplier = multiplier,
        .x_stride = layer->x.stride,
        .bias = layer->bias,
        .scale = layer->scale,
        .residual_in = layer->residual,
        .end = layer->end,
    };
    IOPT_TRY(iopt_lower_window(layer->node, NULL, kh, kw, &job->dwconv.window, err));
    IOPT_TRY(iopt_int8_zeros(l, channels, layer->x_zero, &zeros, err));
    IOPT_TRY(iopt_lower_block(
        l, iopt_dwconv_s8_packed_bytes(job->variant, kh, kw, channels, multiplier), &packed, err));
    iopt_dwconv_s8_pack(job->variant, kh, kw, channels, multiplier, layer->filter->data, packed);
    job->dwconv.zeros = zeros;
    job->dwconv.weights = packed;
    job->rows = (size_t)layer->x.shape.dim[0] * job->dwconv.window.out_h;
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptStep step = { .run = run_dwconv };
    IoptInt8Layer layer;
    DwconvJob *job;

    IOPT_TRY(iopt_int8_layer_of_chain(l, chain, &layer, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_dwconv_s8, &job->variant, &step.info.kernel, err));
    IOPT_TRY(make_job(l, &layer, job, err));
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, layer.places, layer.n_places, &layer.y, 1, err);
}

const IoptLowering iopt_lowering_int8_dwconv = {
    .ops = "_Int8DepthwiseConv2d", .any_strides = true, .fits = fits, .lower = lower
};
