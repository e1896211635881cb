/* Convolution as a product of matrices, the image read where it lies.
 *
 *   1x1, stride 1    rows of pixels are rows of the matrix: the whole batch at once
 *   otherwise        offsets of every tap of every output pixel, made once; a batch of small
 *                    images goes through them several images at a time, so that the weights are
 *                    used by enough rows
 */
#include <math.h>

#include "engine/conv_offsets.h"
#include "engine/lower_conv2d.h"
#include "kernels/gemm_f32/gemm_f32.h"

typedef struct DirectJob {
    IoptGemmF32 gemm; /* of one group and one call; pointers of the run are set as it runs */
    const IoptVariant *variant;
    const float **packed; /* by group */
    size_t groups, depth; /* depth: channels of a group */
    size_t images, images_per_call, pixels;
    ptrdiff_t x_image, y_image, residual_image; /* elements from image to image */
} DirectJob;

static IoptStatus run_direct(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const DirectJob *const job = step->job;
    IoptGemmF32Run *const gemm_f32 = (IoptGemmF32Run *)job->variant->fn;
    const float *const x = iopt_place_at(&step->in[0], call);
    const float *const residual = step->n_in > 1 ? iopt_place_at(&step->in[1], call) : NULL;
    float *const y = iopt_place_at(&step->out[0], call);

    (void)err;
    for (size_t i = 0; i < job->images; i += job->images_per_call) {
        const size_t left = job->images - i;
        const ptrdiff_t image = (ptrdiff_t)i;
        IoptGemmF32 gemm = job->gemm;
        gemm.rows = (left < job->images_per_call ? left : job->images_per_call) * job->pixels;
        for (size_t g = 0; g < job->groups; g++) {
            const size_t first = g * gemm.n;
            gemm.a = x + image * job->x_image + g * job->depth;
            gemm.c = y + image * job->y_image + first;
            gemm.packed = job->packed[g];
            gemm.scale = job->gemm.scale ? job->gemm.scale + first : NULL;
            gemm.bias = job->gemm.bias ? job->gemm.bias + first : NULL;
            gemm.residual = residual ? residual + image * job->residual_image + first : NULL;
            const IoptGemmF32Range range =
                iopt_gemm_f32_part(job->variant, &gemm, call->part, call->parts);
            gemm_f32(&gemm, &range);
        }
    }
    return IOPT_OK;
}

static bool is_pointwise(const IoptWindow *w)
{
    return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 &&
           w->pad_top == 0 && w->pad_left == 0 && w->out_h == w->in_h && w->out_w == w->in_w;
}

static IoptStatus make_offsets(IoptLower *l, const IoptConv *conv, DirectJob *job, IoptError *err)
{
    const size_t pixels = iopt_conv_pixels(conv), taps = iopt_conv_taps(conv);
    int32_t *offset;
    float *zeros;
    bool pads;

    job->images_per_call = iopt_images_per_call(conv->images, pixels, job->x_image);
    if (job->images_per_call == 0)
        return iopt_fail(err, IOPT_NO_MEMORY, "an image of %td values is too large", job->x_image);
    IOPT_TRY(
        iopt_lower_block(l, job->images_per_call * pixels * taps * sizeof *offset, &offset, err));
    iopt_fill_offsets(&conv->window, conv->x.stride, job->images_per_call, IOPT_GEMM_F32_ZEROS,
                      offset, &pads);
    job->gemm.taps = taps;
    job->gemm.offset = offset;
    if (pads) {
        IOPT_TRY(iopt_lower_block(l, conv->depth * sizeof *zeros, &zeros, err));
        for (size_t i = 0; i < conv->depth; i++)
            zeros[i] = 0;
        job->gemm.zeros = zeros;
    }
    return IOPT_OK;
}

static IoptStatus make_job(IoptLower *l, const IoptConv *conv, DirectJob *job, IoptError *err)
{
    const IoptChain *const chain = conv->chain;
    const IoptWindow *const w = &conv->window;

    IOPT_TRY(iopt_lower_alloc(l, conv->groups, sizeof *job->packed, &job->packed, err));
    for (size_t g = 0; g < conv->groups; g++)
        IOPT_TRY(iopt_conv_pack(l, conv, job->variant, g, &job->packed[g], err));
    job->groups = conv->groups;
    job->depth = conv->depth;
    job->images = conv->images;
    job->pixels = iopt_conv_pixels(conv);
    job->x_image = (ptrdiff_t)(w->in_h * w->in_w) * conv->x.stride;
    job->y_image = (ptrdiff_t)job->pixels * conv->y.stride;
    job->gemm = (IoptGemmF32){
        .n = conv->outputs,
        .taps = 1,
        .depth = conv->depth,
        .a_stride = conv->x.stride,
        .scale = chain->scale,
        .bias = chain->bias,
        .lo = chain->lo,
        .hi = chain->hi,
        .c_stride = conv->y.stride,
    };
    iopt_lower_next_packed(l, job->packed[0], &job->gemm.next_packed);
    if (conv->n_places > 1) {
        job->gemm.residual_stride = conv->places[1].stride;
        job->residual_image = (ptrdiff_t)job->pixels * conv->places[1].stride;
    }
    job->images_per_call = conv->images ? conv->images : 1;
    return is_pointwise(w) ? IOPT_OK : make_offsets(l, conv, job, err);
}

IoptStatus iopt_lower_conv_direct(IoptLower *lower, const IoptConv *conv, IoptError *err)
{
    DirectJob *job;
    IoptStep step = { .run = run_direct, .parts = SIZE_MAX };

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(lower, &iopt_kernel_gemm_f32, &job->variant, &step.info.kernel, err));
    IOPT_TRY(make_job(lower, conv, job, err));
    step.job = job;
    return iopt_lower_add(lower, conv->chain, step, conv->places, conv->n_places, &conv->y, 1, err);
}
