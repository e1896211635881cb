/* _Int8MaxPool, _Int8AvgPool: windows of codes; a window as large as the image is mean_u8's. */
#include "engine/lower_window.h"
#include "kernels/avgpool_u8/avgpool_u8.h"
#include "kernels/maxpool_u8/maxpool_u8.h"
#include "kernels/mean_u8/mean_u8.h"
#include "ops/int8.h"

typedef enum PoolHow { POOL_MAX, POOL_AVG, POOL_IMAGE } PoolHow;

typedef struct PoolJob {
    PoolHow how;
    IoptMaxpoolU8Job max;
    IoptAvgpoolU8Job avg;
    IoptMeanU8Job mean;
    const IoptVariant *variant;
    size_t parts; /* rows of all images; of mean: values */
} PoolJob;

static const IoptKernel *const kernels[] = {
    [POOL_MAX] = &iopt_kernel_maxpool_u8,
    [POOL_AVG] = &iopt_kernel_avgpool_u8,
    [POOL_IMAGE] = &iopt_kernel_mean_u8,
};

static bool fits(const IoptNode *node)
{
    const IoptShape x = iopt_shape_of(node->in[0]);

    return !iopt_fact_at(node->in[0]).value && iopt_value_elems(node->in[0]) > 0 &&
           x.dim[1] <= INT32_MAX && x.dim[2] <= INT32_MAX;
}

static IoptStatus run_pool(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PoolJob *const job = step->job;
    const void *const x = iopt_place_at(&step->in[0], call);
    void *const y = iopt_place_at(&step->out[0], call);
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->parts, &begin, &end);
    switch (job->how) {
    case POOL_MAX: ((IoptMaxpoolU8 *)job->variant->fn)(&job->max, x, y, begin, end); break;
    case POOL_AVG: ((IoptAvgpoolU8 *)job->variant->fn)(&job->avg, x, y, begin, end); break;
    case POOL_IMAGE: ((IoptMeanU8 *)job->variant->fn)(&job->mean, x, y, begin, end); break;
    }
    return IOPT_OK;
}

static bool covers_image(const IoptWindow *w)
{
    return w->out_h == 1 && w->out_w == 1 && w->pad_top == 0 && w->pad_left == 0 &&
           w->kernel_h == w->in_h && w->kernel_w == w->in_w;
}

static PoolHow how_to_pool(const IoptNode *node, const IoptWindow *window)
{
    if (iopt_is_op(node, "_Int8MaxPool"))
        return POOL_MAX;
    return covers_image(window) ? POOL_IMAGE : POOL_AVG;
}

static void describe(const IoptNode *node, const IoptWindow *window, const IoptPlace *x,
                     const IoptPlace *y, PoolJob *job)
{
    IoptS8In in = iopt_int8_in(node, 'x', x->dtype);
    IoptS8End end = iopt_int8_end(node);
    const double scale = (double)in.scale / (double)iopt_attr_float(node, "y_scale", 1);
    const size_t pixels = window->in_h * window->in_w;

    job->how = how_to_pool(node, window);
    in.stride = x->stride;
    end.stride = y->stride;
    job->max = (IoptMaxpoolU8Job){ .window = *window,
                                   .channels = x->channels,
                                   .type = in.type,
                                   .x_stride = x->stride,
                                   .y_stride = y->stride,
                                   .lo = (int32_t)end.lo + end.zero,
                                   .hi = (int32_t)end.hi + end.zero };
    job->avg = (IoptAvgpoolU8Job){ *window, x->channels, in.type, x->stride, in.zero, scale, end };
    in.scale = (float)(scale / (double)pixels);
    job->mean = (IoptMeanU8Job){ pixels, x->channels, in, end };
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_pool };
    const int64_t *size;
    IoptPlace x, y;
    IoptWindow window;
    PoolJob *job;

    (void)iopt_attr_ints(node, "ksize", &size);
    IOPT_TRY(iopt_lower_in(l, node->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(iopt_lower_window(node, NULL, (size_t)size[1], (size_t)size[2], &window, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    describe(node, &window, &x, &y, job);
    job->parts = (size_t)x.shape.dim[0] * window.out_h;
    if (job->how == POOL_IMAGE)
        job->parts *= x.channels;
    IOPT_TRY(iopt_lower_kernel(l, kernels[job->how], &job->variant, &step.info.kernel, err));
    step.job = job;
    step.parts = job->parts;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_int8_pool = {
    .ops = "_Int8MaxPool|_Int8AvgPool", .any_strides = true, .fits = fits, .lower = lower
};
