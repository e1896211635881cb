/* Every op against TensorFlow's own results: the committed selection, and all of the shared ones
 * where they are.  IOPT_GOLDEN=Conv2D (or Conv2D/s12, or 'Conv*') runs these alone and prints the
 * counts of every op. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ops/op.h"
#include "platform/file.h"
#include "t.h"
#include "t_golden.h"

typedef struct Count {
    size_t passed, failed, not_binding, missing;
} Count;

static bool is_chosen(const char *op, const char *name)
{
    const char *const filter = getenv("IOPT_GOLDEN");
    char both[512];

    (void)snprintf(both, sizeof both, "%s/%s", op, name);
    return !filter || fnmatch(filter, op, 0) == 0 || fnmatch(filter, both, 0) == 0;
}

static void run_case(const char *folder, const char *op, const char *name, Count *count,
                     IoptText *missing)
{
    char path[1024], word[80];
    TGoldenResult result = { 0 };

    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, op, name);
    t_golden_run(path, &result);
    switch (result.outcome) {
    case T_GOLDEN_PASSED: count->passed++; break;
    case T_GOLDEN_FREE: count->not_binding++; break;
    case T_GOLDEN_FAILED:
        count->failed++;
        printf("golden %s/%s: %s\n", op, name, result.text);
        break;
    case T_GOLDEN_MISSING:
        count->missing++;
        (void)snprintf(word, sizeof word, " %.70s", result.text);
        if (!missing->s || !strstr(missing->s, word))
            iopt_text_append(missing, word, strlen(word));
        break;
    }
}

/* Adds the cases of one op to the total. */
static void run_op(Test *t, const char *folder, const char *op, Count *total, IoptText *missing)
{
    Count count = { 0 };
    char path[1024], **names;
    size_t n;

    (void)snprintf(path, sizeof path, "%s/%s", folder, op);
    if (iopt_path_kind(path) != IOPT_PATH_DIRECTORY)
        return;
    T_OK(t, iopt_directory_list(path, &names, &n, &t->err));
    for (size_t i = 0; i < n; i++)
        if (is_chosen(op, names[i]))
            run_case(folder, op, names[i], &count, missing);
    iopt_names_free(names, n);
    if (getenv("IOPT_GOLDEN") && count.passed + count.failed + count.not_binding + count.missing)
        printf("%-30s %3zu passed, %zu failed, %zu not binding, %zu need other ops\n", op,
               count.passed, count.failed, count.not_binding, count.missing);
    total->passed += count.passed;
    total->failed += count.failed;
    total->not_binding += count.not_binding;
    total->missing += count.missing;
}

static Count run_all(Test *t, const char *folder)
{
    IoptText missing = { 0 };
    Count total = { 0 };
    char **ops;
    size_t n;

    T_OK(t, iopt_directory_list(folder, &ops, &n, &t->err));
    for (size_t i = 0; i < n; i++)
        run_op(t, folder, ops[i], &total, &missing);
    iopt_names_free(ops, n);
    printf(
        "golden: %zu passed, %zu failed, %zu not binding, %zu need ops that we do not have%s%s\n",
        total.passed, total.failed, total.not_binding, total.missing, missing.s ? ":" : "",
        missing.s ? missing.s : "");
    iopt_text_free(&missing);
    return total;
}

static void committed_cases_pass(Test *t)
{
    const Count total = run_all(t, t_path(t_data_dir(), "ops"));

    T_SAME_INT(t, total.failed, 0);
    T_SAME_INT(t, total.missing, 0);
}

static void shared_cases_pass(Test *t)
{
    if (!t_shared_dir())
        return;
    const Count total = run_all(t, t_path(t_shared_dir(), "golden/ops"));
    T_SAME_INT(t, total.failed, 0);
}

const TestCase tests_golden_ops[] = {
    TEST(committed_cases_pass),
    TEST(shared_cases_pass),
    { 0 },
};
