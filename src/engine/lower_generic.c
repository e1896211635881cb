/* Any op: its plain-C result, written to places of the plan.
 *
 *   one thread  the plain-C result is not split
 *   half        types that go through float are computed by iopt_op_eval and copied: such a step
 *               allocates as it runs
 */
#include <string.h>

#include "engine/lower.h"

typedef struct GenericJob {
    const IoptOp *op;
    const IoptNode *node;
    IoptTensor *in, *out; /* types and shapes; the data pointers belong to a call */
    bool converts;        /* a half type is among them */
} GenericJob;

enum { FEW = 8 }; /* more inputs or outputs than this take scratch */

/* The tensors of a call, on scratch memory: in, out, pointers to in, pointers to out. */
typedef struct GenericCall {
    IoptTensor *tensors;
    const IoptTensor **in;
    IoptTensor **out;
} GenericCall;

static size_t call_bytes(size_t n)
{
    return n * (sizeof(IoptTensor) + sizeof(void *));
}

static GenericCall make_call(const IoptStep *step, const IoptStepCall *call)
{
    const GenericJob *const job = step->job;
    GenericCall g = { .tensors = call->scratch };

    g.in = (const IoptTensor **)(void *)(g.tensors + step->n_in + step->n_out);
    g.out = (IoptTensor **)(void *)(g.in + step->n_in);
    for (size_t i = 0; i < step->n_in; i++) {
        g.tensors[i] = job->in[i];
        g.tensors[i].data = iopt_place_at(&step->in[i], call);
        g.in[i] = &g.tensors[i];
    }
    for (size_t i = 0; i < step->n_out; i++) {
        IoptTensor *const t = &g.tensors[step->n_in + i];
        *t = job->out[i];
        t->data = iopt_place_at(&step->out[i], call);
        g.out[i] = t;
    }
    return g;
}

/* Through tensors that iopt_op_eval makes. */
static IoptStatus run_converted(const IoptStep *step, const GenericCall *g, IoptError *err)
{
    const GenericJob *const job = step->job;
    IoptTensor *made[FEW];

    IOPT_TRY(iopt_op_eval(job->op, job->node, g->in, made, err));
    for (size_t i = 0; i < step->n_out; i++) {
        if (made[i]->bytes)
            memcpy(g->out[i]->data, made[i]->data, made[i]->bytes);
        iopt_tensor_destroy(made[i]);
    }
    return IOPT_OK;
}

static IoptStatus run_generic(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const GenericJob *const job = step->job;
    const GenericCall g = make_call(step, call);

    if (job->converts)
        return run_converted(step, &g, err);
    for (size_t i = 0; i < step->n_out; i++)
        if (g.out[i]->bytes)
            memset(g.out[i]->data, 0, g.out[i]->bytes);
    return job->op->eval(job->node, g.in, g.out, err);
}

static IoptStatus describe(IoptLower *l, const IoptPlace *places, size_t count, IoptTensor **out,
                           bool *converts, IoptError *err)
{
    size_t elems;

    IOPT_TRY(iopt_lower_alloc(l, count, sizeof(IoptTensor), out, err));
    for (size_t i = 0; i < count; i++) {
        IoptTensor *const t = &(*out)[i];
        t->dtype = places[i].dtype;
        t->shape = places[i].shape;
        IOPT_TRY(iopt_tensor_size(t->dtype, &t->shape, &elems, &t->bytes, err));
        *converts |= t->dtype == IOPT_F16 || t->dtype == IOPT_BF16;
    }
    return IOPT_OK;
}

static IoptStatus gather_inputs(IoptLower *l, const IoptNode *node, IoptPlace *in, IoptError *err)
{
    for (size_t i = 0; i < node->n_in; i++)
        IOPT_TRY(iopt_lower_in_dense(l, node->in[i], &in[i], err));
    return IOPT_OK;
}

/* In and out places side by side in the arena. */
static IoptStatus lower_node(IoptLower *l, const IoptChain *chain, IoptPlace *places, bool *copy,
                             IoptError *err)
{
    IoptNode *const node = chain->root;
    const IoptOp *const op = iopt_op_find(node->op);
    IoptPlace *const in = places, *const out = places + node->n_in;
    GenericJob *job;
    IoptStep step = { .run = run_generic, .info.kernel = "plain C" };

    IOPT_TRY(gather_inputs(l, node, in, err));
    for (size_t i = 0; i < node->n_out; i++)
        IOPT_TRY(iopt_lower_out_dense(l, (IoptValue){ node, (int)i }, &out[i], &copy[i], err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    job->op = op;
    job->node = node;
    IOPT_TRY(describe(l, in, node->n_in, &job->in, &job->converts, err));
    IOPT_TRY(describe(l, out, node->n_out, &job->out, &job->converts, err));
    job->converts = (job->converts && op->flags & IOPT_OP_HALF) || op->flags & IOPT_OP_REFERENCE;
    if (job->converts && node->n_out > FEW)
        return iopt_fail(err, IOPT_UNSUPPORTED, "%s '%s': more than %d half-precision outputs",
                         node->op, node->name, FEW);
    step.job = job;
    step.scratch_bytes = call_bytes(node->n_in + node->n_out);
    IOPT_TRY(iopt_lower_add(l, chain, step, in, node->n_in, out, node->n_out, err));
    for (size_t i = 0; i < node->n_out; i++)
        if (copy[i])
            IOPT_TRY(iopt_lower_settle(l, (IoptValue){ node, (int)i }, &out[i], err));
    return IOPT_OK;
}

static bool fits(const IoptNode *node)
{
    (void)node;
    return true;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptPlace *places;
    bool *copy;

    IOPT_TRY(iopt_lower_alloc(l, node->n_in + node->n_out, sizeof *places, &places, err));
    IOPT_TRY(iopt_lower_alloc(l, node->n_out, sizeof *copy, &copy, err));
    return lower_node(l, chain, places, copy, err);
}

const IoptLowering iopt_lowering_generic = { .fits = fits, .lower = lower };
