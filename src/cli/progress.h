/* A progress bar on stderr, for a person at a terminal who is not quiet; else nothing. */
#ifndef IOPT_CLI_PROGRESS_H
#define IOPT_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct CliProgress {
    const char *what; /* "images" */
    size_t total;     /* 0: not known */
    uint64_t start_ns, shown_ns;
    bool visible;
} CliProgress;

void cli_progress_begin(CliProgress *progress, const char *what, size_t total);

/* `done` of the total; `detail` ("fold_constants") may be NULL.  Draws ten times a second. */
void cli_progress_update(CliProgress *progress, size_t done, const char *detail);

/* Wipes the bar; more than once is fine. */
void cli_progress_end(CliProgress *progress);

#endif
