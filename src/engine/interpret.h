/* Node by node, in order, on the ops' plain-C results and real tensors. */
#ifndef IOPT_ENGINE_INTERPRET_H
#define IOPT_ENGINE_INTERPRET_H

#include "engine/plan.h"

#define IOPT_NO_VALUE "output '%s' has no value: it is on the side of a Switch that was not taken"

/* Fixes the order and makes a step per node that does something, for profiles. */
IoptStatus iopt_interpreter_create(IoptPlan *plan, IoptInterpreter **out, IoptError *err);
void iopt_interpreter_destroy(IoptInterpreter *interpreter); /* NULL is fine */

/* Makes the outputs, which the caller destroys; all are NULL on failure.  step_ns, if not NULL,
 * gets the time of each step added. */
IoptStatus iopt_interpret(const IoptPlan *plan, const IoptTensor *const *in, IoptTensor **out,
                          uint64_t *step_ns, IoptError *err);

#endif
