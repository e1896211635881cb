/* A batch norm, BiasAdd, Mul or Add by constants, Relu, Relu6 that nothing before them could take:
 * one pass for all that stand in a row.
 */
#include "engine/follower.h"
#include "engine/lower.h"
#include "kernels/scale_shift_f32/scale_shift_f32.h"

typedef struct ScaleShiftJob {
    IoptScaleShiftF32Job job;
    const IoptVariant *variant;
} ScaleShiftJob;

static bool fits(const IoptNode *node)
{
    IoptFollower follower;

    return iopt_follower_of(node, &follower);
}

static IoptStatus run_scale_shift(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const ScaleShiftJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, step->in[0].rows, &begin, &end);
    ((IoptScaleShiftF32 *)job->variant->fn)(&job->job, iopt_place_at(&step->in[0], call),
                                            iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptStep step = { .run = run_scale_shift };
    IoptFollower follower;
    ScaleShiftJob *job;
    IoptPlace x, y;

    (void)iopt_follower_of(chain->root, &follower);
    const IoptValue input = chain->root->in[follower.slot];
    IOPT_TRY(iopt_lower_in(l, input, &x, err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), input, &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(l, &iopt_kernel_scale_shift_f32, &job->variant, &step.info.kernel, err));
    job->job = (IoptScaleShiftF32Job){
        .channels = x.channels,
        .x_stride = x.stride,
        .y_stride = y.stride,
        .scale = chain->scale,
        .shift = chain->bias,
        .lo = chain->lo,
        .hi = chain->hi,
    };
    step.job = job;
    step.parts = x.rows;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_scale_shift = {
    .ops = "Relu|Relu6|BiasAdd|BiasAddV1|Add|AddV2|Sub|Mul|RealDiv|FusedBatchNorm|FusedBatchNormV2|"
           "FusedBatchNormV3|BatchNormWithGlobalNormalization",
    .takes = IOPT_TAKES_SELF | IOPT_TAKES_SCALE | IOPT_TAKES_BIAS | IOPT_TAKES_CLAMP,
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
