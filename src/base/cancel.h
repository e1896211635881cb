/* The request to stop: set by a signal handler, looked at by every loop that may run long. */
#ifndef IOPT_BASE_CANCEL_H
#define IOPT_BASE_CANCEL_H

#include <stdbool.h>

#include "base/status.h"

/* May be called from a signal handler. */
void iopt_cancel(void);
bool iopt_cancelled(void);

/* IOPT_OK, or IOPT_CANCELLED with its text: for IOPT_TRY in a loop. */
IoptStatus iopt_check_cancelled(IoptError *err);

#endif
