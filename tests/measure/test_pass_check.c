/* The comparison of a graph before and after a pass. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "iopt/iopt.h"
#include "measure/pass_check.h"
#include "t_graph.h"

typedef struct Check {
    IoptStatus status;
    double difference, total;
    char why[256];
} Check;

static Check check(Test *t, const char *before_text, const char *after_text,
                   IoptExactness exactness)
{
    IoptGraph *const before = t_graph(t, before_text), *const after = t_graph(t, after_text);
    IoptPassChecker *checker;
    Check result = { 0 };

    /* t_graph feeds every placeholder; here it is x alone. */
    T_OK(t, iopt_graph_set_inputs(before, before->inputs, 1, &t->err));
    T_OK(t, iopt_graph_set_inputs(after, after->inputs, 1, &t->err));
    T_OK(t, iopt_pass_checker_create(1, 1, &checker, &t->err));
    result.status = iopt_pass_check(checker, before, after, exactness, &result.difference,
                                    result.why, sizeof result.why, &t->err);
    result.total = iopt_pass_checker_total(checker);
    iopt_pass_checker_destroy(checker);
    iopt_graph_destroy(before);
    iopt_graph_destroy(after);
    return result;
}

static const char halved[] = "x = Placeholder() : f32[?,8]\n"
                             "c = Const(0.5) : f32[]\n"
                             "y = Mul(x, c)\n"
                             "return y\n";

static void equal_graphs_agree(Test *t)
{
    const Check c = check(t, halved,
                          "x = Placeholder() : f32[?,8]\n"
                          "c = Const(2) : f32[]\n"
                          "y = RealDiv(x, c)\n"
                          "return y\n",
                          IOPT_SAME_BITS);
    T_SAME_INT(t, c.status, IOPT_OK);
    T_NEAR(t, c.difference, 0, 0);
    T_NEAR(t, c.total, 0, 0);
}

static void a_wrong_rewrite_is_found(Test *t)
{
    const char *const wrong = "x = Placeholder() : f32[?,8]\n"
                              "c = Const(0.5001) : f32[]\n"
                              "y = Mul(x, c)\n"
                              "return y\n";

    Check c = check(t, halved, wrong, IOPT_ROUNDING);
    T_SAME_INT(t, c.status, IOPT_BOUND_MISSED);
    T_NEAR(t, c.difference, 2e-4, 1e-5);
    c = check(t, halved, wrong, IOPT_LOSSY);
    T_SAME_INT(t, c.status, IOPT_OK);
}

static void other_shapes_and_nans_are_found(Test *t)
{
    Check c = check(t, halved,
                    "x = Placeholder() : f32[?,8]\n"
                    "c = Const(0.5) : f32[8]\n"
                    "m = Mul(x, c)\n"
                    "a = Const(0) : i32[]\n"
                    "y = ExpandDims(m, a)\n"
                    "return y\n",
                    IOPT_ROUNDING);
    T_SAME_INT(t, c.status, IOPT_BOUND_MISSED);
    c = check(t, halved,
              "x = Placeholder() : f32[?,8]\n"
              "z = Sub(x, x)\n"
              "y = RealDiv(z, z)\n"
              "return y\n",
              IOPT_LOSSY);
    T_SAME_INT(t, c.status, IOPT_BOUND_MISSED);
    T_CHECK(t, strstr(t->err.text, "nan") != NULL);
}

/* What cannot be compared is told, and is no fault of the pass. */
static void random_and_unknown_ops_are_not_compared(Test *t)
{
    const char *const random = "x = Placeholder() : f32[2,8]\n"
                               "n = Const(2 8) : i32[2]\n"
                               "r = RandomUniform(n) dtype=f32\n"
                               "y = Add(x, r)\n"
                               "return y\n";
    const char *const unknown = "x = Placeholder() : f32[2,8]\n"
                                "y = Frobnicate(x)\n"
                                "return y\n";

    Check c = check(t, random, random, IOPT_SAME_BITS);
    T_SAME_INT(t, c.status, IOPT_OK);
    T_CHECK(t, isnan(c.difference) && strstr(c.why, "random") != NULL);
    c = check(t, unknown, unknown, IOPT_SAME_BITS);
    T_SAME_INT(t, c.status, IOPT_OK);
    T_CHECK(t, isnan(c.difference) && strstr(c.why, "Frobnicate") != NULL);
}

/* A graph that ran and does not run any more was broken by the pass. */
static void a_graph_that_stops_running_is_found(Test *t)
{
    const Check c = check(t, halved,
                          "x = Placeholder() : f32[?,8]\n"
                          "y = Frobnicate(x)\n"
                          "return y\n",
                          IOPT_SAME_BITS);
    T_SAME_INT(t, c.status, IOPT_BOUND_MISSED);
    T_CHECK(t, strstr(t->err.text, "does not run") != NULL);
}

static void training_flags_need_not_be_set(Test *t)
{
    const char *const flagged = "x = Placeholder() : f32[?,8]\n"
                                "is_training = Placeholder() : b[]\n"
                                "s = Switch(x, is_training)\n"
                                "a = Neg(s:1)\n"
                                "b = Abs(s)\n"
                                "y = Merge(b, a)\n"
                                "return y\n";
    const Check c = check(t, flagged,
                          "x = Placeholder() : f32[?,8]\n"
                          "y = Abs(x)\n"
                          "return y\n",
                          IOPT_SAME_BITS);
    T_SAME_INT(t, c.status, IOPT_OK);
    T_NEAR(t, c.difference, 0, 0);
}

/* Errors grow with the number of roundings, not faster than their root. */
static void bound_follows_the_sums(Test *t)
{
    IoptGraph *const small = t_graph(t, halved);
    IoptGraph *const large = t_graph(t, "x = Placeholder() : f32[1,4096]\n"
                                        "w = Const(random 1) : f32[4096,16]\n"
                                        "y = MatMul(x, w)\n"
                                        "return y\n");
    const IoptInferOptions options = { 0 };

    T_OK(t, iopt_graph_infer(large, &options, &t->err));
    T_NEAR(t, iopt_rounding_bound(small), 1e-5, 0);
    T_NEAR(t, iopt_rounding_bound(large), 0x1p-24 * 16 * 64, 1e-12);
    iopt_graph_destroy(small);
    iopt_graph_destroy(large);
}

static void the_public_calls_work_together(Test *t)
{
    const char *const out = t_path(t_temp_dir(), "fast.pb");
    char model[1024];
    IoptGraph *graph, *again;
    double difference;

    (void)snprintf(model, sizeof model, "%s/demo/fashion.pb", IOPT_TEST_MODELS);
    T_OK(t, iopt_graph_load(model, NULL, &graph, &t->err));
    const size_t before = iopt_graph_nodes(graph);
    T_OK(t, iopt_graph_optimize(&graph, NULL, &difference, &t->err));
    T_CHECK(t, iopt_graph_nodes(graph) < before / 2);
    T_CHECK(t, difference < 1e-5);
    T_SAME_TEXT(t, iopt_graph_input_name(graph, 0), "input");
    T_SAME_TEXT(t, iopt_graph_output_name(graph, 0), "softmax");
    T_CHECK(t, iopt_graph_output_name(graph, 1) == NULL);
    T_OK(t, iopt_graph_save(graph, out, IOPT_FORM_BINARY, &t->err));
    T_OK(t, iopt_graph_load(out, NULL, &again, &t->err));
    T_SAME_INT(t, iopt_graph_nodes(again), iopt_graph_nodes(graph));
    const IoptOptimizeOptions unknown = { .recipe = "faster" };
    T_FAILS(t, iopt_graph_optimize(&graph, &unknown, NULL, &t->err), IOPT_INVALID_ARGUMENT,
            "no recipe 'faster'");
    iopt_graph_destroy(graph);
    iopt_graph_destroy(again);
}

const TestCase tests_pass_check[] = {
    TEST(equal_graphs_agree),
    TEST(a_wrong_rewrite_is_found),
    TEST(other_shapes_and_nans_are_found),
    TEST(random_and_unknown_ops_are_not_compared),
    TEST(a_graph_that_stops_running_is_found),
    TEST(training_flags_need_not_be_set),
    TEST(bound_follows_the_sums),
    TEST(the_public_calls_work_together),
    { 0 },
};
