/* The pipeline and the float recipe: training leftovers, cut inputs, reverted passes. */
#include "passes/pipeline.h"
#include "passes/training_flags.h"
#include "t_graph.h"

static void run_recipe(Test *t, IoptGraph **g)
{
    const IoptRecipe *const recipe = iopt_recipe_find("float");
    const IoptPipelineOptions options = { 0 };
    IoptPassLog log = { 0 };

    T_OK(t, iopt_recipe_run(g, recipe, &options, &log, &t->err));
    for (size_t i = 0; i < log.count; i++)
        if (log.entries[i].outcome == IOPT_PASS_REVERTED)
            T_FAIL(t, "%s was reverted: %s", log.entries[i].pass, log.entries[i].note);
    iopt_pass_log_free(&log);
}

static void expect(Test *t, const char *text, const char *ops)
{
    IoptGraph *g = t_graph(t, text);
    run_recipe(t, &g);
    t_expect_ops(t, g, ops);
    iopt_graph_destroy(g);
}

static void dropout_of_tensorflow_1_goes(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[2,3]\n"
           "k = Const(0.8) : f32[]\n"
           "d = RealDiv(x, k)\n"
           "n = Shape(x)\n"
           "r = RandomUniform(n) dtype=f32\n"
           "lo = Const(0) : f32[]\n"
           "hi = Const(1) : f32[]\n"
           "w = Sub(hi, lo)\n"
           "m = Mul(r, w)\n"
           "u = Add(m, lo)\n"
           "a = Add(k, u)\n"
           "f = Floor(a)\n"
           "p = Mul(d, f)\n"
           "y = Relu(p)\n"
           "return y\n",
           "Placeholder Relu");
}

static void dropout_of_tensorflow_2_goes(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[2,3]\n"
           "s = Const(2) : f32[]\n"
           "d = Mul(x, s)\n"
           "n = Shape(x)\n"
           "r = RandomUniform(n) dtype=f32\n"
           "q = Const(0.5) : f32[]\n"
           "g = GreaterEqual(r, q)\n"
           "c = Cast(g) SrcT=b DstT=f32\n"
           "p = Mul(d, c)\n"
           "y = Relu(p)\n"
           "return y\n",
           "Placeholder Relu");
    expect(t,
           "x = Placeholder() : f32[2,3]\n"
           "s = Const(2) : f32[]\n"
           "d = Mul(x, s)\n"
           "n = Shape(x)\n"
           "r = RandomUniform(n) dtype=f32\n"
           "q = Const(0.5) : f32[]\n"
           "g = GreaterEqual(r, q)\n"
           "z = Const(0) : f32[]\n"
           "p = SelectV2(g, d, z) T=f32\n"
           "y = Relu(p)\n"
           "return y\n",
           "Placeholder Relu");
}

static void a_data_dependent_mask_stays(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[2,3]\n"
           "k = Const(0.8) : f32[]\n"
           "d = RealDiv(x, k)\n"
           "g = GreaterEqual(x, k)\n"
           "c = Cast(g) SrcT=b DstT=f32\n"
           "p = Mul(d, c)\n"
           "y = Relu(p)\n"
           "return y\n",
           "Placeholder Const GreaterEqual Cast Mul Relu Const Mul");
}

static void an_assert_behind_a_control_edge_goes(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[2,3]\n"
           "c = Const(1) : b[]\n"
           "a = Assert(c, x)\n"
           "i = Identity(x, ^a)\n"
           "y = Relu(i)\n"
           "return y\n",
           "Placeholder Relu");
}

static void a_fed_inner_value_becomes_a_placeholder(Test *t)
{
    IoptGraph *g = t_graph(t, "q = FIFOQueueV2()\n"
                              "d = QueueDequeueV2(q)\n"
                              "r = Relu(d)\n"
                              "y = Abs(r)\n"
                              "return y\n");
    IoptValue cut;
    T_OK(t, iopt_graph_find_value(g, "d", &cut, &t->err));
    T_OK(t, iopt_graph_set_inputs(g, &cut, 1, &t->err));
    run_recipe(t, &g);
    t_expect_ops(t, g, "Relu Abs Placeholder");
    T_SAME_TEXT(t, g->inputs[0].node->name, "d");
    iopt_graph_destroy(g);
}

static void training_flags_are_guessed_by_name(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3]\n"
                              "phase_train = Placeholder() : b[]\n"
                              "s = Switch(x, phase_train)\n"
                              "a = Neg(s:1)\n"
                              "b = Relu(s)\n"
                              "y = Merge(b, a) N=2\n"
                              "return y\n");
    T_CHECK(t, iopt_is_training_flag(iopt_graph_find(g, "phase_train")));
    T_CHECK(t, !iopt_is_training_flag(iopt_graph_find(g, "x")));
    g->n_inputs = 1; /* x alone is fed */
    run_recipe(t, &g);
    t_expect_ops(t, g, "Placeholder Relu");
    T_SAME_TEXT(t, g->outputs[0].node->name, "y");
    iopt_graph_destroy(g);
}

static void an_output_on_the_dead_side_is_an_error(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3]\n"
                              "p = Const(0) : b[]\n"
                              "s = Switch(x, p)\n"
                              "y = Relu(s:1)\n"
                              "return y\n");
    const IoptPassOptions options = { 0 };
    IoptPassContext context = { .options = &options };
    T_FAILS(t, iopt_pass_run(iopt_pass_find("resolve_switches"), g, &context, &t->err),
            IOPT_BAD_MODEL, "'y:0' is never computed");
    iopt_graph_destroy(g);
}

/* Finds fault with one pass. */
static IoptStatus reject(void *context, const IoptGraph *before, const IoptGraph *after,
                         IoptExactness exactness, double *difference, char *why, size_t why_bytes,
                         IoptError *err)
{
    (void)context, (void)before, (void)after, (void)exactness, (void)why, (void)why_bytes;
    *difference = 1.0;
    return iopt_fail(err, IOPT_BOUND_MISSED, "the outputs differ by 1");
}

static void a_pass_that_breaks_its_bound_is_reverted(Test *t)
{
    static const char *const passes[] = { "remove_identities" };
    const IoptPipelineOptions options = { .check = reject };
    IoptPassLog log = { 0 };
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3]\n"
                              "i = Identity(x)\n"
                              "y = Relu(i)\n"
                              "return y\n");
    T_OK(t, iopt_pipeline_run(&g, passes, 1, &options, &log, &t->err));
    T_SAME_INT(t, log.entries[0].outcome, IOPT_PASS_REVERTED);
    T_SAME_TEXT(t, log.entries[0].note, "the outputs differ by 1");
    t_expect_ops(t, g, "Placeholder Identity Relu");
    iopt_pass_log_free(&log);
    iopt_graph_destroy(g);
}

const TestCase tests_pipeline[] = {
    TEST(dropout_of_tensorflow_1_goes),
    TEST(dropout_of_tensorflow_2_goes),
    TEST(a_data_dependent_mask_stays),
    TEST(an_assert_behind_a_control_edge_goes),
    TEST(a_fed_inner_value_becomes_a_placeholder),
    TEST(training_flags_are_guessed_by_name),
    TEST(an_output_on_the_dead_side_is_an_error),
    TEST(a_pass_that_breaks_its_bound_is_reverted),
    { 0 },
};
