/* Random small networks through the float recipe: the outputs stay, and a second run changes
 * nothing. */
#include <math.h>
#include <stdlib.h>

#include "passes/pipeline.h"
#include "t_graph.h"
#include "t_random_graph.h"

enum { GRAPHS = 60 };

static void compare(Test *t, unsigned seed, const IoptTensor *before, const IoptTensor *after)
{
    double largest = 0, difference = 0;

    T_SAME_TEXT(t, iopt_tensor_text(after).s, iopt_tensor_text(before).s);
    for (size_t i = 0; i < iopt_elems(before); i++) {
        const double want = (double)iopt_f32(before)[i], got = (double)iopt_f32(after)[i];
        largest = fmax(largest, fabs(want));
        difference = fmax(difference, fabs(got - want));
    }
    if (!(difference <= 3e-5 * largest + 1e-6))
        T_FAIL(t, "graph %u: outputs differ by %g of %g", seed, difference, largest);
}

/* *last is the pass that changed something last. */
static void optimize(Test *t, IoptGraph **g, size_t *changes, const char **last)
{
    const IoptRecipe *const recipe = iopt_recipe_find("float");
    const IoptPipelineOptions options = { 0 };
    IoptPassLog log = { 0 };

    *changes = 0;
    T_OK(t, iopt_recipe_run(g, recipe, &options, &log, &t->err));
    for (size_t i = 0; i < log.count; i++) {
        if (log.entries[i].outcome == IOPT_PASS_REVERTED)
            T_FAIL(t, "%s was reverted: %s", log.entries[i].pass, log.entries[i].note);
        *changes += log.entries[i].changes;
        *last = log.entries[i].changes ? log.entries[i].pass : *last;
    }
    iopt_pass_log_free(&log);
}

static void random_graphs_keep_their_outputs(Test *t)
{
    for (unsigned seed = 1; seed <= GRAPHS; seed++) {
        IoptTensor *before[2], *after[2];
        size_t changes;
        const char *last = "";
        char *const text = t_random_graph(t, seed * 7919u);
        IoptGraph *g = t_graph(t, text);
        t_eval(t, g, before);
        optimize(t, &g, &changes, &last);
        t_eval(t, g, after);
        for (size_t i = 0; i < 2; i++) {
            compare(t, seed, before[i], after[i]);
            iopt_tensor_destroy(before[i]);
            iopt_tensor_destroy(after[i]);
        }
        optimize(t, &g, &changes, &last);
        if (changes)
            T_FAIL(t, "graph %u: a second run finds %zu things to do (%s)", seed, changes, last);
        iopt_graph_destroy(g);
        free(text);
    }
}

const TestCase tests_random_graphs[] = {
    TEST(random_graphs_keep_their_outputs),
    { 0 },
};
