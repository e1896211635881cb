/* Monotonic time; resident memory from /proc, with getrusage behind it. */
#include "platform/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

uint64_t iopt_now_ns(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static size_t status_kb(const char *key)
{
    char line[256];
    unsigned long kb = 0;
    FILE *const file = fopen("/proc/self/status", "r");

    if (!file)
        return 0;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), " %lu", &kb) == 1)
            break;
    (void)fclose(file);
    return (size_t)kb;
}

size_t iopt_peak_rss_bytes(void)
{
    struct rusage usage;
    const size_t kb = status_kb("VmHWM:");

    if (kb)
        return kb * 1024;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (size_t)usage.ru_maxrss * 1024 : 0;
}

size_t iopt_current_rss_bytes(void)
{
    return status_kb("VmRSS:") * 1024;
}

int iopt_peak_rss_reset(void)
{
    FILE *const file = fopen("/proc/self/clear_refs", "w");

    if (!file)
        return 0;
    const int written = fputs("5", file) >= 0;
    return fclose(file) == 0 && written;
}
