/* _Int8Conv2D and _Int8MatMul: gemm_s8 on the codes as they lie; winograd_s8 where it is faster.
 *
 *   1x1, MatMul      rows of pixels are rows of the matrix: the whole batch at once
 *   otherwise        offsets of every tap of every output pixel; where no tap is in the padding and
 *                    pixels lie close together, a row of the filter is one segment
 *   weights with a   the sums of each window's codes are made by two steps before: per pixel, and
 *   zero point       over the windows
 */
#include "engine/conv_offsets.h"
#include "engine/int8/int8_layer.h"
#include "engine/lower_window.h"
#include "engine/pack_weights.h"
#include "kernels/gemm_s8/gemm_s8.h"
#include "kernels/row_sum_u8/row_sum_u8.h"

typedef struct ConvJob {
    IoptGemmS8 gemm; /* of one group and one call; pointers of the run are set as it runs */
    const IoptVariant *variant;
    const void **packed; /* by group */
    size_t groups, images, images_per_call, pixels;
    ptrdiff_t x_image, y_image, residual_image; /* elements from image to image */
    bool has_residual;
} ConvJob;

static void run_group(const ConvJob *job, IoptGemmS8 gemm, const IoptStepCall *call, size_t group,
                      const uint8_t *x, const char *residual, char *y)
{
    const size_t first = group * gemm.n;

    gemm.a = x + group * gemm.depth;
    gemm.c = y + first * iopt_s8_bytes(gemm.end.type);
    gemm.packed = job->packed[group];
    gemm.scale = job->gemm.scale + first;
    gemm.bias = job->gemm.bias + first;
    gemm.residual = residual ? residual + first * iopt_s8_bytes(gemm.residual_in.type) : NULL;
    const IoptGemmS8Range range = iopt_gemm_s8_part(job->variant, &gemm, call->part, call->parts);
    ((IoptGemmS8Run *)job->variant->fn)(&gemm, &range);
}

static IoptStatus run_conv(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ConvJob *const job = step->job;
    const uint8_t *const x = iopt_place_at(&step->in[0], call);
    const char *const residual = job->has_residual ? iopt_place_at(&step->in[1], call) : NULL;
    const int32_t *const sums =
        job->gemm.b_zero ? iopt_place_at(&step->in[step->n_in - 1], call) : NULL;
    char *const y = iopt_place_at(&step->out[0], call);
    const ptrdiff_t y_bytes = (ptrdiff_t)iopt_s8_bytes(job->gemm.end.type);
    const ptrdiff_t r_bytes = (ptrdiff_t)iopt_s8_bytes(job->gemm.residual_in.type);

    (void)err;
    for (size_t i = 0; i < job->images; i += job->images_per_call) {
        const size_t left = job->images - i;
        const ptrdiff_t image = (ptrdiff_t)i;
        IoptGemmS8 gemm = job->gemm;
        gemm.rows = (left < job->images_per_call ? left : job->images_per_call) * job->pixels;
        gemm.row_sum = sums ? sums + i * job->pixels : NULL;
        for (size_t g = 0; g < job->groups; g++)
            run_group(job, gemm, call, g, x + image * job->x_image,
                      residual ? residual + image * job->residual_image * r_bytes : NULL,
                      y + image * job->y_image * y_bytes);
    }
    return IOPT_OK;
}

/* --- sums of windows -------------------------------------------------------------------------- */

typedef struct SumsJob {
    IoptRowSumU8Job pixel;
    const IoptVariant *variant;
    IoptWindow window;
    size_t rows;     /* of all output images */
    int32_t outside; /* the sum of a pixel in the padding */
} SumsJob;

static IoptStatus run_pixel_sums(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const SumsJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, step->in[0].rows, &begin, &end);
    ((IoptRowSumU8 *)job->variant->fn)(&job->pixel, iopt_place_at(&step->in[0], call),
                                       iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static int32_t sum_window(const SumsJob *job, const int32_t *image, size_t oy, size_t ox)
{
    const IoptWindow *const w = &job->window;
    const IoptTaps ty = iopt_window_taps_y(w, oy), tx = iopt_window_taps_x(w, ox);
    const size_t inside = (ty.end - ty.begin) * (tx.end - tx.begin);
    uint32_t sum = (uint32_t)(w->kernel_h * w->kernel_w - inside) * (uint32_t)job->outside;

    for (size_t ky = 0; ky < ty.end - ty.begin; ky++)
        for (size_t kx = 0; kx < tx.end - tx.begin; kx++)
            sum += (uint32_t)
                image[(ty.at + ky * w->dilation_h) * w->in_w + tx.at + kx * w->dilation_w];
    return (int32_t)sum;
}

static IoptStatus run_window_sums(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const SumsJob *const job = step->job;
    const IoptWindow *const w = &job->window;
    const int32_t *const pixels = iopt_place_at(&step->in[0], call);
    int32_t *const sums = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    for (size_t row = begin; row < end; row++)
        for (size_t ox = 0; ox < w->out_w; ox++)
            sums[row * w->out_w + ox] =
                sum_window(job, pixels + row / w->out_h * w->in_h * w->in_w, row % w->out_h, ox);
    return IOPT_OK;
}

/* Two steps that make the row sums of the product: per pixel, then per window. */
static IoptStatus add_sums(IoptLower *l, const IoptChain *chain, const IoptInt8Layer *layer,
                           const IoptWindow *window, IoptPlace *out, IoptError *err)
{
    IoptStep step = { .run = run_pixel_sums, .parts = layer->x.rows, .info.op = "sums of codes" };
    const size_t images = layer->x.rows / (window->in_h * window->in_w);
    IoptPlace pixels;
    SumsJob *job;

    IOPT_TRY(iopt_lower_temporary_of(l, IOPT_I32, layer->x.rows, 1, &pixels, err));
    IOPT_TRY(
        iopt_lower_temporary_of(l, IOPT_I32, images * window->out_h * window->out_w, 1, out, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_row_sum_u8, &job->variant, &step.info.kernel, err));
    job->pixel = (IoptRowSumU8Job){ layer->x.channels, layer->x.stride };
    job->window = *window;
    job->rows = images * window->out_h;
    job->outside = layer->x_zero * (int32_t)layer->x.channels;
    step.job = job;
    IOPT_TRY(iopt_lower_add(l, chain, step, &layer->x, 1, &pixels, 1, err));
    step.run = run_window_sums;
    step.parts = job->rows;
    step.info = (IoptStepInfo){ .op = "sums of codes", .kernel = "plain C" };
    return iopt_lower_add(l, chain, step, &pixels, 1, out, 1, err);
}

/* --- packing ---------------------------------------------------------------------------------- */

typedef struct PackJob {
    const IoptVariant *variant;
    const int8_t *b;
    size_t k_stride, taps, depth, n;
    void *packed;
} PackJob;

static void pack_group(const void *job)
{
    const PackJob *const p = job;

    iopt_gemm_s8_pack(p->variant, p->b, p->k_stride, 1, p->taps, p->depth, p->n, p->packed);
}

static IoptStatus pack(IoptLower *l, const IoptInt8Layer *layer, ConvJob *job, IoptError *err)
{
    const IoptGemmS8 *const gemm = &job->gemm;

    IOPT_TRY(iopt_lower_alloc(l, job->groups, sizeof *job->packed, &job->packed, err));
    for (size_t g = 0; g < job->groups; g++) {
        const int8_t *const filter = (const int8_t *)layer->filter->data + g * gemm->n;
        const size_t bytes =
            iopt_gemm_s8_packed_bytes(job->variant, gemm->taps, gemm->depth, gemm->n);
        PackJob *p;
        IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *p, &p, err));
        *p = (PackJob){
            job->variant, filter, layer->outputs, gemm->taps, gemm->depth, gemm->n, NULL
        };
        IOPT_TRY(iopt_lower_block(l, bytes, &p->packed, err));
        job->packed[g] = p->packed;
        IOPT_TRY(iopt_pack_later(l, pack_group, p, err));
    }
    iopt_lower_next_packed_s8(l, job->packed[0], &job->gemm.next_packed);
    return IOPT_OK;
}

/* --- lowering --------------------------------------------------------------------------------- */

static bool is_pointwise(const IoptWindow *w)
{
    return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 &&
           w->pad_top == 0 && w->pad_left == 0 && w->out_h == w->in_h && w->out_w == w->in_w;
}

/* Whether a row of the filter is one segment of the image. */
static bool rows_are_segments(const IoptWindow *w, const ConvJob *job, const IoptInt8Layer *layer)
{
    return w->pad_top == 0 && w->pad_left == 0 && w->dilation_w == 1 && job->groups == 1 &&
           layer->x.stride == (ptrdiff_t)layer->x.channels &&
           (w->out_h - 1) * w->stride_h + (w->kernel_h - 1) * w->dilation_h < w->in_h &&
           (w->out_w - 1) * w->stride_w + w->kernel_w <= w->in_w;
}

static IoptStatus make_offsets(IoptLower *l, const IoptInt8Layer *layer, IoptWindow window,
                               ConvJob *job, IoptError *err)
{
    const size_t depth = job->gemm.depth;
    int32_t *offset;
    uint8_t *zeros;
    bool pads;

    if (rows_are_segments(&window, job, layer)) {
        job->gemm.depth *= window.kernel_w;
        window.kernel_w = 1;
    }
    job->gemm.taps = window.kernel_h * window.kernel_w;
    job->images_per_call = iopt_images_per_call(job->images, job->pixels, job->x_image);
    if (job->images_per_call == 0)
        return iopt_fail(err, IOPT_NO_MEMORY, "an image of %td values is too large", job->x_image);
    IOPT_TRY(iopt_lower_block(
        l, job->images_per_call * job->pixels * job->gemm.taps * sizeof *offset, &offset, err));
    iopt_fill_offsets(&window, layer->x.stride, job->images_per_call, IOPT_GEMM_S8_ZEROS, offset,
                      &pads);
    job->gemm.offset = offset;
    if (pads) {
        IOPT_TRY(iopt_int8_zeros(l, depth, layer->x_zero, &zeros, err));
        job->gemm.zeros = zeros;
    }
    return IOPT_OK;
}

static IoptStatus set_filter_zero(IoptLower *l, const IoptInt8Layer *layer, ConvJob *job,
                                  IoptError *err)
{
    int32_t *b_zero;

    IOPT_TRY(iopt_lower_alloc(l, layer->outputs, sizeof *b_zero, &b_zero, err));
    for (size_t o = 0; o < layer->outputs; o++)
        b_zero[o] = -layer->filter_zero[o];
    job->gemm.b_zero = b_zero;
    return IOPT_OK;
}

/* A product is a convolution of 1x1 images. */
static IoptStatus window_of(const IoptNode *node, const IoptTensor *filter, IoptWindow *window,
                            IoptError *err)
{
    *window = (IoptWindow){ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 };
    if (iopt_is_op(node, "_Int8MatMul"))
        return IOPT_OK;
    return iopt_lower_window(node, NULL, (size_t)filter->shape.dim[0], (size_t)filter->shape.dim[1],
                             window, err);
}

static IoptStatus make_job(IoptLower *l, const IoptInt8Layer *layer, const IoptWindow *window,
                           ConvJob *job, IoptError *err)
{
    const size_t depth = (size_t)layer->filter->shape.dim[layer->filter->shape.rank - 2];

    job->groups = layer->x.channels / depth;
    job->images = layer->x.rows / (window->in_h * window->in_w);
    job->pixels = window->out_h * window->out_w;
    job->x_image = (ptrdiff_t)(window->in_h * window->in_w) * layer->x.stride;
    job->y_image = (ptrdiff_t)job->pixels * layer->y.stride;
    job->residual_image = (ptrdiff_t)job->pixels * layer->residual.stride;
    job->images_per_call = job->images ? job->images : 1;
    job->gemm = (IoptGemmS8){
        .n = layer->outputs / job->groups,
        .taps = 1,
        .depth = depth,
        .a_stride = layer->x.stride,
        .bias = layer->bias,
        .scale = layer->scale,
        .residual_in = layer->residual,
        .end = layer->end,
    };
    if (layer->filter_zero)
        IOPT_TRY(set_filter_zero(l, layer, job, err));
    if (!is_pointwise(window))
        IOPT_TRY(make_offsets(l, layer, *window, job, err));
    return pack(l, layer, job, err);
}

/* Groups with a zero point of the weights would need sums of their own. */
static bool fits(const IoptNode *node)
{
    if (!iopt_int8_layer_fits(node))
        return false;
    if (iopt_is_op(node, "_Int8MatMul"))
        return true;
    const IoptShape x = iopt_shape_of(node->in[0]), filter = iopt_shape_of(node->in[1]);
    return x.dim[1] <= INT32_MAX && x.dim[2] <= INT32_MAX &&
           (!iopt_int8_filter_zero_slot(node) || x.dim[3] == filter.dim[2]);
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptStep step = { .run = run_conv, .parts = SIZE_MAX };
    IoptInt8Layer layer;
    IoptWindow window;
    ConvJob *job;

    IOPT_TRY(iopt_int8_layer_of_chain(l, chain, &layer, err));
    IOPT_TRY(window_of(chain->root, layer.filter, &window, err));
    if (iopt_int8_wants_winograd(l, &layer, &window))
        return iopt_int8_lower_winograd(l, chain, &layer, &window, err);
    IOPT_TRY(iopt_int8_add_border(l, chain, &layer, &window, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_gemm_s8, &job->variant, &step.info.kernel, err));
    job->has_residual = layer.n_places > 1;
    IOPT_TRY(make_job(l, &layer, &window, job, err));
    if (layer.filter_zero)
        IOPT_TRY(add_sums(l, chain, &layer, &window, &layer.places[layer.n_places++], err));
    step.job = job;
    return iopt_lower_add(l, chain, step, layer.places, layer.n_places, &layer.y, 1, err);
}

const IoptLowering iopt_lowering_int8_conv = {
    .ops = "_Int8Conv2D|_Int8MatMul", .any_strides = true, .fits = fits, .lower = lower
};
