/* IOPT_TRACE: what happens inside, on stderr, for whoever asks for it. */
#ifndef IOPT_CLI_TRACE_H
#define IOPT_CLI_TRACE_H

#include "iopt/engine.h"

/* What a plan takes, for --verbose; IOPT_TRACE=plan: its steps. */
IoptStatus cli_trace_plan(const IoptPlan *plan, const char *name, IoptError *err);

/* IOPT_TRACE=run: switches the run's profile on, and prints the steps' times when it is done. */
void cli_trace_run_begin(IoptRun *run);
IoptStatus cli_trace_run_end(const IoptRun *run, const IoptPlan *plan, IoptError *err);

#endif
