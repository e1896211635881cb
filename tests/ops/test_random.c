/* Random ops: within their bounds, spread as they promise, and the same again for the same seeds.
 */
#include <math.h>
#include <stdio.h>

#include "t_graph.h"

static IoptTensor *draw(Test *t, const char *op_and_attrs)
{
    char text[256];
    IoptTensor *out;

    (void)snprintf(text, sizeof text, "s = Const(100 100) : i32[2]\ny = %s\nreturn y\n",
                   op_and_attrs);
    IoptGraph *const graph = t_graph(t, text);
    t_eval(t, graph, &out);
    iopt_graph_destroy(graph);
    return out;
}

static void check_moments(Test *t, const IoptTensor *x, double limit, double mean, double deviation)
{
    const size_t n = iopt_elems(x);
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++) {
        const double value = (double)iopt_f32(x)[i];
        T_CHECK(t, value >= -limit && value <= limit);
        sum += value;
        squares += (value - mean) * (value - mean);
    }
    T_NEAR(t, sum / (double)n, mean, 0.05);
    T_NEAR(t, sqrt(squares / (double)n), deviation, 0.05);
}

static void uniform_fills_the_unit_interval(Test *t)
{
    IoptTensor *const x = draw(t, "RandomUniform(s) dtype=f32 seed=1 seed2=2 T=i32");

    check_moments(t, x, 1.0, 0.5, 0.2887);
    for (size_t i = 0; i < iopt_elems(x); i++)
        T_CHECK(t, iopt_f32(x)[i] >= 0.0f && iopt_f32(x)[i] < 1.0f);
    iopt_tensor_destroy(x);
}

static void normals_have_their_deviation(Test *t)
{
    IoptTensor *x = draw(t, "RandomStandardNormal(s) dtype=f32 seed=1 T=i32");

    check_moments(t, x, 9.0, 0, 1.0);
    iopt_tensor_destroy(x);
    x = draw(t, "TruncatedNormal(s) dtype=f32 seed=1 T=i32");
    check_moments(t, x, 2.0, 0, 0.8796);
    iopt_tensor_destroy(x);
}

static void seeds_decide(Test *t)
{
    IoptTensor *const a = draw(t, "RandomUniform(s) dtype=f32 seed=7 T=i32");
    IoptTensor *const b = draw(t, "RandomUniform(s) dtype=f32 seed=7 T=i32");
    IoptTensor *const c = draw(t, "RandomUniform(s) dtype=f32 seed=8 T=i32");

    T_CHECK(t, iopt_tensor_equal(a, b));
    T_CHECK(t, !iopt_tensor_equal(a, c));
    iopt_tensor_destroy(a);
    iopt_tensor_destroy(b);
    iopt_tensor_destroy(c);
}

const TestCase tests_random[] = {
    TEST(uniform_fills_the_unit_interval),
    TEST(normals_have_their_deviation),
    TEST(seeds_decide),
    { 0 },
};
