/* A plan is checked before its slab is laid out: what is read was written, and lies in its buffer.
 */
#include "engine/verify_plan.h"

#include <stdlib.h>

/* Bytes from the start of the buffer to behind the last element. */
static size_t place_end(const IoptPlace *place)
{
    if (place->rows == 0 || place->channels == 0)
        return 0;
    return place->offset + ((place->rows - 1) * (size_t)place->stride + place->channels) *
                               iopt_dtype_bytes(place->dtype);
}

static IoptStatus check_place(const IoptPlan *plan, const IoptPlace *place, const char *node,
                              const bool *written, IoptError *err)
{
    if (place->base == IOPT_BASE_NONE ||
        (place->base == IOPT_BASE_INPUT && place->index >= plan->n_inputs))
        return iopt_fail(err, IOPT_BAD_MODEL, "the plan of '%s' uses a value without a place",
                         node);
    if (place->base != IOPT_BASE_SLAB)
        return IOPT_OK;
    if (place->index >= plan->n_spans || place_end(place) > plan->spans[place->index].bytes)
        return iopt_fail(err, IOPT_BAD_MODEL, "the plan of '%s' leaves its buffer", node);
    if (written && !written[place->index])
        return iopt_fail(err, IOPT_BAD_MODEL, "the plan of '%s' reads what was not written", node);
    return IOPT_OK;
}

static IoptStatus check_steps(const IoptPlan *plan, bool *written, IoptError *err)
{
    for (size_t i = 0; i < plan->n_steps; i++) {
        const IoptStep *const step = &plan->steps[i];
        for (size_t k = 0; k < step->n_in; k++)
            IOPT_TRY(check_place(plan, &step->in[k], step->info.node, written, err));
        for (size_t k = 0; k < step->n_preds; k++)
            IOPT_TRY(check_place(plan, &step->preds[k], step->info.node, written, err));
        for (size_t k = 0; k < step->n_out; k++) {
            IOPT_TRY(check_place(plan, &step->out[k], step->info.node, NULL, err));
            if (step->out[k].base != IOPT_BASE_SLAB)
                return iopt_fail(err, IOPT_BAD_MODEL, "the plan of '%s' writes to a constant",
                                 step->info.node);
            written[step->out[k].index] = true;
        }
    }
    for (size_t i = 0; i < plan->n_outputs; i++)
        IOPT_TRY(check_place(plan, &plan->results[i], plan->outputs[i].name, written, err));
    return IOPT_OK;
}

IoptStatus iopt_plan_verify(const IoptPlan *plan, IoptError *err)
{
    bool *written;

    IOPT_TRY(iopt_alloc((void **)&written, plan->n_spans, sizeof *written, err));
    const IoptStatus status = check_steps(plan, written, err);
    free(written);
    return status;
}
