/* Failing, comparing, and the folders that tests use. */
#include "t.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

void t_fail(Test *t, const char *file, int line, const char *format, ...)
{
    char text[2048];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_error("%s: %s\n", t->name, text);
    _fail(file, line);
    abort(); /* not reached: _fail jumps */
}

void t_expect_failure(Test *t, const char *file, int line, const char *call, IoptStatus got,
                      IoptStatus want, const char *text)
{
    if (got != want)
        t_fail(t, file, line, "%s: want '%s', got '%s' (%s)", call, iopt_status_text(want),
               iopt_status_text(got), got == IOPT_OK ? "" : t->err.text);
    if (!strstr(t->err.text, text))
        t_fail(t, file, line, "%s: want '%s' in the message, got: %s", call, text, t->err.text);
}

void t_same_int(Test *t, const char *file, int line, const char *what, long long got,
                long long want)
{
    if (got != want)
        t_fail(t, file, line, "%s: want %lld, got %lld", what, want, got);
}

void t_same_text(Test *t, const char *file, int line, const char *what, const char *got,
                 const char *want)
{
    if (!got || strcmp(got, want) != 0)
        t_fail(t, file, line, "%s: want \"%s\", got \"%s\"", what, want, got ? got : "(null)");
}

void t_near(Test *t, const char *file, int line, const char *what, double got, double want,
            double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        t_fail(t, file, line, "%s: want %.9g within %.3g, got %.9g", what, want, tolerance, got);
}

const char *t_data_dir(void)
{
    return IOPT_TEST_DATA;
}

const char *t_shared_dir(void)
{
    const char *const dir = getenv("IOPT_SHARED") ? getenv("IOPT_SHARED") : IOPT_TEST_SHARED;
    struct stat info;

    return stat(t_path(dir, "golden"), &info) == 0 ? dir : NULL;
}

static char temp_dir[64];

static void remove_temp_dir(void)
{
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", temp_dir);
    if (system(command) != 0)
        (void)fprintf(stderr, "cannot remove %s\n", temp_dir);
}

const char *t_temp_dir(void)
{
    if (!temp_dir[0]) {
        strcpy(temp_dir, "/tmp/iopt-test-XXXXXX");
        if (!mkdtemp(temp_dir))
            abort();
        (void)atexit(remove_temp_dir);
    }
    return temp_dir;
}

const char *t_path(const char *directory, const char *name)
{
    static char paths[16][1024];
    static size_t next;
    char *const path = paths[next++ % 16];

    (void)snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}
