/* What a check says: the case it is in, what failed, how fast it was. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kc_operands.h"
#include "platform/clock.h"

enum {
    FAILURES_SHOWN = 10, /* of one variant; the others are only counted */
    /* A round of calls takes at least this long; many short ones, so that some are undisturbed. */
    ROUND_NS = 3 * 1000000,
    ROUNDS = 25
};

void kc_case(KCheck *k, const char *format, ...)
{
    va_list args;

    kc_release(k);
    va_start(args, format);
    vsnprintf(k->label, sizeof k->label, format, args);
    va_end(args);
}

void kc_fail(KCheck *k, const char *format, ...)
{
    va_list args;

    k->failures++;
    if (k->failures > FAILURES_SHOWN)
        return;
    printf("%s_%s, %s: ", k->kernel->name, k->variant->name, k->label);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    if (k->failures == FAILURES_SHOWN)
        printf("%s_%s: further failures are not shown\n", k->kernel->name, k->variant->name);
}

void kc_same_f32(KCheck *k, const char *what, const float *got, const float *want, size_t count)
{
    size_t wrong = 0, first = 0;

    for (size_t i = 0; i < count; i++) {
        if ((isnan(got[i]) && isnan(want[i])) || memcmp(&got[i], &want[i], sizeof *got) == 0)
            continue;
        if (wrong++ == 0)
            first = i;
    }
    if (wrong)
        kc_fail(k, "%s[%zu]: want %.9g, got %.9g; %zu of %zu differ", what, first,
                (double)want[first], (double)got[first], wrong, count);
}

static bool is_near(double got, double want, double bound)
{
    if (isnan(want) || isnan(got))
        return isnan(want) && isnan(got);
    if (isinf(want) || isinf(got))
        return got == want;
    return fabs(got - want) <= bound;
}

void kc_near_f32(KCheck *k, const char *what, const float *got, const float *want,
                 const double *bound, double tiny, size_t count)
{
    size_t wrong = 0, first = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_near((double)got[i], (double)want[i], tiny + (bound ? bound[i] : 0)))
            continue;
        if (wrong++ == 0)
            first = i;
    }
    if (wrong)
        kc_fail(k, "%s[%zu]: want %.9g +- %.3g, got %.9g; %zu of %zu differ", what, first,
                (double)want[first], tiny + (bound ? bound[first] : 0), (double)got[first], wrong,
                count);
}

void kc_bench_begin(KCheck *k)
{
    memset(&k->timer, 0, sizeof k->timer);
}

/* Ends a round, and prints after the last one; false then.  A round too short to be timed does
 * not count: the next has more calls. */
static bool next_round(KCheck *k, double work, const char *unit)
{
    const uint64_t now_ns = iopt_now_ns(), took_ns = now_ns - k->timer.start_ns;

    if (k->timer.calls == 0)
        k->timer.calls = 1;
    else if (took_ns < ROUND_NS)
        k->timer.calls *= took_ns < ROUND_NS / 16 ? 8 : 2;
    else {
        const uint64_t call_ns = took_ns / k->timer.calls;
        if (k->timer.rounds == 0 || call_ns < k->timer.best_ns)
            k->timer.best_ns = call_ns;
        k->timer.rounds++;
    }
    if (k->timer.rounds == ROUNDS) {
        const double ns = (double)(k->timer.best_ns ? k->timer.best_ns : 1);
        char name[64];
        snprintf(name, sizeof name, "%s_%s", k->kernel->name, k->variant->name);
        printf("%-22s %-44s %9.2f us %8.2f %s\n", name, k->label, ns * 1e-3, work / ns, unit);
        return false;
    }
    k->timer.left = k->timer.calls;
    k->timer.start_ns = iopt_now_ns();
    return true;
}

bool kc_bench_more(KCheck *k, double work, const char *unit)
{
    if (!k->bench)
        return false;
    if (k->timer.left == 0 && !next_round(k, work, unit))
        return false;
    k->timer.left--;
    return true;
}
