/* Softmax, LogSoftmax over the last axis. */
#include "engine/lower.h"
#include "kernels/softmax_f32/softmax_f32.h"

typedef struct SoftmaxJob {
    IoptSoftmaxF32Job job;
    const IoptVariant *variant;
} SoftmaxJob;

static bool fits(const IoptNode *node)
{
    return iopt_is_f32(node->in[0]) && node->facts[0].shape.rank >= 1;
}

static IoptStatus run_softmax(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const SoftmaxJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, step->in[0].rows, &begin, &end);
    ((IoptSoftmaxF32 *)job->variant->fn)(&job->job, iopt_place_at(&step->in[0], call),
                                         iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptStep step = { .run = run_softmax };
    SoftmaxJob *job;
    IoptPlace x, y;

    IOPT_TRY(iopt_lower_in(l, chain->root->in[0], &x, err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), chain->root->in[0], &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_softmax_f32, &job->variant, &step.info.kernel, err));
    job->job = (IoptSoftmaxF32Job){ .log = iopt_is_op(chain->root, "LogSoftmax"),
                                    .n = x.channels,
                                    .x_stride = x.stride,
                                    .y_stride = y.stride };
    step.job = job;
    step.parts = x.rows;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_softmax = {
    .ops = "Softmax|LogSoftmax", .any_strides = true, .fits = fits, .lower = lower
};
