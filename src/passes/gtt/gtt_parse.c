/* The grammar of transform strings: three states, no way back.  TensorFlow's leniencies are kept: a
 * comma may lead, stray quotes may follow a value, and a transform that the end of the text cuts
 * off is dropped. */
#include "passes/gtt/gtt_driver.h"

#include <ctype.h>
#include <stdlib.h>

#include "formats/wire.h"
#include "passes/gtt/gtt_params.h"

typedef struct Scanner {
    const char *text, *at;
    IoptGttCalls *calls;
    IoptGttCall call; /* being read */
    char *param;      /* the name of the parameter being read */
    IoptError *err;
} Scanner;

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool is_value(char c)
{
    return is_name(c) || c == '-' || c == '.' || c == '/';
}

static void skip_blanks(Scanner *scanner)
{
    while (isspace((unsigned char)*scanner->at))
        scanner->at++;
}

static bool skip_char(Scanner *scanner, char c)
{
    if (*scanner->at != c)
        return false;
    scanner->at++;
    return true;
}

static IoptStatus fail(const Scanner *scanner, const char *wanted)
{
    return iopt_fail(scanner->err, IOPT_INVALID_ARGUMENT,
                     "Looking for %s, but found %s [column %zu]", wanted, scanner->at,
                     (size_t)(scanner->at - scanner->text) + 1);
}

/* The longest run of characters that are `in`; an empty one is an error. */
static IoptStatus take(Scanner *scanner, bool (*in)(char c), const char *wanted, IoptBytes *out)
{
    const char *const begin = scanner->at;

    while (*scanner->at && in(*scanner->at))
        scanner->at++;
    *out = (IoptBytes){ begin, (size_t)(scanner->at - begin) };
    return out->size ? IOPT_OK : fail(scanner, wanted);
}

static IoptStatus copy_text(IoptBytes text, char **out, IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, text.size + 1, 1, err));
    memcpy(block, text.data, text.size);
    free(*out);
    *out = block;
    return IOPT_OK;
}

static IoptStatus add_call(Scanner *scanner)
{
    IoptGttCalls *const calls = scanner->calls;
    void *at = calls->at;

    IOPT_TRY(iopt_grow(&at, &calls->capacity, calls->n + 1, sizeof(IoptGttCall), scanner->err));
    calls->at = at;
    calls->at[calls->n++] = scanner->call;
    scanner->call = (IoptGttCall){ 0 };
    return IOPT_OK;
}

/* A value in quotes goes up to the next quote without a backslash before it; the backslashes
 * stay. */
static IoptStatus take_quoted(Scanner *scanner, IoptBytes *out)
{
    const char *end = scanner->at;

    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    if (!*end)
        return fail(scanner, "parameter name");
    *out = (IoptBytes){ scanner->at, (size_t)(end - scanner->at) };
    scanner->at = end + 1;
    return IOPT_OK;
}

static IoptStatus read_value(Scanner *scanner)
{
    IoptBytes value;

    if (skip_char(scanner, '"'))
        IOPT_TRY(take_quoted(scanner, &value));
    else
        IOPT_TRY(take(scanner, is_value, "parameter name", &value));
    if (!iopt_is_name_text(value)) /* it may become a name */
        return iopt_fail(scanner->err, IOPT_INVALID_ARGUMENT,
                         "the value of %s is not valid UTF-8 text [column %zu]", scanner->param,
                         (size_t)(value.data - scanner->text) + 1);
    IOPT_TRY(iopt_gtt_params_add(&scanner->call.params, scanner->param, value, scanner->err));
    (void)skip_char(scanner, '"');
    (void)skip_char(scanner, '\'');
    return IOPT_OK;
}

/* Everything between "name(" and ")". */
static IoptStatus read_params(Scanner *scanner)
{
    IoptBytes name;

    while (*scanner->at) {
        if (skip_char(scanner, ')'))
            return add_call(scanner);
        (void)skip_char(scanner, ',');
        skip_blanks(scanner);
        IOPT_TRY(take(scanner, is_name, "parameter name", &name));
        IOPT_TRY(copy_text(name, &scanner->param, scanner->err));
        if (!skip_char(scanner, '='))
            return fail(scanner, "=");
        if (*scanner->at)
            IOPT_TRY(read_value(scanner));
    }
    return IOPT_OK; /* cut off: dropped */
}

static IoptStatus read_calls(Scanner *scanner)
{
    IoptBytes name;

    for (;;) {
        skip_blanks(scanner);
        if (!*scanner->at)
            return IOPT_OK;
        IOPT_TRY(take(scanner, is_name, "transform name", &name));
        IOPT_TRY(copy_text(name, &scanner->call.name, scanner->err));
        if (skip_char(scanner, '('))
            IOPT_TRY(read_params(scanner));
        else
            IOPT_TRY(add_call(scanner));
    }
}

IoptStatus iopt_gtt_parse(const char *text, IoptGttCalls *out, IoptError *err)
{
    Scanner scanner = { .text = text, .at = text, .calls = out, .err = err };

    *out = (IoptGttCalls){ 0 };
    const IoptStatus status = read_calls(&scanner);
    if (scanner.call.name)
        out->unclosed = strlen(text) + 1;
    free(scanner.param);
    free(scanner.call.name);
    iopt_gtt_params_free(&scanner.call.params);
    if (status != IOPT_OK)
        iopt_gtt_calls_free(out);
    return status;
}

void iopt_gtt_calls_free(IoptGttCalls *calls)
{
    for (size_t i = 0; i < calls->n; i++) {
        free(calls->at[i].name);
        iopt_gtt_params_free(&calls->at[i].params);
    }
    free(calls->at);
    *calls = (IoptGttCalls){ 0 };
}
