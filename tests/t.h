/* The tests' own vocabulary: a test is a function with a name; lists of them run under cmocka. */
#ifndef IOPT_TESTS_T_H
#define IOPT_TESTS_T_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/status.h"

/* What a running test knows: its name, and an error struct to hand to the library. */
typedef struct Test {
    const char *name;
    IoptError err;
} Test;

typedef struct TestCase {
    const char *name;
    void (*run)(Test *t);
} TestCase;

#define TEST(function)      \
    {                       \
#function, function \
    }

/* Ends the running test as failed. */
_Noreturn void t_fail(Test *t, const char *file, int line, const char *format, ...)
    IOPT_PRINTF(4, 5);

#define T_FAIL(t, ...) t_fail(t, __FILE__, __LINE__, __VA_ARGS__)

#define T_CHECK(t, condition)                      \
    do {                                           \
        if (!(condition))                          \
            T_FAIL(t, "not true: %s", #condition); \
    } while (0)

/* A call that has to succeed; takes the text from t->err. */
#define T_OK(t, call)                                                                    \
    do {                                                                                 \
        const IoptStatus t_status_ = (call);                                             \
        if (t_status_ != IOPT_OK)                                                        \
            T_FAIL(t, "%s: %s (%s)", #call, (t)->err.text, iopt_status_text(t_status_)); \
    } while (0)

/* A call that has to fail with `want`, and with `text` in its message (t->err). */
#define T_FAILS(t, call, want, text)                                           \
    do {                                                                       \
        const IoptStatus t_status_ = (call);                                   \
        t_expect_failure(t, __FILE__, __LINE__, #call, t_status_, want, text); \
    } while (0)

void t_expect_failure(Test *t, const char *file, int line, const char *call, IoptStatus got,
                      IoptStatus want, const char *text);

#define T_SAME_INT(t, got, want) \
    t_same_int(t, __FILE__, __LINE__, #got, (long long)(got), (long long)(want))
#define T_SAME_TEXT(t, got, want) t_same_text(t, __FILE__, __LINE__, #got, got, want)
#define T_NEAR(t, got, want, tolerance) \
    t_near(t, __FILE__, __LINE__, #got, (double)(got), (double)(want), (double)(tolerance))

void t_same_int(Test *t, const char *file, int line, const char *what, long long got,
                long long want);
void t_same_text(Test *t, const char *file, int line, const char *what, const char *got,
                 const char *want);
void t_near(Test *t, const char *file, int line, const char *what, double got, double want,
            double tolerance);

/* Folder of committed test data, and of the shared goldens (NULL where they are absent). */
const char *t_data_dir(void);
const char *t_shared_dir(void);

/* A temporary folder of this test run; removed at the end. */
const char *t_temp_dir(void);

/* "DIR/NAME" in a buffer that lives until the 16th next call. */
const char *t_path(const char *directory, const char *name);

#endif
