/* All steps of a plan on all threads. */
#ifndef IOPT_ENGINE_PARALLEL_H
#define IOPT_ENGINE_PARALLEL_H

#include "engine/plan.h"
#include "platform/thread_pool.h"

typedef struct IoptStepMemory {
    char *slab;
    const IoptTensor *const *in;
    char *scratch; /* of thread 0; the others' follow */
    size_t scratch_bytes;
} IoptStepMemory;

/* Whether the conditions of a step hold. */
bool iopt_step_runs(const IoptStep *step, const IoptStepMemory *memory);

/* Runs the steps in order, each split over the threads of `pool` (NULL: one) by ranges of outputs,
 * so that no bit depends on their number.  step_ns, if not NULL, gets the time of each added. */
IoptStatus iopt_steps_run(const IoptPlan *plan, const IoptStepMemory *memory, IoptPool *pool,
                          uint64_t *step_ns, IoptError *err);

#endif
