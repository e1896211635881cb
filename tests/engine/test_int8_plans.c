/* Random quantized networks: the plan gives the bits of the integer ops' plain-C results. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/prepare.h"
#include "engine/t_engine.h"
#include "platform/cpu.h"
#include "t_graph.h"
#include "t_random_int8.h"

enum { GRAPHS = 150, MOST_OUT = 4 };

/* Node by node on the graph that the recognizer makes. */
static void run_reference(Test *t, const IoptGraph *graph, const IoptTensor *x, IoptTensor **out)
{
    const IoptPlanOptions options = { 0 };
    const char **names;
    IoptPlanInt8 int8;
    IoptGraph *prepared;

    T_OK(t, iopt_prepare(graph, &options, &prepared, &names, &int8, &t->err));
    const TFeed feed = { prepared->inputs[0], x };
    T_OK(t, t_interpret(prepared, &feed, 1, prepared->outputs, prepared->n_outputs, out, &t->err));
    iopt_graph_destroy(prepared);
}

static void check_plan(Test *t, const IoptGraph *graph, const IoptPlanOptions *options,
                       const IoptTensor *x, IoptTensor *const *want, unsigned seed)
{
    IoptTensor *got[MOST_OUT];
    IoptPlan *plan;
    IoptRun *run;

    T_OK(t, iopt_plan_create(graph, options, &plan, &t->err));
    T_OK(t, iopt_run_create(plan, &run, &t->err));
    T_OK(t, iopt_run_new(run, &x, got, &t->err));
    T_OK(t, iopt_run(run, &x, got, &t->err)); /* over what the first run left behind */
    for (size_t i = 0; i < graph->n_outputs; i++) {
        if (!iopt_tensor_equal(got[i], want[i]))
            T_FAIL(t, "seed %u: output %zu has other bits with %s, %zu threads", seed, i,
                   options->cpu, options->threads);
        iopt_tensor_destroy(got[i]);
    }
    iopt_run_destroy(run);
    iopt_plan_destroy(plan);
}

static IoptTensor *random_image(Test *t, int batch, unsigned seed)
{
    const IoptShape shape = iopt_shape(4, (const int64_t[]){ batch, 7, 7, 3 });

    return t_random(t, IOPT_F32, &shape, seed);
}

static void check_seed(Test *t, unsigned seed, int batch)
{
    static const char *const cpus[] = { "c", "avx2", "avxvnni", "avx512", "avx512vnni" };
    char *const text = t_random_int8(t, seed, batch, false);
    IoptGraph *graph = t_graph(t, text);
    IoptTensor *want[MOST_OUT];
    const IoptShape shape = iopt_shape(4, (const int64_t[]){ batch, 7, 7, 3 });
    IoptTensor *const x = t_random(t, IOPT_F32, &shape, seed);

    run_reference(t, graph, x, want);
    for (size_t i = 0; i < IOPT_COUNT(cpus); i++) {
        const IoptPlanOptions options = { .threads = 1 + (seed + i) % 3, .cpu = cpus[i] };
        check_plan(t, graph, &options, x, want, seed);
    }
    for (size_t i = 0; i < graph->n_outputs; i++)
        iopt_tensor_destroy(want[i]);
    iopt_tensor_destroy(x);
    iopt_graph_destroy(graph);
    free(text);
}

/* Mean difference of two outputs, relative to the mean size of the second. */
static double mean_difference(IoptTensor *const *a, IoptTensor *const *b, size_t count)
{
    double sum = 0, size = 1e-3;

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < iopt_elems(b[i]); k++) {
            sum += fabs(iopt_tensor_get_f64(a[i], k) - iopt_tensor_get_f64(b[i], k));
            size += fabs(iopt_tensor_get_f64(b[i], k));
        }
    return sum / size;
}

/* The same graph in integers and as it stands in the file. */
static double distance_from_floats(Test *t, unsigned seed, bool floats, size_t *layers)
{
    char *const text = t_random_int8(t, seed, 1, floats);
    IoptGraph *graph = t_graph(t, text);
    IoptTensor *got[2][MOST_OUT], *const x = random_image(t, 1, seed);

    for (int i = 0; i < 2; i++) {
        const IoptPlanOptions options = { .threads = 1, .no_integers = i == 1 };
        IoptPlan *plan;
        IoptRun *run;
        T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
        T_OK(t, iopt_run_create(plan, &run, &t->err));
        T_OK(t, iopt_run_new(run, (const IoptTensor *const *)&x, got[i], &t->err));
        if (i == 0)
            *layers += iopt_plan_int8(plan).layers;
        else
            T_SAME_INT(t, iopt_plan_int8(plan).layers, 0);
        iopt_run_destroy(run);
        iopt_plan_destroy(plan);
    }
    const double distance = mean_difference(got[0], got[1], graph->n_outputs);
    for (size_t i = 0; i < 2 * graph->n_outputs; i++)
        iopt_tensor_destroy(got[i % 2][i / 2]);
    iopt_tensor_destroy(x);
    iopt_graph_destroy(graph);
    free(text);
    return distance;
}

/* Ties and the order of sums make single steps of difference, that a deep net carries on. */
static void integers_mean_what_floats_mean(Test *t)
{
    size_t layers = 0, near = 0;

    for (unsigned seed = 1; seed <= GRAPHS; seed++) {
        const double distance = distance_from_floats(t, seed * 7919u, seed % 2, &layers);
        near += distance < 0.01;
        if (distance > 0.3)
            T_FAIL(t, "seed %u: the mean difference is %.3f of the values", seed, distance);
    }
    T_CHECK(t, near > GRAPHS * 9 / 10);
    T_CHECK(t, layers > GRAPHS * 3);
}

static void random_plans_give_the_integer_meaning(Test *t)
{
    for (unsigned seed = 1; seed <= GRAPHS; seed++)
        check_seed(t, seed * 104729u, 1 + (int)(seed % 3));
}

/* Wide enough for winograd_s8, with a residual and an output with gaps. */
static const char wide_net[] =
    "x = Placeholder() : f32[2,22,21,64]\n"
    "q = FakeQuantWithMinMaxArgs(x) num_bits=8 min=-1 max=1.5\n"
    "k = Const(random 1) : f32[3,3,64,72]\n"
    "w = FakeQuantWithMinMaxArgs(k) num_bits=8 min=-1 max=1 narrow_range=true\n"
    "l = Conv2D(q, w) strides=[1,1,1,1] padding=SAME\n"
    "r = Relu(l)\n"
    "y = FakeQuantWithMinMaxArgs(r) num_bits=8 min=0 max=20\n"
    "K = Const(random 2) : f32[3,3,72,72]\n"
    "W = FakeQuantWithMinMaxArgs(K) num_bits=8 min=-1 max=1 narrow_range=true\n"
    "L = Conv2D(y, W) strides=[1,1,1,1] padding=SAME\n"
    "a = Add(L, y)\n"
    "Y = FakeQuantWithMinMaxArgs(a) num_bits=8 min=-60 max=60\n"
    "i = Const(3) : i32[]\n"
    "c = ConcatV2(y, Y, i) N=2\n"
    "return c\n";

/* Steps of the plan that are computed by this kernel. */
static size_t steps_by(Test *t, const IoptGraph *graph, const IoptPlanOptions *options,
                       const char *kernel)
{
    IoptPlan *plan;
    size_t steps = 0;

    T_OK(t, iopt_plan_create(graph, options, &plan, &t->err));
    for (size_t i = 0; i < iopt_plan_steps(plan); i++)
        steps += strncmp(iopt_plan_step(plan, i).kernel, kernel, strlen(kernel)) == 0;
    iopt_plan_destroy(plan);
    return steps;
}

static void wide_plans_give_the_integer_meaning(Test *t)
{
    static const char *const cpus[] = { "c", "avx2", "avxvnni", "avx512", "avx512vnni" };
    const IoptShape shape = iopt_shape(4, (const int64_t[]){ 2, 22, 21, 64 });
    IoptTensor *want[MOST_OUT], *const x = t_random(t, IOPT_F32, &shape, 5);
    IoptGraph *graph = t_graph(t, wide_net);

    run_reference(t, graph, x, want);
    for (size_t i = 0; i < IOPT_COUNT(cpus); i++) {
        const IoptPlanOptions options = { .threads = 1 + i % 3, .cpu = cpus[i] };
        check_plan(t, graph, &options, x, want, 0);
        T_SAME_INT(t,
                   steps_by(t, graph, &options, "winograd_s8") +
                       steps_by(t, graph, &options, "gemm_s8"),
                   2);
    }
    const IoptPlanOptions fastest = { .threads = 1 };
    if (iopt_cpu_flags() & IOPT_CPU_AVX2)
        T_SAME_INT(t, steps_by(t, graph, &fastest, "winograd_s8"), 2);
    iopt_tensor_destroy(want[0]);
    iopt_tensor_destroy(x);
    iopt_graph_destroy(graph);
}

const TestCase tests_int8_plans[] = {
    TEST(integers_mean_what_floats_mean),
    TEST(random_plans_give_the_integer_meaning),
    TEST(wide_plans_give_the_integer_meaning),
    { 0 },
};
