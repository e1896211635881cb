/* Splitting a step: parts of its outputs, each computed whole by one thread. */
#include "engine/parallel.h"

/* Waking the threads costs as much as this work. */
static const double few_macs = 1e5, few_bytes = 1e5;

typedef struct Split {
    const IoptStep *step;
    const IoptStepMemory *memory;
    size_t parts;
} Split;

static IoptStatus run_part(const Split *split, size_t thread, size_t part, IoptError *err)
{
    const IoptStepCall call = {
        .slab = split->memory->slab,
        .in = split->memory->in,
        .part = part,
        .parts = split->parts,
        .scratch = split->memory->scratch + thread * split->memory->scratch_bytes,
    };

    return split->step->run(split->step, &call, err);
}

static void run_task(void *context, size_t thread, size_t index)
{
    (void)run_part(context, thread, index, NULL); /* what is split cannot fail */
}

IoptStatus iopt_step_run(const IoptStep *step, const IoptStepMemory *memory, IoptPool *pool,
                         IoptError *err)
{
    const size_t threads = iopt_pool_threads(pool);
    Split split = { step, memory, step->parts < threads ? step->parts : threads };

    if (split.parts <= 1 || (step->info.macs < few_macs && step->info.bytes < few_bytes)) {
        split.parts = 1;
        return run_part(&split, 0, 0, err);
    }
    iopt_pool_run_with_thread(pool, run_task, &split, split.parts);
    return IOPT_OK;
}
