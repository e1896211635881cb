/* Parsing of the command line. */
#include "cli/args.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
    MAX_OPTIONS = 128, /* of one command */
    MAX_THREADS = 1024
};

static const CliOption common_options[] = {
    { "--json", NULL, "print one JSON object in place of tables", CLI_FLAG },
    { "--quiet", NULL, "no notes, no progress; errors only", CLI_FLAG },
    { "--verbose", NULL, "tell more on stderr", CLI_FLAG },
    { "--color", "auto|always|never",
      "colours (default auto: on a terminal, unless NO_COLOR is set)", CLI_CHOICE },
    { "--threads", "N", "threads to compute with (default: the physical cores of this process)",
      CLI_COUNT },
    { "--seed", "N", "seed of everything that is drawn at random (default 1)", CLI_COUNT },
    { "--help", NULL, "this text", CLI_FLAG },
    { 0 },
};
const CliGroup cli_common_group = { "Common options", common_options };

/* --- finding options ------------------------------------------------------------------------- */

static const CliGroup *group_at(const CliCommand *command, size_t i)
{
    for (const CliGroup *const *group = command->groups; *group; group++)
        if (i-- == 0)
            return *group;
    return i == 0 ? &cli_common_group : NULL;
}

/* All options of the command, at most MAX_OPTIONS. */
static size_t list_options(const CliCommand *command, const CliOption **out)
{
    const CliGroup *group;
    size_t count = 0;

    for (size_t i = 0; (group = group_at(command, i)); i++)
        for (const CliOption *option = group->options; option->name; option++) {
            assert(count < MAX_OPTIONS);
            out[count++] = option;
        }
    return count;
}

static char dashed(char c)
{
    return c == '_' ? '-' : c;
}

/* Whether the first `size` letters of both agree, '-' and '_' being the same. */
static bool same_name(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (dashed(a[i]) != dashed(b[i]))
            return false;
    return true;
}

static IoptStatus fail_unknown(const CliCommand *command, const char *word, size_t size,
                               const CliOption *const *options, size_t count, IoptError *err)
{
    const char *names[MAX_OPTIONS];
    char name[64];

    for (size_t i = 0; i < count; i++)
        names[i] = options[i]->name;
    (void)snprintf(name, sizeof name, "%.*s", (int)(size < 60 ? size : 60), word);
    for (char *at = name; *at; at++)
        *at = dashed(*at);
    const char *const nearest = iopt_nearest(name, names, count);
    if (nearest)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: unknown option %.*s; did you mean %s?",
                         command->name, (int)size, word, nearest);
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "%s: unknown option %.*s; 'iopt help %s' lists what there is", command->name,
                     (int)size, word, command->name);
}

/* The option that the first `size` letters of `word` name, in full or by a unique prefix. */
static IoptStatus find_option(const CliCommand *command, const char *word, size_t size,
                              const CliOption **out, IoptError *err)
{
    const CliOption *options[MAX_OPTIONS], *found = NULL;
    const size_t count = list_options(command, options);

    for (size_t i = 0; i < count; i++) {
        const char *const name = options[i]->name;
        if (strlen(name) < size || !same_name(word, name, size))
            continue;
        if (strlen(name) == size) {
            *out = options[i];
            return IOPT_OK;
        }
        if (found)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: %.*s may be %s or %s; say which",
                             command->name, (int)size, word, found->name, name);
        found = options[i];
    }
    if (!found || size < 4)
        return fail_unknown(command, word, size, options, count, err);
    *out = found;
    return IOPT_OK;
}

/* --- values ---------------------------------------------------------------------------------- */

static bool parse_int(const char *text, int64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == 0 && errno == 0;
}

static bool parse_count(const char *text, size_t *out)
{
    char *end;
    unsigned long long scale = 1;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    switch (*end) {
    case 'k': scale = 1000; break;
    case 'm':
    case 'M': scale = 1000000; break;
    case 'g':
    case 'G': scale = 1000000000; break;
    default: break;
    }
    end += scale > 1;
    *out = (size_t)(value * scale);
    return *end == 0 && errno == 0 && value <= SIZE_MAX / scale;
}

static bool parse_number(const char *text, double *out)
{
    char *end;

    *out = strtod(text, &end);
    return end != text && *end == 0 && isfinite(*out);
}

static bool is_choice(const char *choices, const char *value)
{
    const size_t size = strlen(value);

    for (const char *at = choices;;) {
        const size_t length = strcspn(at, "|");
        if (length == size && strncmp(at, value, size) == 0)
            return true;
        if (!at[length])
            return false;
        at += length + 1;
    }
}

static IoptStatus check_value(const CliArgs *args, const CliOption *option, const char *value,
                              IoptError *err)
{
    const char *want = NULL;
    int64_t integer;
    size_t count;
    double number;

    switch (option->type) {
    case CLI_COUNT: want = parse_count(value, &count) ? NULL : "a number >= 0"; break;
    case CLI_INT: want = parse_int(value, &integer) ? NULL : "an integer"; break;
    case CLI_NUMBER: want = parse_number(value, &number) ? NULL : "a number"; break;
    case CLI_CHOICE: want = is_choice(option->value, value) ? NULL : option->value; break;
    case CLI_TEXT:
    case CLI_FLAG:
    case CLI_LIST:
    case CLI_MANY: want = *value ? NULL : "a value"; break;
    }
    if (want)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: %s '%s': want %s", args->command->name,
                         option->name, value, want);
    return IOPT_OK;
}

static IoptStatus add_given(CliArgs *args, const CliOption *option, const char *value,
                            IoptError *err)
{
    void *given = args->given;

    if (value)
        IOPT_TRY(check_value(args, option, value, err));
    IOPT_TRY(iopt_grow(&given, &args->capacity, args->n_given + 1, sizeof *args->given, err));
    args->given = given;
    args->given[args->n_given++] = (CliGiven){ option, value };
    return IOPT_OK;
}

static IoptStatus add_list(CliArgs *args, const CliOption *option, const char *value,
                           IoptError *err)
{
    for (const char *at = value;;) {
        const size_t length = strcspn(at, ",");
        const char *const item = iopt_arena_copy(args->arena, at, length);
        if (!item)
            return iopt_fail_memory(err, length);
        IOPT_TRY(add_given(args, option, item, err));
        if (!at[length])
            return IOPT_OK;
        at += length + 1;
    }
}

/* Parses the option at words[*i]; *i moves to the last word that belongs to it. */
static IoptStatus parse_option(CliArgs *args, int n_words, char **words, int *i, IoptError *err)
{
    const char *const word = words[*i];
    const size_t size = strcspn(word, "=");
    const CliOption *option;

    IOPT_TRY(find_option(args->command, word, size, &option, err));
    const char *value = word[size] ? word + size + 1 : NULL;
    if (option->type == CLI_FLAG) {
        if (value)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: %s takes no value; got '%s'",
                             args->command->name, option->name, value);
        return add_given(args, option, NULL, err);
    }
    if (!value) {
        if (*i + 1 == n_words || strncmp(words[*i + 1], "--", 2) == 0)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: %s wants a value: %s %s",
                             args->command->name, option->name, option->name, option->value);
        value = words[++*i];
    }
    return option->type == CLI_LIST ? add_list(args, option, value, err)
                                    : add_given(args, option, value, err);
}

/* --- the whole line -------------------------------------------------------------------------- */

static IoptStatus check_operands(const CliArgs *args, IoptError *err)
{
    const CliCommand *const command = args->command;
    size_t most = 0;

    while (command->operands[most])
        most++;
    if (args->n_operands > most)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: what is '%s'? usage: iopt %s %s",
                         command->name, args->operands[most], command->name, command->usage);
    if (args->n_operands + command->optional < most)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: %s is missing; usage: iopt %s %s",
                         command->name, command->operands[args->n_operands], command->name,
                         command->usage);
    return IOPT_OK;
}

IoptStatus cli_args_parse(CliArgs *args, const CliCommand *command, int n_words, char **words,
                          IoptError *err)
{
    bool only_operands = false;

    *args = (CliArgs){ .command = command };
    IOPT_TRY(iopt_arena_create(&args->arena, err));
    args->operands = iopt_arena_alloc(args->arena, (size_t)n_words + 1, sizeof *args->operands);
    if (!args->operands)
        return iopt_fail_memory(err, (size_t)n_words);
    for (int i = 0; i < n_words; i++) {
        if (!only_operands && strcmp(words[i], "--") == 0)
            only_operands = true;
        else if (!only_operands && strncmp(words[i], "--", 2) == 0)
            IOPT_TRY(parse_option(args, n_words, words, &i, err));
        else if (!only_operands && words[i][0] == '-' && words[i][1])
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "%s: unknown option %s; options are long: --name value", command->name,
                             words[i]);
        else
            args->operands[args->n_operands++] = words[i];
    }
    if (cli_count(args, "--threads", 0) > MAX_THREADS)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s: --threads '%s': want at most %d",
                         command->name, cli_text(args, "--threads", ""), MAX_THREADS);
    args->json = cli_flag(args, "--json");
    args->quiet = cli_flag(args, "--quiet");
    args->verbose = cli_flag(args, "--verbose");
    return check_operands(args, err);
}

void cli_args_free(CliArgs *args)
{
    free(args->given);
    iopt_arena_destroy(args->arena);
    *args = (CliArgs){ 0 };
}

/* --- reading --------------------------------------------------------------------------------- */

const char *cli_operand(const CliArgs *args, size_t i)
{
    return i < args->n_operands ? args->operands[i] : NULL;
}

/* The last occurrence, or NULL. */
static const CliGiven *last_given(const CliArgs *args, const char *name)
{
    for (size_t i = args->n_given; i-- > 0;)
        if (strcmp(args->given[i].option->name, name) == 0)
            return &args->given[i];
#ifndef NDEBUG
    const CliOption *options[MAX_OPTIONS];
    size_t count = list_options(args->command, options);
    while (count > 0 && strcmp(options[count - 1]->name, name) != 0)
        count--;
    assert(count > 0); /* the command has this option */
#endif
    return NULL;
}

bool cli_flag(const CliArgs *args, const char *name)
{
    return last_given(args, name) != NULL;
}

const char *cli_text(const CliArgs *args, const char *name, const char *fallback)
{
    const CliGiven *const given = last_given(args, name);
    return given ? given->value : fallback;
}

size_t cli_count(const CliArgs *args, const char *name, size_t fallback)
{
    const char *const text = cli_text(args, name, NULL);
    if (text)
        (void)parse_count(text, &fallback); /* checked before */
    return fallback;
}

int64_t cli_int(const CliArgs *args, const char *name, int64_t fallback)
{
    const char *const text = cli_text(args, name, NULL);
    if (text)
        (void)parse_int(text, &fallback); /* checked before */
    return fallback;
}

double cli_number(const CliArgs *args, const char *name, double fallback)
{
    const char *const text = cli_text(args, name, NULL);
    if (text)
        (void)parse_number(text, &fallback); /* checked before */
    return fallback;
}

size_t cli_values(const CliArgs *args, const char *name, const char *const **out)
{
    size_t count = 0;

    *out = NULL;
    if (!last_given(args, name))
        return 0;
    const char **const values = iopt_arena_alloc(args->arena, args->n_given, sizeof(const char *));
    if (!values)
        return 0;
    for (size_t i = 0; i < args->n_given; i++)
        if (strcmp(args->given[i].option->name, name) == 0)
            values[count++] = args->given[i].value;
    *out = values;
    return count;
}
