/* What TensorFlow's tools have in common. */
#ifndef IOPT_CLI_TOOL_HELP_H
#define IOPT_CLI_TOOL_HELP_H

#include "base/memory.h"
#include "cli/tool_flags.h"

enum { TOOL_FAILED = 255 }; /* exit(-1), as a shell sees it */

/* Says why on stderr, then how the tool is used (NULL: nothing); returns TOOL_FAILED. */
int tool_refuse(const char *usage, const char *format, const char *what) IOPT_PRINTF(2, 0);

/* 0, or TOOL_FAILED with a line on stderr if what was printed did not arrive (a full disk). */
int tool_finish(void);

/* "a,b" in pieces, in the arena; an empty text has none, but empty ones between separators stay. */
IoptStatus tool_split(IoptArena *arena, const char *text, char separator, const char *const **out,
                      size_t *count, IoptError *err);

#endif
