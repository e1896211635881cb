/* Work in a process of its own: what it takes of memory is its own, what it leaves behind is
 * gone. */
#ifndef IOPT_PLATFORM_CHILD_H
#define IOPT_PLATFORM_CHILD_H

#include <stddef.h>

#include "base/status.h"

/* Runs in the child; `result` are the bytes that travel back. */
typedef IoptStatus IoptChildWork(void *context, void *result, IoptError *err);

/* Forks, lets the child do the work, and waits for it.  The child has no threads but its own; to be
 * called before this process has any that hold locks.
 *
 *   result   out: `size` bytes, at most 4096, as the child left them; zeros on failure
 *
 * Fails as the work fails; IOPT_IO if there can be no child; IOPT_NO_MEMORY if it was killed, as
 * the system does when memory runs out. */
IOPT_MUST_USE IoptStatus iopt_child_run(IoptChildWork *work, void *context, void *result,
                                        size_t size, IoptError *err);

#endif
