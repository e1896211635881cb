/* The request to stop. */
#include "base/cancel.h"

#include <signal.h>

static volatile sig_atomic_t cancelled;

void iopt_cancel(void)
{
    cancelled = 1;
}

bool iopt_cancelled(void)
{
    return cancelled != 0;
}

IoptStatus iopt_check_cancelled(IoptError *err)
{
    return cancelled ? iopt_fail(err, IOPT_CANCELLED, "interrupted") : IOPT_OK;
}
