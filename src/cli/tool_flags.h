/* Flags as TensorFlow's tools have them: --name=value, and for a bool --name, --noname.
 *
 * `--name value` is not understood; what is no flag stays, for the tool to complain about; a bare
 * -- ends the flags.
 */
#ifndef IOPT_CLI_TOOL_FLAGS_H
#define IOPT_CLI_TOOL_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

typedef enum ToolFlagType {
    TOOL_STRING,
    TOOL_BOOL,
    TOOL_INT32,
    TOOL_INT64,
    TOOL_FLOAT
} ToolFlagType;

/* The variable holds the default before and the value after parsing. */
typedef struct ToolFlag {
    const char *name; /* without dashes */
    ToolFlagType type;
    void *variable; /* const char *, bool, int32_t, int64_t or float */
    const char *help;
} ToolFlag;

/* Reads the flags among the words and moves what is left to the front.
 *
 *   flags     the last one has no name
 *   n_words   in and out
 *
 * false: a flag has no such value, or it was --help; the tool then prints its usage. */
bool tool_flags_parse(const ToolFlag *flags, int *n_words, char **words);

/* "usage: PROGRAM", "Flags:" and a line per flag with its default: call it before parsing. */
void tool_flags_usage(const ToolFlag *flags, const char *program, IoptText *out);

#endif
