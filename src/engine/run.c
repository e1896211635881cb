/* Running a plan: the slab, the threads, the steps one after the other. */
#include <stdlib.h>
#include <string.h>

#include "engine/interpret.h"
#include "engine/parallel.h"
#include "kernels/copy_rows/copy_rows.h"
#include "platform/thread_pool.h"

struct IoptRun {
    const IoptPlan *plan;
    char *slab, *scratch;
    IoptPool *pool; /* NULL for one thread */
    uint64_t *step_ns;
    bool profiles;
};

static IoptStatus create(IoptRun *run, IoptError *err)
{
    const IoptPlan *const plan = run->plan;

    IOPT_TRY(iopt_alloc((void **)&run->step_ns, plan->n_steps, sizeof *run->step_ns, err));
    if (plan->interpreter)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc_aligned((void **)&run->slab, plan->bytes.slab, err));
    IOPT_TRY(iopt_alloc_aligned((void **)&run->scratch, plan->bytes.scratch, err));
    return plan->threads > 1 ? iopt_pool_create(plan->threads, &run->pool, err) : IOPT_OK;
}

IoptStatus iopt_run_create(const IoptPlan *plan, IoptRun **out, IoptError *err)
{
    IoptRun *run;

    *out = NULL;
    IOPT_TRY(iopt_alloc((void **)&run, 1, sizeof *run, err));
    run->plan = plan;
    const IoptStatus status = create(run, err);
    if (status == IOPT_OK)
        *out = run;
    else
        iopt_run_destroy(run);
    return status;
}

void iopt_run_destroy(IoptRun *run)
{
    if (!run)
        return;
    iopt_pool_destroy(run->pool);
    free(run->slab);
    free(run->scratch);
    free(run->step_ns);
    free(run);
}

static IoptStatus check_tensor(const IoptTensor *tensor, const IoptPort *port, const char *what,
                               IoptError *err)
{
    const IoptFact want = iopt_fact(port->dtype, port->shape);

    if (!tensor)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s' is missing", what, port->name);
    if ((port->dtype != IOPT_DTYPE_NONE && tensor->dtype != port->dtype) ||
        !iopt_shapes_agree(&tensor->shape, &port->shape))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s '%s': want %s; got %s", what, port->name,
                         iopt_fact_text(&want).s, iopt_tensor_text(tensor).s);
    return IOPT_OK;
}

static IoptStatus check_inputs(const IoptPlan *plan, const IoptTensor *const *in, IoptError *err)
{
    for (size_t i = 0; i < plan->n_inputs; i++)
        IOPT_TRY(check_tensor(in[i], &plan->inputs[i], "input", err));
    return IOPT_OK;
}

static IoptStatus check_results(const IoptPlan *plan, const IoptStepMemory *memory, IoptError *err)
{
    for (size_t i = 0; plan->result_guards && i < plan->n_outputs; i++)
        if (!iopt_step_runs(&plan->result_guards[i], memory))
            return iopt_fail(err, IOPT_BAD_MODEL, IOPT_NO_VALUE, plan->outputs[i].name);
    return IOPT_OK;
}

static IoptStatus run_steps(IoptRun *run, const IoptTensor *const *in, IoptError *err)
{
    const IoptPlan *const plan = run->plan;
    const IoptStepMemory memory = { run->slab, in, run->scratch, plan->scratch_bytes };

    IOPT_TRY(iopt_steps_run(plan, &memory, run->pool, run->profiles ? run->step_ns : NULL, err));
    return check_results(plan, &memory, err);
}

static void copy_results(const IoptRun *run, const IoptTensor *const *in, IoptTensor *const *out)
{
    const IoptStepCall call = { .slab = run->slab, .in = in };

    for (size_t i = 0; i < run->plan->n_outputs; i++) {
        const IoptPlace *const place = &run->plan->results[i];
        const size_t bytes = iopt_dtype_bytes(place->dtype), row = place->channels * bytes;
        iopt_copy_rows(iopt_place_at(place, &call), place->stride * (ptrdiff_t)bytes, out[i]->data,
                       (ptrdiff_t)row, row, place->rows);
    }
}

static void destroy_all(IoptTensor **tensors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        iopt_tensor_destroy(tensors[i]);
        tensors[i] = NULL;
    }
}

/* An interpreter's outputs into the caller's. */
static IoptStatus hand_over(const IoptPlan *plan, IoptTensor *const *made, IoptTensor *const *out,
                            IoptError *err)
{
    for (size_t i = 0; i < plan->n_outputs; i++) {
        const IoptPort port = { plan->outputs[i].name, made[i]->dtype, made[i]->shape };
        IOPT_TRY(check_tensor(out[i], &port, "output", err));
        if (made[i]->dtype == IOPT_STRING)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "output '%s' is of strings: use %s",
                             port.name, "iopt_run_new");
    }
    for (size_t i = 0; i < plan->n_outputs; i++)
        if (made[i]->bytes)
            memcpy(out[i]->data, made[i]->data, made[i]->bytes);
    return IOPT_OK;
}

static IoptStatus run_interpreted(IoptRun *run, const IoptTensor *const *in, IoptTensor *const *out,
                                  IoptError *err)
{
    const IoptPlan *const plan = run->plan;
    IoptTensor **made;

    IOPT_TRY(iopt_alloc((void **)&made, plan->n_outputs, sizeof *made, err));
    IoptStatus status = iopt_interpret(plan, in, made, run->profiles ? run->step_ns : NULL, err);
    if (status == IOPT_OK)
        status = hand_over(plan, made, out, err);
    destroy_all(made, plan->n_outputs);
    free(made);
    return status;
}

IoptStatus iopt_run(IoptRun *run, const IoptTensor *const *in, IoptTensor *const *out,
                    IoptError *err)
{
    const IoptPlan *const plan = run->plan;

    IOPT_TRY(check_inputs(plan, in, err));
    for (size_t i = 0; i < plan->n_outputs; i++)
        IOPT_TRY(check_tensor(out[i], &plan->outputs[i], "output", err));
    if (plan->interpreter)
        return run_interpreted(run, in, out, err);
    IOPT_TRY(run_steps(run, in, err));
    copy_results(run, in, out);
    return IOPT_OK;
}

IoptStatus iopt_run_new(IoptRun *run, const IoptTensor *const *in, IoptTensor **out, IoptError *err)
{
    const IoptPlan *const plan = run->plan;
    IoptStatus status = IOPT_OK;

    for (size_t i = 0; i < plan->n_outputs; i++)
        out[i] = NULL;
    IOPT_TRY(check_inputs(plan, in, err));
    if (plan->interpreter)
        return iopt_interpret(plan, in, out, run->profiles ? run->step_ns : NULL, err);
    for (size_t i = 0; i < plan->n_outputs; i++)
        IOPT_DO(iopt_tensor_create(plan->outputs[i].dtype, &plan->outputs[i].shape, &out[i], err));
    IOPT_DO(run_steps(run, in, err));
    copy_results(run, in, out);
done:
    if (status != IOPT_OK)
        destroy_all(out, plan->n_outputs);
    return status;
}

void iopt_run_rest(IoptRun *run)
{
    iopt_pool_rest(run->pool);
}

void iopt_run_set_profile(IoptRun *run, bool on)
{
    if (on && run->plan->n_steps)
        memset(run->step_ns, 0, run->plan->n_steps * sizeof *run->step_ns);
    run->profiles = on;
}

uint64_t iopt_run_step_ns(const IoptRun *run, size_t i)
{
    return run->step_ns[i];
}
