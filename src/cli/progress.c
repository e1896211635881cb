/* The progress bar. */
#include "cli/progress.h"

#include <stdio.h>

#include "cli/terminal.h"
#include "platform/clock.h"

enum { BAR = 24, REDRAW_NS = 100000000 };

void cli_progress_begin(CliProgress *progress, const char *what, size_t total)
{
    *progress = (CliProgress){
        .what = what, .total = total, .start_ns = iopt_now_ns(), .visible = cli_shows_progress()
    };
}

/* "ETA 1:05", from the speed so far. */
static void format_eta(char *text, size_t size, double elapsed_s, double done, double total)
{
    const double left_s = elapsed_s * (total - done) / done;

    if (done <= 0 || left_s > 359999)
        (void)snprintf(text, size, "ETA -:--");
    else
        (void)snprintf(text, size, "ETA %d:%02d", (int)left_s / 60, (int)left_s % 60);
}

void cli_progress_update(CliProgress *progress, size_t done, const char *detail)
{
    char bar[BAR + 1], eta[32];
    const uint64_t now = iopt_now_ns();

    if (!progress->visible || (progress->shown_ns && now - progress->shown_ns < REDRAW_NS))
        return;
    progress->shown_ns = now;
    if (!detail)
        detail = "";
    if (progress->total == 0) {
        (void)fprintf(stderr, "\r%s %zu %s\033[K", progress->what, done, detail);
        return;
    }
    if (done > progress->total)
        done = progress->total;
    for (size_t i = 0; i < BAR; i++)
        bar[i] = i < done * BAR / progress->total ? '#' : '.';
    bar[BAR] = 0;
    format_eta(eta, sizeof eta, (double)(now - progress->start_ns) / 1e9, (double)done,
               (double)progress->total);
    (void)fprintf(stderr, "\r%s [%s] %zu/%zu  %s  %s\033[K", progress->what, bar, done,
                  progress->total, eta, detail);
    (void)fflush(stderr);
}

void cli_progress_end(CliProgress *progress)
{
    if (progress->visible && progress->shown_ns)
        (void)fputs("\r\033[K", stderr);
    progress->visible = false;
}
