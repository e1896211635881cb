/* Where the buffers of a slab go. */
#ifndef IOPT_ENGINE_MEMORY_PLAN_H
#define IOPT_ENGINE_MEMORY_PLAN_H

#include "engine/plan.h"

/* Sets the offset of each span, a multiple of IOPT_ALIGN_BYTES, so that no two that are alive at
 * the same step overlap; *total = bytes of the slab. */
IoptStatus iopt_memory_plan(IoptSpan *spans, size_t count, size_t *total, IoptError *err);

#endif
