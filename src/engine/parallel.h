/* One step on all threads. */
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

/* Splits the step over the threads of `pool` (NULL: one) by ranges of outputs, so that its bits do
 * not depend on their number. */
IoptStatus iopt_step_run(const IoptStep *step, const IoptStepMemory *memory, IoptPool *pool,
                         IoptError *err);

#endif
