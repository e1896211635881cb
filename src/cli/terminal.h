/* What the user sees: results on stdout, everything else on stderr; colours; interruption. */
#ifndef IOPT_CLI_TERMINAL_H
#define IOPT_CLI_TERMINAL_H

#include <stdio.h>

#include "cli/args.h"

typedef enum CliColor { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_RED, CLI_GREEN, CLI_YELLOW } CliColor;

/* Takes --color, --quiet and --verbose into account from here on. */
void cli_terminal_setup(const CliArgs *args);

/* The escape sequence that begins a colour on this stream; "" where there shall be none.
 * CLI_PLAIN ends every colour. */
const char *cli_color(FILE *stream, CliColor color);

/* Whether a person watches stderr and wants to be told. */
bool cli_shows_progress(void);

/* Part of the result, to stdout. */
void cli_print(const char *format, ...) IOPT_PRINTF(1, 2);

/* A line "iopt: ..." on stderr: a note for whom is not quiet, more for whom is verbose, a warning
 * for all. */
void cli_note(const char *format, ...) IOPT_PRINTF(1, 2);
void cli_detail(const char *format, ...) IOPT_PRINTF(1, 2);
void cli_warn(const char *format, ...) IOPT_PRINTF(1, 2);

/* Columns that a text takes on the screen: characters, not bytes. */
size_t cli_text_width(const char *text);

/* Everything written to stdout has arrived; fails with IOPT_IO if not (full disk, closed pipe). */
IoptStatus cli_finish_output(IoptError *err);

#endif
