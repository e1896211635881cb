/* Runs the listed tests under cmocka: `iopt_tests [PATTERN]`, where PATTERN has cmocka's * and ?
 * and is matched against "group.test". */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/memory.h"
#include "t.h"

#define TEST_GROUP(name) extern const TestCase tests_##name[];
#include "test_list.inc"
#undef TEST_GROUP

static const struct {
    const char *name;
    const TestCase *cases;
} groups[] = {
#define TEST_GROUP(name) { #name, tests_##name },
#include "test_list.inc"
#undef TEST_GROUP
};

static void run_case(void **state)
{
    const TestCase *const test = *state;
    Test t = { .name = test->name };

    test->run(&t);
}

int main(int argc, char **argv)
{
    void *tests = NULL;
    size_t count = 0, capacity = 0;
    IoptArena *names = NULL;

    if (iopt_arena_create(&names, NULL) != IOPT_OK)
        return 1;
    for (size_t g = 0; g < IOPT_COUNT(groups); g++)
        for (const TestCase *test = groups[g].cases; test->name; test++) {
            if (iopt_grow(&tests, &capacity, count + 1, sizeof(struct CMUnitTest), NULL) != IOPT_OK)
                return 1;
            ((struct CMUnitTest *)tests)[count++] = (struct CMUnitTest){
                .name = iopt_arena_printf(names, "%s.%s", groups[g].name, test->name),
                .test_func = run_case,
                .initial_state = (void *)(uintptr_t)test,
            };
        }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const int failed = _cmocka_run_group_tests("iopt", tests, count, NULL, NULL);
    free(tests);
    iopt_arena_destroy(names);
    return failed ? 1 : 0;
}
