/* CheckNumerics: the value stays where it is; a step looks through it for NaN and infinity. */
#include "engine/lower.h"

typedef struct CheckJob {
    const IoptOp *op;
    const IoptNode *node;
    size_t bytes;
} CheckJob;

static bool fits(const IoptNode *node)
{
    return iopt_is_f32(node->in[0]);
}

/* Whether any has an exponent of all ones. */
static bool any_not_finite(const uint32_t *bits, size_t count)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t found = 0;

    for (size_t i = 0; i < count; i++)
        found |= (bits[i] & exponent) == exponent;
    return found != 0;
}

static IoptStatus run_check(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const CheckJob *const job = step->job;
    const IoptPlace *const place = &step->in[0];
    IoptTensor tensor = { place->dtype, place->shape, iopt_place_at(place, call), job->bytes,
                          NULL };
    const IoptTensor *in = &tensor;
    IoptTensor *out = &tensor;

    if (!any_not_finite(tensor.data, place->rows * place->channels))
        return IOPT_OK;
    return job->op->eval(job->node, &in, &out, err); /* says which element, and fails */
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptStep step = { .run = run_check, .info.kernel = "check" };
    size_t elems;
    CheckJob *job;
    IoptPlace x;

    IOPT_TRY(iopt_lower_in_dense(l, chain->root->in[0], &x, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    job->op = iopt_op_find(chain->root->op);
    job->node = chain->root;
    IOPT_TRY(iopt_tensor_size(x.dtype, &x.shape, &elems, &job->bytes, err));
    step.job = job;
    IOPT_TRY(iopt_lower_add(l, chain, step, &x, 1, NULL, 0, err));
    return iopt_lower_alias(l, iopt_chain_value(chain), x, err);
}

const IoptLowering iopt_lowering_check = {
    .ops = "CheckNumerics", .any_strides = true, .fits = fits, .lower = lower
};
