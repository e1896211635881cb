/* Any op: its plain-C result, written to places of the plan.
 *
 *   one thread  the plain-C result is not split
 *   checked     half types go through float, and integers that only a run knows (an axis, a size)
 *               have to be checked as it runs: iopt_op_eval does both and its result is copied.
 *               Such a step allocates
 */
#include <string.h>

#include "engine/lower.h"

typedef struct GenericJob {
    const IoptOp *op;
    const IoptNode *node;
    IoptTensor *in, *out; /* types and shapes; the data pointers belong to a call */
    bool checked;         /* goes through iopt_op_eval */
} GenericJob;

/* The tensors of a call, on scratch memory: in, out, and pointers to them. */
typedef struct GenericCall {
    IoptTensor *tensors;
    const IoptTensor **in;
    IoptTensor **out, **made; /* made: by iopt_op_eval */
} GenericCall;

static size_t call_bytes(size_t n)
{
    return n * (sizeof(IoptTensor) + 2 * sizeof(void *));
}

static GenericCall make_call(const IoptStep *step, const IoptStepCall *call)
{
    const GenericJob *const job = step->job;
    GenericCall g = { .tensors = call->scratch };

    g.in = (const IoptTensor **)(void *)(g.tensors + step->n_in + step->n_out);
    g.out = (IoptTensor **)(void *)(g.in + step->n_in);
    g.made = g.out + step->n_out;
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
static IoptStatus run_checked(const IoptStep *step, const GenericCall *g, IoptError *err)
{
    const GenericJob *const job = step->job;
    IoptTensor **const made = g->made;

    IOPT_TRY(iopt_op_eval(job->op, job->node, g->in, made, err));
    bool as_planned = true;
    for (size_t i = 0; i < step->n_out; i++) {
        as_planned &= made[i]->bytes == g->out[i]->bytes;
        if (as_planned && made[i]->bytes)
            memcpy(g->out[i]->data, made[i]->data, made[i]->bytes);
        iopt_tensor_destroy(made[i]);
    }
    return as_planned ? IOPT_OK
                      : iopt_fail(err, IOPT_BAD_MODEL,
                                  "%s '%s': the result has another shape than planned",
                                  job->node->op, job->node->name);
}

static IoptStatus run_generic(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const GenericJob *const job = step->job;
    const GenericCall g = make_call(step, call);

    if (job->checked)
        return run_checked(step, &g, err);
    for (size_t i = 0; i < step->n_out; i++)
        if (g.out[i]->bytes)
            memset(g.out[i]->data, 0, g.out[i]->bytes);
    return job->op->eval(job->node, g.in, g.out, err);
}

static IoptStatus describe(IoptLower *l, const IoptPlace *places, size_t count, IoptTensor **out,
                           bool *half, IoptError *err)
{
    size_t elems;

    IOPT_TRY(iopt_lower_alloc(l, count, sizeof(IoptTensor), out, err));
    for (size_t i = 0; i < count; i++) {
        IoptTensor *const t = &(*out)[i];
        t->dtype = places[i].dtype;
        t->shape = places[i].shape;
        IOPT_TRY(iopt_tensor_size(t->dtype, &t->shape, &elems, &t->bytes, err));
        *half |= t->dtype == IOPT_F16 || t->dtype == IOPT_BF16;
    }
    return IOPT_OK;
}

static IoptStatus gather_inputs(IoptLower *l, const IoptNode *node, IoptPlace *in, IoptError *err)
{
    for (size_t i = 0; i < node->n_in; i++)
        IOPT_TRY(iopt_lower_in_dense(l, node->in[i], &in[i], err));
    return IOPT_OK;
}

/* Whether an integer input is known only as it runs. */
static bool reads_fresh_integers(const IoptNode *node)
{
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptFact fact = iopt_fact_at(node->in[i]);
        if (!fact.value && (fact.dtype == IOPT_I32 || fact.dtype == IOPT_I64))
            return true;
    }
    return false;
}

/* In and out places side by side in the arena. */
static IoptStatus lower_node(IoptLower *l, const IoptChain *chain, IoptPlace *places, bool *copy,
                             IoptError *err)
{
    IoptNode *const node = chain->root;
    const IoptOp *const op = iopt_op_of(node);
    IoptPlace *const in = places, *const out = places + node->n_in;
    bool half = false;
    GenericJob *job;
    IoptStep step = { .run = run_generic, .info.kernel = "plain C" };

    IOPT_TRY(gather_inputs(l, node, in, err));
    for (size_t i = 0; i < node->n_out; i++)
        IOPT_TRY(iopt_lower_out_dense(l, (IoptValue){ node, (int)i }, &out[i], &copy[i], err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    job->op = op;
    job->node = node;
    IOPT_TRY(describe(l, in, node->n_in, &job->in, &half, err));
    IOPT_TRY(describe(l, out, node->n_out, &job->out, &half, err));
    job->checked = (half && op->flags & IOPT_OP_HALF) || op->flags & IOPT_OP_REFERENCE ||
                   reads_fresh_integers(node);
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
