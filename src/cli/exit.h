/* How the program ends: the exit status, the one error line, Ctrl-C. */
#ifndef IOPT_CLI_EXIT_H
#define IOPT_CLI_EXIT_H

#include "base/status.h"

/* 0 done; 1 the input is at fault; 2 the command line is; 3 the machine is; 4 a stated bound was
 * missed; 130 or 143 interrupted by SIGINT or SIGTERM. */
int cli_exit_status(IoptStatus status);

/* "iopt: WHAT: WHY; HINT" on stderr if `status` is a failure; returns its exit status. */
int cli_exit(IoptStatus status, const IoptError *err);

/* From here on the first SIGINT or SIGTERM asks everybody to stop (base/cancel.h) and makes sure
 * that the program ends within a second, leaving no partial file; a second one ends it at once.
 * Writing to a closed pipe is an error like any other. */
void cli_install_signals(void);

#endif
