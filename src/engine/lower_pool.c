/* MaxPool, MaxPoolV2, AvgPool of NHWC images. */
#include "engine/lower_window.h"
#include "kernels/avgpool_f32/avgpool_f32.h"
#include "kernels/maxpool_f32/maxpool_f32.h"

typedef struct PoolJob {
    IoptPoolF32Job pool;
    const IoptVariant *variant;
    size_t rows; /* of all images */
} PoolJob;

static bool fits(const IoptNode *node)
{
    int64_t size[4];

    return iopt_slides_over_nhwc(node) && iopt_value_elems(node->in[0]) > 0 &&
           iopt_pool_size(node, size);
}

static IoptStatus run_pool(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PoolJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptPoolF32 *)job->variant->fn)(&job->pool, iopt_place_at(&step->in[0], call),
                                      iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const bool average = iopt_is_op(chain->root, "AvgPool");
    IoptStep step = { .run = run_pool };
    IoptPlace x, y;
    IoptWindow window;
    int64_t size[4];
    PoolJob *job;

    IOPT_TRY(iopt_lower_in(l, chain->root->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    (void)iopt_pool_size(chain->root, size);
    IOPT_TRY(iopt_lower_window(chain->root, NULL, (size_t)size[1], (size_t)size[2], &window, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, average ? &iopt_kernel_avgpool_f32 : &iopt_kernel_maxpool_f32,
                               &job->variant, &step.info.kernel, err));
    job->pool = (IoptPoolF32Job){ window, x.channels, x.stride, y.stride };
    job->rows = (size_t)x.shape.dim[0] * window.out_h;
    step.job = job;
    step.parts = job->rows;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_pool = {
    .ops = "MaxPool|MaxPoolV2|AvgPool", .any_strides = true, .fits = fits, .lower = lower
};
