/* Random small networks: the plan gives what the reference gives. */
#include <stdlib.h>

#include "engine/t_engine.h"
#include "t_random_graph.h"

enum { GRAPHS = 300 };

static void random_plans_are_right(Test *t)
{
    for (unsigned seed = 1; seed <= GRAPHS; seed++) {
        char *const text = t_random_graph(t, seed * 104729u);
        t_engine_check_once(t, text, 5e-5);
        free(text);
    }
}

const TestCase tests_random_plans[] = {
    TEST(random_plans_are_right),
    { 0 },
};
