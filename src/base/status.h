/* Reporting errors from inside the library, and the only two macros that hide control flow. */
#ifndef IOPT_BASE_STATUS_H
#define IOPT_BASE_STATUS_H

#include <stddef.h>

#include "iopt/status.h"

/* Writes the cause into `err` (NULL is fine) and returns `status`. */
IoptStatus iopt_fail(IoptError *err, IoptStatus status, const char *format, ...) IOPT_PRINTF(3, 4);

/* Adds context in front of the text on the way up: "CONTEXT: TEXT".  Does nothing if `status` is
 * IOPT_OK.  Returns `status`. */
IoptStatus iopt_while(IoptError *err, IoptStatus status, const char *format, ...) IOPT_PRINTF(3, 4);

/* Out of memory, said in the one way that everything says it. */
IoptStatus iopt_fail_memory(IoptError *err, size_t bytes);

/* Returns from the function if `call` fails. */
#define IOPT_TRY(call)                         \
    do {                                       \
        const IoptStatus try_status_ = (call); \
        if (try_status_ != IOPT_OK)            \
            return try_status_;                \
    } while (0)

/* Goes to `done:` if `call` fails; the function has a variable `status`. */
#define IOPT_DO(call)          \
    do {                       \
        status = (call);       \
        if (status != IOPT_OK) \
            goto done;         \
    } while (0)

#endif
