/* Activations that are more than a clamp: Sigmoid, Tanh, Elu and their kin. */
#include "base/compiler.h"
#include "engine/lower.h"
#include "kernels/unary_f32/unary_f32.h"

typedef struct UnaryJob {
    IoptUnaryF32Job job;
    const IoptVariant *variant;
} UnaryJob;

static const struct {
    const char *op;
    IoptUnaryF32Op code;
} ops[] = {
    { "Sigmoid", IOPT_UNARY_SIGMOID },
    { "Tanh", IOPT_UNARY_TANH },
    { "Elu", IOPT_UNARY_ELU },
    { "Selu", IOPT_UNARY_SELU },
    { "LeakyRelu", IOPT_UNARY_LEAKY_RELU },
    { "Softplus", IOPT_UNARY_SOFTPLUS },
    { "Exp", IOPT_UNARY_EXP },
    { "Erf", IOPT_UNARY_ERF },
};

static bool fits(const IoptNode *node)
{
    return iopt_is_f32(node->in[0]);
}

static IoptStatus run_unary(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const UnaryJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, step->in[0].rows, &begin, &end);
    ((IoptUnaryF32 *)job->variant->fn)(&job->job, iopt_place_at(&step->in[0], call),
                                       iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_unary };
    UnaryJob *job;
    IoptPlace x, y;

    IOPT_TRY(iopt_lower_in(l, node->in[0], &x, err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), node->in[0], &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_unary_f32, &job->variant, &step.info.kernel, err));
    job->job = (IoptUnaryF32Job){ .alpha = iopt_attr_float(node, "alpha", 0.2F),
                                  .channels = x.channels,
                                  .x_stride = x.stride,
                                  .y_stride = y.stride };
    for (size_t i = 0; i < IOPT_COUNT(ops); i++)
        if (iopt_is_op(node, ops[i].op))
            job->job.op = ops[i].code;
    step.job = job;
    step.parts = x.rows;
    return iopt_lower_add(l, chain, step, &x, 1, &y, 1, err);
}

const IoptLowering iopt_lowering_unary = {
    .ops = "Sigmoid|Tanh|Elu|Selu|LeakyRelu|Softplus|Exp|Erf",
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
