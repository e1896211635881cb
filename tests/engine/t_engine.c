/* Running graphs through the engine. */
#include "t_engine.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "t_graph.h"

enum { MOST = 64 };

/* Inputs, outputs and their shapes, as a caller would state them. */
static IoptStatus choose(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                         const IoptValue *wanted, size_t n_wanted, IoptInputShape *shapes,
                         char (*names)[512], IoptError *err)
{
    IoptValue fed[MOST];

    if (n_feeds > MOST)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "more than %d inputs", MOST);
    for (size_t i = 0; i < n_feeds; i++) {
        fed[i] = feeds[i].value;
        (void)snprintf(names[i], sizeof names[i], "%s:%d", fed[i].node->name, fed[i].port);
        shapes[i] = (IoptInputShape){ names[i], feeds[i].tensor->shape };
    }
    IOPT_TRY(iopt_graph_set_inputs(graph, fed, n_feeds, err));
    return iopt_graph_set_outputs(graph, wanted, n_wanted, err);
}

static IoptStatus run_plan(const IoptPlan *plan, const TFeed *feeds, size_t n_feeds,
                           IoptTensor **out, IoptError *err)
{
    const IoptTensor *in[MOST];
    IoptRun *run;

    for (size_t i = 0; i < n_feeds; i++)
        in[i] = feeds[i].tensor;
    IOPT_TRY(iopt_run_create(plan, &run, err));
    const IoptStatus status = iopt_run_new(run, in, out, err);
    iopt_run_destroy(run);
    return status;
}

IoptStatus t_engine_run(IoptGraph *graph, const IoptPlanOptions *options, const TFeed *feeds,
                        size_t n_feeds, const IoptValue *wanted, size_t n_wanted, IoptTensor **out,
                        IoptError *err)
{
    static char names[MOST][512];
    IoptInputShape shapes[MOST];
    IoptPlanOptions with_shapes = *options;
    IoptPlan *plan;

    IOPT_TRY(choose(graph, feeds, n_feeds, wanted, n_wanted, shapes, names, err));
    with_shapes.shapes = shapes;
    with_shapes.n_shapes = n_feeds;
    IOPT_TRY(iopt_plan_create(graph, &with_shapes, &plan, err));
    const IoptStatus status = run_plan(plan, feeds, n_feeds, out, err);
    iopt_plan_destroy(plan);
    return status;
}

IoptStatus t_engine_fast(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                         const IoptValue *wanted, size_t n_wanted, IoptTensor **out, IoptError *err)
{
    const IoptPlanOptions options = { .threads = 1 };

    return t_engine_run(graph, &options, feeds, n_feeds, wanted, n_wanted, out, err);
}

/* --- plan against reference ---------------------------------------------------------------- */

typedef struct Results {
    size_t n;
    IoptTensor *tensor[MOST];
} Results;

static void free_results(Results *r)
{
    for (size_t i = 0; i < r->n; i++)
        iopt_tensor_destroy(r->tensor[i]);
    r->n = 0;
}

static Results run_seeded(Test *t, const IoptPlan *plan)
{
    const size_t n_in = iopt_plan_inputs(plan);
    Results out = { .n = iopt_plan_outputs(plan) };
    IoptTensor *in[MOST];
    const IoptTensor *borrowed[MOST];
    IoptRun *run;

    for (size_t i = 0; i < n_in; i++)
        borrowed[i] = in[i] = t_random(t, iopt_plan_input(plan, i)->dtype,
                                       &iopt_plan_input(plan, i)->shape, (unsigned)i + 1);
    T_OK(t, iopt_run_create(plan, &run, &t->err));
    T_OK(t, iopt_run_new(run, borrowed, out.tensor, &t->err));
    /* Once more over what the first run left behind in the slab. */
    T_OK(t, iopt_run(run, borrowed, out.tensor, &t->err));
    iopt_run_destroy(run);
    for (size_t i = 0; i < n_in; i++)
        iopt_tensor_destroy(in[i]);
    return out;
}

static void expect_near(Test *t, const Results *got, const Results *want, double tolerance,
                        const char *cpu)
{
    for (size_t i = 0; i < want->n; i++) {
        const IoptTensor *const a = got->tensor[i], *const b = want->tensor[i];
        double largest = 1, worst = 0;
        T_SAME_TEXT(t, iopt_tensor_text(a).s, iopt_tensor_text(b).s);
        for (size_t k = 0; k < iopt_elems(b); k++) {
            const double x = iopt_tensor_get_f64(a, k), y = iopt_tensor_get_f64(b, k);
            largest = fmax(largest, fabs(y));
            worst = x == y || (isnan(x) && isnan(y)) ? worst : fmax(worst, fabs(x - y));
            if (isnan(x) != isnan(y))
                T_FAIL(t, "output %zu, element %zu, %s: want %g, got %g", i, k, cpu, y, x);
        }
        if (worst > tolerance * largest)
            T_FAIL(t, "output %zu, %s: differs by %g, the largest is %g", i, cpu, worst, largest);
    }
}

/* `tolerance` negative: the same bits. */
static void expect_results(Test *t, const Results *got, const Results *want, double tolerance,
                           const char *cpu)
{
    if (tolerance >= 0)
        expect_near(t, got, want, tolerance, cpu);
    for (size_t i = 0; tolerance < 0 && i < want->n; i++)
        if (!iopt_tensor_equal(got->tensor[i], want->tensor[i]))
            T_FAIL(t, "output %zu has other bits with %s", i, cpu);
}

static void expect_same_bits(Test *t, const Results *got, const Results *want, size_t threads)
{
    for (size_t i = 0; i < want->n; i++)
        if (!iopt_tensor_equal(got->tensor[i], want->tensor[i]))
            T_FAIL(t, "output %zu has other bits with %zu threads", i, threads);
}

static void expect_steps(Test *t, const IoptPlan *plan, const char *want)
{
    IoptText text = { 0 };

    for (size_t i = 0; i < iopt_plan_steps(plan); i++)
        iopt_text_printf(&text, "%s%s", i ? ", " : "", iopt_plan_step(plan, i).op);
    T_SAME_TEXT(t, text.s ? text.s : "", want);
    iopt_text_free(&text);
}

static void check_cpu(Test *t, const IoptGraph *graph, const char *cpu, const char *steps,
                      double tolerance, const Results *want)
{
    static const size_t threads[] = { 1, 3, 2, 5 };
    const size_t count = strcmp(cpu, "c") == 0 ? 2 : IOPT_COUNT(threads);
    Results first = { 0 };

    for (size_t i = 0; i < count; i++) {
        const IoptPlanOptions options = { .threads = threads[i], .cpu = cpu };
        IoptPlan *plan;
        T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
        if (steps)
            expect_steps(t, plan, steps);
        Results got = run_seeded(t, plan);
        iopt_plan_destroy(plan);
        if (i == 0) {
            expect_results(t, &got, want, tolerance, cpu);
            first = got;
        } else {
            expect_same_bits(t, &got, &first, threads[i]);
            free_results(&got);
        }
    }
    free_results(&first);
}

static Results run_graph(Test *t, const IoptGraph *graph, IoptEngine engine)
{
    const IoptPlanOptions options = { .engine = engine, .threads = 1 };
    IoptPlan *plan;

    T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
    const Results results = run_seeded(t, plan);
    iopt_plan_destroy(plan);
    return results;
}

static void check(Test *t, const char *text, const char *steps, double tolerance)
{
    static const char *const cpus[] = { "c", "avx2", "avx512vnni" };
    IoptGraph *graph = t_graph(t, text);
    Results want = run_graph(t, graph, IOPT_ENGINE_REFERENCE);

    for (size_t i = 0; i < IOPT_COUNT(cpus); i++)
        check_cpu(t, graph, cpus[i], steps, tolerance, &want);
    free_results(&want);
    iopt_graph_destroy(graph);
}

void t_engine_check(Test *t, const char *text, const char *steps)
{
    check(t, text, steps, 1e-5);
}

void t_engine_check_bits(Test *t, const char *text, const char *steps)
{
    check(t, text, steps, -1);
}

void t_engine_check_once(Test *t, const char *text, double tolerance)
{
    IoptGraph *graph = t_graph(t, text);
    Results want = run_graph(t, graph, IOPT_ENGINE_REFERENCE);
    Results got = run_graph(t, graph, IOPT_ENGINE_FAST);

    expect_near(t, &got, &want, tolerance, "the best CPU");
    free_results(&got);
    free_results(&want);
    iopt_graph_destroy(graph);
}
