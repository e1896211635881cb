/* Checks of a finished plan. */
#ifndef IOPT_ENGINE_VERIFY_PLAN_H
#define IOPT_ENGINE_VERIFY_PLAN_H

#include "engine/plan.h"

/* No step reads what no step before it wrote, every place lies within its buffer.  A failure is a
 * mistake of the engine, reported as IOPT_BAD_MODEL so that no wrong result comes out. */
IoptStatus iopt_plan_verify(const IoptPlan *plan, IoptError *err);

#endif
