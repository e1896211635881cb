/* Switch and Merge on conditions that only a run knows.
 *
 * Both outputs of a Switch are views of its input; the steps behind it run under a guard.  A Merge
 * copies the side that ran to its own place.
 */
#include "engine/guard.h"
#include "engine/lower.h"
#include "kernels/copy_rows/copy_rows.h"

static bool fits(const IoptNode *node)
{
    (void)node;
    return true;
}

static IoptStatus lower_switch(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptPlace place;

    IOPT_TRY(iopt_lower_in(l, chain->root->in[0], &place, err));
    for (int port = 0; port < 2; port++)
        IOPT_TRY(iopt_lower_alias(l, (IoptValue){ chain->root, port }, place, err));
    return IOPT_OK;
}

typedef struct SideJob {
    int32_t index; /* of the input */
} SideJob;

static IoptStatus run_side(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const IoptPlace *const from = &step->in[0], *const to = &step->out[0];
    const ptrdiff_t bytes = (ptrdiff_t)iopt_dtype_bytes(from->dtype);
    const SideJob *const job = step->job;

    (void)err;
    iopt_copy_rows(iopt_place_at(from, call), from->stride * bytes, iopt_place_at(to, call),
                   to->stride * bytes, from->channels * (size_t)bytes, from->rows);
    *(int32_t *)iopt_place_at(&step->out[1], call) = job->index;
    return IOPT_OK;
}

static IoptStatus lower_merge(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptNode *const node = chain->root;
    IoptPlace from, out[2];

    for (int port = 0; port < 2; port++)
        IOPT_TRY(iopt_lower_out(l, (IoptValue){ node, port }, &out[port], err));
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptGuard guard = iopt_guard_of(l->guards, node->in[i]);
        IoptStep step = { .run = run_side, .info = { .kernel = "copy_rows" } };
        SideJob *job;
        IOPT_TRY(iopt_lower_in(l, node->in[i], &from, err));
        IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
        job->index = (int32_t)i;
        step.job = job;
        IOPT_TRY(iopt_lower_guard(l, &guard, &step, err));
        IOPT_TRY(iopt_lower_add(l, chain, step, &from, 1, out, 2, err));
    }
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    return iopt_op_in(chain->root->op, "Switch|RefSwitch") ? lower_switch(l, chain, err)
                                                           : lower_merge(l, chain, err);
}

const IoptLowering iopt_lowering_control = { .ops = "Switch|RefSwitch|Merge|RefMerge",
                                             .fits = fits,
                                             .lower = lower };
