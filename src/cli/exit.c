/* Exit status, error line, signals. */
#include "cli/exit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/cancel.h"
#include "cli/terminal.h"
#include "platform/file.h"

enum { GRACE_US = 600000 }; /* for who polls iopt_cancelled to end in good order */

static volatile sig_atomic_t caught; /* the signal, or 0 */

int cli_exit_status(IoptStatus status)
{
    switch (status) {
    case IOPT_OK: return 0;
    case IOPT_NOT_FOUND:
    case IOPT_BAD_MODEL:
    case IOPT_BAD_DATA:
    case IOPT_UNSUPPORTED: return 1;
    case IOPT_INVALID_ARGUMENT: return 2;
    case IOPT_IO:
    case IOPT_NO_MEMORY: return 3;
    case IOPT_BOUND_MISSED: return 4;
    case IOPT_CANCELLED: return 128 + (caught ? caught : SIGINT);
    }
    return 3;
}

int cli_exit(IoptStatus status, const IoptError *err)
{
    if (status != IOPT_OK) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "%siopt: %s%s\n", cli_color(stderr, CLI_RED), err->text,
                      cli_color(stderr, CLI_PLAIN));
    }
    return cli_exit_status(status);
}

static void end_now(void)
{
    static const char text[] = "iopt: interrupted\n";

    iopt_output_abandon_all();
    const ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    _exit(128 + (caught ? caught : SIGINT));
}

static void on_signal(int number)
{
    const struct itimerval grace = { .it_value = { .tv_usec = GRACE_US } };

    if (number == SIGALRM || caught)
        end_now();
    caught = number;
    iopt_cancel();
    (void)setitimer(ITIMER_REAL, &grace, NULL);
}

void cli_install_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGALRM, &action, NULL);
    action.sa_handler = SIG_IGN;
    (void)sigaction(SIGPIPE, &action, NULL);
}
