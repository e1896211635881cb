/* _Int8DepthwiseConv2d: dwconv_s8.
 *
 * Weights with a zero point are two convolutions and a step that joins them: the sum of x * (w - z)
 * is that of x * w minus z times that of x.
 */
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

    return iopt_int8_layer_fits(node) && x.dim[1] <= INT32_MAX && x.dim[2] <= INT32_MAX;
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

/* The convolution of a layer by `filter`, ended as the layer says. */
static IoptStatus make_job(IoptLower *l, const IoptInt8Layer *layer, const int8_t *filter,
                           DwconvJob **out, IoptError *err)
{
    const int64_t *const dims = layer->filter->shape.dim;
    const size_t kh = (size_t)dims[0], kw = (size_t)dims[1], channels = (size_t)dims[2],
                 multiplier = (size_t)dims[3];
    DwconvJob *job;
    uint8_t *zeros;
    void *packed;

    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    job->variant = iopt_kernel_choose(&iopt_kernel_dwconv_s8, l->plan->cpu_flags);
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
    iopt_dwconv_s8_pack(job->variant, kh, kw, channels, multiplier, filter, packed);
    job->dwconv.zeros = zeros;
    job->dwconv.weights = packed;
    job->rows = (size_t)layer->x.shape.dim[0] * job->dwconv.window.out_h;
    *out = job;
    return IOPT_OK;
}

static IoptStatus add_dwconv(IoptLower *l, const IoptChain *chain, const DwconvJob *job,
                             const IoptPlace *in, size_t n_in, const IoptPlace *y, IoptError *err)
{
    IoptStep step = { .run = run_dwconv, .job = job, .parts = job->rows };
    const IoptVariant *variant;

    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_dwconv_s8, &variant, &step.info.kernel, err));
    return iopt_lower_add(l, chain, step, in, n_in, y, 1, err);
}

/* --- weights with a zero point ---------------------------------------------------------------- */

typedef struct JoinJob {
    const int32_t *zero;
    const float *scale;
    IoptS8In residual;
    IoptS8End end;
    size_t rows, outputs;
    bool has_residual;
} JoinJob;

enum { BLOCK = 16 };

/* What `end` gets, but for the residual, for `count` <= BLOCK outputs from `o` on. */
static void join(const JoinJob *job, const int32_t *sums, const int32_t *codes, size_t o,
                 size_t count, float *v)
{
    for (size_t i = 0; i < count; i++) {
        const uint32_t t = (uint32_t)sums[i] - (uint32_t)job->zero[o + i] * (uint32_t)codes[i];
        v[i] = (float)(int32_t)t * job->scale[o + i];
    }
}

/* iopt_s8_end of a whole block of bytes, in loops that the compiler makes vectors of. */
static void end_block(const IoptS8End *end, const float *v, uint8_t *y)
{
    const float lo = end->lo, hi = end->hi;
    const int32_t zero = end->zero;
    int32_t codes[BLOCK];

    for (size_t i = 0; i < BLOCK; i++) {
        const float above = v[i] > lo ? v[i] : lo, inside = above < hi ? above : hi;
        codes[i] = iopt_s8_round(inside) + zero;
    }
    for (size_t i = 0; i < BLOCK; i++)
        y[i] = (uint8_t)codes[i];
}

static void join_pixel(const JoinJob *job, const int32_t *sums, const int32_t *codes,
                       const void *residual, ptrdiff_t row, void *y)
{
    const IoptS8In *const r = &job->residual;
    float v[BLOCK];

    for (size_t o = 0; o < job->outputs; o += BLOCK) {
        const size_t left = job->outputs - o, count = left < BLOCK ? left : BLOCK;
        const ptrdiff_t at = row * r->stride + (ptrdiff_t)o;
        if (count == BLOCK) /* a constant lets the compiler take vectors */
            join(job, sums + o, codes + o, o, BLOCK, v);
        else
            join(job, sums + o, codes + o, o, count, v);
        for (size_t i = 0; residual && i < count; i++)
            v[i] += r->type == IOPT_S8_OUT_F32 ? ((const float *)residual)[at + (ptrdiff_t)i]
                                               : iopt_s8_value(r, residual, at + (ptrdiff_t)i);
        const ptrdiff_t to = row * job->end.stride + (ptrdiff_t)o;
        if (count == BLOCK && job->end.type == IOPT_S8_OUT_U8)
            end_block(&job->end, v, (uint8_t *)y + to);
        else
            for (size_t i = 0; i < count; i++)
                iopt_s8_end(&job->end, y, to + (ptrdiff_t)i, v[i]);
    }
}

/* in: sums by the weights, sums of codes, the residual if there is one. */
static IoptStatus run_join(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const JoinJob *const job = step->job;
    const int32_t *const sums = iopt_place_at(&step->in[0], call);
    const int32_t *const codes = iopt_place_at(&step->in[1], call);
    const void *const residual = job->has_residual ? iopt_place_at(&step->in[2], call) : NULL;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    for (size_t row = begin; row < end; row++)
        join_pixel(job, sums + row * job->outputs, codes + row * job->outputs, residual,
                   (ptrdiff_t)row, iopt_place_at(&step->out[0], call));
    return IOPT_OK;
}

/* Bare sums of x by `filter`. */
static IoptStatus add_sums(IoptLower *l, const IoptChain *chain, const IoptInt8Layer *layer,
                           const int8_t *filter, const int32_t *bias, IoptPlace *out,
                           IoptError *err)
{
    IoptInt8Layer bare = *layer;
    DwconvJob *job;

    bare.n_places = 1;
    bare.end = (IoptS8End){ .type = IOPT_S8_OUT_S32, .stride = (ptrdiff_t)layer->outputs };
    IOPT_TRY(make_job(l, &bare, filter, &job, err));
    job->dwconv.bias = bias;
    IOPT_TRY(iopt_lower_temporary_of(l, IOPT_I32, layer->y.rows, layer->outputs, out, err));
    return add_dwconv(l, chain, job, &layer->x, 1, out, err);
}

static IoptStatus lower_with_zero(IoptLower *l, const IoptChain *chain, const IoptInt8Layer *layer,
                                  IoptError *err)
{
    IoptStep step = { .run = run_join, .info = { .op = "join sums", .kernel = "plain C" } };
    IoptPlace in[3];
    JoinJob *job;
    int8_t *ones;

    IOPT_TRY(iopt_lower_block(l, layer->filter->bytes, &ones, err));
    memset(ones, 1, layer->filter->bytes);
    IOPT_TRY(add_sums(l, chain, layer, layer->filter->data, layer->bias, &in[0], err));
    IOPT_TRY(add_sums(l, chain, layer, ones, NULL, &in[1], err));
    if (layer->n_places > 1)
        in[2] = layer->places[1];
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    *job = (JoinJob){ .zero = layer->filter_zero,
                      .scale = layer->scale,
                      .residual = layer->residual,
                      .end = layer->end,
                      .rows = layer->y.rows,
                      .outputs = layer->outputs,
                      .has_residual = layer->n_places > 1 };
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, in, layer->n_places + 1, &layer->y, 1, err);
}

/* --- lowering --------------------------------------------------------------------------------- */

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptInt8Layer layer;
    DwconvJob *job;

    IOPT_TRY(iopt_int8_layer_of_chain(l, chain, &layer, err));
    if (layer.filter_zero)
        return lower_with_zero(l, chain, &layer, err);
    IOPT_TRY(make_job(l, &layer, layer.filter->data, &job, err));
    job->has_residual = layer.n_places > 1;
    return add_dwconv(l, chain, job, layer.places, layer.n_places, &layer.y, err);
}

const IoptLowering iopt_lowering_int8_dwconv = {
    .ops = "_Int8DepthwiseConv2d", .any_strides = true, .fits = fits, .lower = lower
};
