/* Streams and colours. */
#include "cli/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/knobs.h"

static struct {
    bool quiet, verbose;
    bool always, never; /* colours */
} terminal;

void cli_terminal_setup(const CliArgs *args)
{
    const char *const color = cli_text(args, "--color", "auto");

    terminal.quiet = args->quiet;
    terminal.verbose = args->verbose;
    terminal.always = strcmp(color, "always") == 0;
    terminal.never = strcmp(color, "never") == 0 || (!terminal.always && iopt_knob("NO_COLOR"));
}

const char *cli_color(FILE *stream, CliColor color)
{
    static const char *const sequences[] = {
        [CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m",   [CLI_DIM] = "\033[2m",
        [CLI_RED] = "\033[31m",  [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m",
    };

    if (terminal.never || (!terminal.always && !isatty(fileno(stream))))
        return "";
    return sequences[color];
}

bool cli_shows_progress(void)
{
    return !terminal.quiet && isatty(STDERR_FILENO);
}

void cli_print(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vprintf(format, args); /* cli_finish_output tells whether it worked */
    va_end(args);
}

/* One line on stderr, behind what stdout got so far. */
static void tell(CliColor color, const char *format, va_list args)
{
    (void)fflush(stdout);
    (void)fprintf(stderr, "%siopt: ", cli_color(stderr, color));
    (void)vfprintf(stderr, format, args);
    (void)fprintf(stderr, "%s\n", cli_color(stderr, CLI_PLAIN));
}

void cli_note(const char *format, ...)
{
    va_list args;

    if (terminal.quiet)
        return;
    va_start(args, format);
    tell(CLI_DIM, format, args);
    va_end(args);
}

void cli_detail(const char *format, ...)
{
    va_list args;

    if (terminal.quiet || !terminal.verbose)
        return;
    va_start(args, format);
    tell(CLI_DIM, format, args);
    va_end(args);
}

void cli_warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(CLI_YELLOW, format, args);
    va_end(args);
}

size_t cli_text_width(const char *text)
{
    size_t width = 0;

    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80; /* not in the middle of a character */
    return width;
}

IoptStatus cli_finish_output(IoptError *err)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return IOPT_OK;
    return iopt_fail(err, IOPT_IO, "cannot write the result to stdout: %s", strerror(errno));
}
