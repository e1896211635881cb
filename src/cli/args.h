/* The command line: options as tables, parsed and checked once, then read by name.
 *
 *   --name value, --name=value     the same; '-' and '_' are one in a name; a unique prefix will do
 *   repeated options               add up (CLI_LIST, CLI_MANY); else the last one counts
 *   CLI_LIST                       one word holds several values, separated by commas
 *   --                             ends the options
 *
 * All values are checked against their option's type while parsing, so that reading cannot fail.
 */
#ifndef IOPT_CLI_ARGS_H
#define IOPT_CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"

typedef enum CliType {
    CLI_TEXT,   /* any word */
    CLI_FLAG,   /* takes no value */
    CLI_COUNT,  /* an integer >= 0; k, m and g at its end stand for 1e3, 1e6, 1e9 */
    CLI_INT,    /* an integer */
    CLI_NUMBER, /* a finite number */
    CLI_CHOICE, /* one of the words that `value` lists: "auto|always|never" */
    CLI_LIST,   /* words, separated by commas; may be repeated */
    CLI_MANY    /* a word; may be repeated */
} CliType;

typedef struct CliOption {
    const char *name;  /* "--out" */
    const char *value; /* how help shows its value: "FILE"; NULL for a flag */
    const char *help;  /* what it does, with unit and default; NULL: not shown in help */
    CliType type;
} CliOption;

/* Options under one title; the last one has no name. */
typedef struct CliGroup {
    const char *title;
    const CliOption *options;
} CliGroup;

typedef struct CliArgs CliArgs;

typedef struct CliCommand {
    const char *name;
    const char *usage; /* "MODEL --out FILE" */
    const char *brief; /* what it does: a clause without a stop, for the list of commands */
    const char *about; /* what else one has to know, in sentences; or NULL */
    const CliGroup *const *groups; /* of its own; the last is NULL */
    const char *const *examples;   /* lines that work as typed; the last is NULL */
    const char *const *operands;   /* names of what is no option, "MODEL"; the last is NULL */
    size_t optional;               /* how many of the last operands may be left out */
    IoptStatus (*run)(const CliArgs *args, IoptError *err);
} CliCommand;

typedef struct CliGiven {
    const CliOption *option;
    const char *value; /* NULL for a flag */
} CliGiven;

struct CliArgs {
    const CliCommand *command;
    bool json, quiet, verbose;
    const char **operands;
    size_t n_operands;
    CliGiven *given; /* in the order of the command line */
    size_t n_given, capacity;
    IoptArena *arena;
};

/* The options that every command has. */
extern const CliGroup cli_common_group;

/* Parses the words behind the command's name; they stay borrowed.  Fails with
 * IOPT_INVALID_ARGUMENT; *args is to be freed in any case. */
IoptStatus cli_args_parse(CliArgs *args, const CliCommand *command, int n_words, char **words,
                          IoptError *err);
void cli_args_free(CliArgs *args);

/* The operand, or NULL if it was left out. */
const char *cli_operand(const CliArgs *args, size_t i);

/* Reading: the names are of listed options (asserted). */
bool cli_flag(const CliArgs *args, const char *name);
const char *cli_text(const CliArgs *args, const char *name, const char *fallback);
size_t cli_count(const CliArgs *args, const char *name, size_t fallback);
int64_t cli_int(const CliArgs *args, const char *name, int64_t fallback);
double cli_number(const CliArgs *args, const char *name, double fallback);

/* All values of an option; *out is an array in the arguments' arena, NULL if there are none. */
size_t cli_values(const CliArgs *args, const char *name, const char *const **out);

#endif
