/* Mean over height and width of NHWC images: global average pooling. */
#include "engine/lower.h"
#include "kernels/mean_f32/mean_f32.h"

typedef struct MeanJob {
    IoptMeanF32Job job;
    const IoptVariant *variant;
    size_t outputs;
} MeanJob;

/* The axes are all those between the first and the last. */
static bool fits(const IoptNode *node)
{
    const IoptShape x = iopt_shape_of(node->in[0]);
    int64_t axes[IOPT_MAX_RANK];
    size_t count;
    uint32_t seen = 0;
    const IoptFact fact = iopt_fact_at(node->in[1]);

    if (!iopt_is_f32(node->in[0]) || x.rank < 3 ||
        !iopt_fact_ints(&fact, axes, IOPT_MAX_RANK, &count) || count != (size_t)x.rank - 2)
        return false;
    for (size_t i = 0; i < count; i++) {
        int axis;
        if (!iopt_axis(axes[i], x.rank, &axis))
            return false;
        seen |= 1U << axis;
    }
    return seen == (1U << (x.rank - 1)) - 2;
}

static IoptStatus run_mean(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const MeanJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->outputs, &begin, &end);
    ((IoptMeanF32 *)job->variant->fn)(&job->job, iopt_place_at(&step->in[0], call),
                                      iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptShape shape = iopt_shape_of(chain->root->in[0]);
    const size_t images = (size_t)shape.dim[0];
    IoptStep step = { .run = run_mean };
    MeanJob *job;
    IoptPlace x, y;

    IOPT_TRY(iopt_lower_in(l, chain->root->in[0], &x, err));
    IOPT_TRY(iopt_lower_out(l, iopt_chain_value(chain), &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_mean_f32, &job->variant, &step.info.kernel, err));
    job->job = (IoptMeanF32Job){ .pixels = images ? x.rows / images : 0,
                                 .channels = x.channels,
                                 .x_stride = x.stride,
                                 .y_stride = y.stride };
    job->outputs = images * x.channels;
    step.job = job;
    step.parts = job->outputs;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_mean = {
    .ops = "Mean", .any_strides = true, .fits = fits, .lower = lower
};
