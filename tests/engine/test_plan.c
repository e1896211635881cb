/* What a caller sees of a plan: ports, options, errors, conditions, the interpreter. */
#include <stdio.h>
#include <string.h>

#include "engine/t_engine.h"
#include "t_graph.h"

static IoptPlan *plan_of(Test *t, const char *text, const IoptPlanOptions *options)
{
    IoptGraph *graph = t_graph(t, text);
    IoptPlan *plan;

    T_OK(t, iopt_plan_create(graph, options, &plan, &t->err));
    iopt_graph_destroy(graph); /* the plan does not need it any more */
    return plan;
}

static void expect_failure(Test *t, const char *text, const IoptPlanOptions *options,
                           IoptStatus status, const char *message)
{
    IoptGraph *graph = t_graph(t, text);
    IoptPlan *plan;

    T_FAILS(t, iopt_plan_create(graph, options, &plan, &t->err), status, message);
    T_CHECK(t, plan == NULL);
    iopt_graph_destroy(graph);
}

static void ports_and_bytes(Test *t)
{
    const IoptPlanOptions options = { .batch = 3, .threads = 2 };
    IoptPlan *plan = plan_of(t,
                             "x = Placeholder() : f32[?,4]\nw = Const(random 1) : f32[4,5]\n"
                             "y = MatMul(x, w)\nreturn y\n",
                             &options);

    T_SAME_INT(t, iopt_plan_inputs(plan), 1);
    T_SAME_TEXT(t, iopt_plan_input(plan, 0)->name, "x:0");
    T_SAME_TEXT(t, iopt_shape_text(&iopt_plan_input(plan, 0)->shape).s, "[3,4]");
    T_SAME_TEXT(t, iopt_plan_output(plan, 0)->name, "y:0");
    T_SAME_TEXT(t, iopt_shape_text(&iopt_plan_output(plan, 0)->shape).s, "[3,5]");
    T_SAME_INT(t, iopt_plan_threads(plan), 2);
    T_CHECK(t, iopt_plan_interpreted(plan) == NULL);
    T_CHECK(t, iopt_plan_bytes(plan).weights >= 4 * 5 * sizeof(float));
    T_CHECK(t, iopt_plan_bytes(plan).total >= iopt_plan_bytes(plan).slab);
    T_SAME_INT(t, (long long)iopt_plan_step(plan, 0).macs, 60);
    iopt_plan_destroy(plan);
}

static void shapes_by_name(Test *t)
{
    const int64_t dims[] = { 2, 4 }, wrong[] = { 2, 5 };
    const char *const text = "x = Placeholder() : f32[?,4]\ny = Relu(x)\nreturn y\n";
    IoptInputShape shape = { "x", iopt_shape(2, dims) };
    const IoptPlanOptions options = { .shapes = &shape, .n_shapes = 1 };
    IoptPlan *plan = plan_of(t, text, &options);

    T_SAME_TEXT(t, iopt_shape_text(&iopt_plan_output(plan, 0)->shape).s, "[2,4]");
    iopt_plan_destroy(plan);
    shape.shape = iopt_shape(2, wrong);
    expect_failure(t, text, &options, IOPT_INVALID_ARGUMENT, "want shape [?,4]; got [2,5]");
    shape.name = "xx";
    expect_failure(t, text, &options, IOPT_INVALID_ARGUMENT, "no input");
}

static void an_unknown_batch_is_interpreted(Test *t)
{
    IoptPlan *plan = plan_of(t, "x = Placeholder() : f32[?,4]\ny = Relu(x)\nreturn y\n", NULL);
    const int64_t dims[] = { 3, 4 };
    const IoptShape shape = iopt_shape(2, dims);
    IoptTensor *in = t_random(t, IOPT_F32, &shape, 1), *out;
    const IoptTensor *borrowed = in;
    IoptRun *run;

    T_CHECK(t, strstr(iopt_plan_interpreted(plan), "'x:0'") != NULL);
    T_OK(t, iopt_run_create(plan, &run, &t->err));
    T_OK(t, iopt_run_new(run, &borrowed, &out, &t->err));
    T_SAME_TEXT(t, iopt_tensor_text(out).s, "float[3,4]");
    T_OK(t, iopt_run(run, &borrowed, &out, &t->err));
    iopt_tensor_destroy(in);
    iopt_tensor_destroy(out);
    iopt_run_destroy(run);
    iopt_plan_destroy(plan);
}

static void wrong_tensors_are_refused(Test *t)
{
    IoptPlan *plan = plan_of(t, "x = Placeholder() : f32[2,4]\ny = Relu(x)\nreturn y\n", NULL);
    const int64_t dims[] = { 3, 4 };
    const IoptShape shape = iopt_shape(2, dims);
    IoptTensor *in = t_random(t, IOPT_F32, &shape, 1), *out = NULL;
    const IoptTensor *borrowed = in, *none = NULL;
    IoptRun *run;

    T_OK(t, iopt_run_create(plan, &run, &t->err));
    T_FAILS(t, iopt_run_new(run, &borrowed, &out, &t->err), IOPT_INVALID_ARGUMENT,
            "want float[2,4]; got float[3,4]");
    T_FAILS(t, iopt_run_new(run, &none, &out, &t->err), IOPT_INVALID_ARGUMENT, "missing");
    iopt_tensor_destroy(in);
    iopt_run_destroy(run);
    iopt_plan_destroy(plan);
}

static void what_is_not_needed_may_be_unknown(Test *t)
{
    IoptPlan *plan = plan_of(t,
                             "x = Placeholder() : f32[2,4]\nz = Placeholder() : f32[2]\n"
                             "u = NoSuchOp(z)\ny = Relu(x)\nreturn y\n",
                             NULL);

    T_SAME_INT(t, iopt_plan_inputs(plan), 2);
    T_SAME_INT(t, iopt_plan_steps(plan), 1);
    iopt_plan_destroy(plan);
    expect_failure(t, "x = Placeholder() : f32[2]\nu = Relux(x)\nreturn u\n", NULL,
                   IOPT_UNSUPPORTED, "'Relux' (node 'u')");
}

static void conditions_of_the_run(Test *t)
{
    const char *const text = "x = Placeholder() : f32[2,4]\np = Placeholder() : b[]\n"
                             "i = Identity(p) T=b\n"
                             "s = Switch(x, p)\nq = Switch(x, i)\nr = Relu(s)\ne = Exp(q:1)\n"
                             "m = Merge(r, e) N=2\ny = Add(m, x)\nreturn y, m:1\n";
    IoptPlan *plan = plan_of(t, text, NULL);

    T_CHECK(t, iopt_plan_interpreted(plan) == NULL);
    iopt_plan_destroy(plan);
    t_engine_check(t, text, NULL);
}

static void conditions_of_the_graph_vanish(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,4]\nf = Const(0) : b[]\n"
                   "p = PlaceholderWithDefault(f) dtype=b\ns = Switch(x, p)\nr = Relu(s)\n"
                   "e = Exp(s:1)\nm = Merge(r, e) N=2\ny = Add(m, x)\nreturn y\n",
                   "Relu, Add");
}

static void an_inner_value_can_be_the_input(Test *t)
{
    IoptGraph *graph = t_graph(t, "x = Placeholder() : f32[2,4]\nu = NoSuchOp(x)\na = Exp(x)\n"
                                  "b = Add(a, u)\ny = Relu(b)\nreturn y\n");
    IoptValue value;
    IoptPlan *plan;

    T_OK(t, iopt_graph_find_value(graph, "a", &value, &t->err));
    T_OK(t, iopt_graph_set_inputs(graph, &value, 1, &t->err));
    T_FAILS(t, iopt_plan_create(graph, NULL, &plan, &t->err), IOPT_INVALID_ARGUMENT,
            "Placeholder 'x' is needed but not fed");
    T_OK(t, iopt_graph_find_value(graph, "y", &value, &t->err));
    T_OK(t, iopt_graph_set_inputs(graph, &value, 1, &t->err));
    T_OK(t, iopt_plan_create(graph, NULL, &plan, &t->err)); /* input and output at once */
    T_SAME_TEXT(t, iopt_plan_input(plan, 0)->name, "y:0");
    iopt_plan_destroy(plan);
    iopt_graph_destroy(graph);
}

static void a_check_fails_the_run(Test *t)
{
    IoptPlan *plan = plan_of(t,
                             "x = Placeholder() : f32[2,4]\nz = Const(0) : f32[]\n"
                             "d = RealDiv(x, z)\nc = CheckNumerics(d) message=oh\nreturn c\n",
                             NULL);
    const int64_t dims[] = { 2, 4 };
    const IoptShape shape = iopt_shape(2, dims);
    IoptTensor *in = t_random(t, IOPT_F32, &shape, 1), *out = NULL;
    const IoptTensor *borrowed = in;
    IoptRun *run;

    T_OK(t, iopt_run_create(plan, &run, &t->err));
    T_FAILS(t, iopt_run_new(run, &borrowed, &out, &t->err), IOPT_BAD_DATA, "oh");
    T_CHECK(t, out == NULL);
    iopt_tensor_destroy(in);
    iopt_run_destroy(run);
    iopt_plan_destroy(plan);
}

/* A chain of `count` nodes that take the ops in turn. */
static void check_chain(Test *t, size_t count, const char *const ops[2])
{
    IoptGraph *graph = t_graph(t, "x = Placeholder() : f32[2,4]\nc = Const(1) : f32[4]\n"
                                  "y = Relu(x)\nreturn y\n");
    IoptValue at = { iopt_graph_find(graph, "y"), 0 };
    const IoptValue constant = { iopt_graph_find(graph, "c"), 0 };
    IoptPlan *plan;
    IoptNode *node;
    char name[32];

    for (size_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "n%zu", i);
        T_OK(t, iopt_graph_add(graph, name, ops[i % 2], &node, &t->err));
        T_OK(t, iopt_node_set_type(node, "T", IOPT_F32, &t->err));
        T_OK(t, iopt_node_add_input(node, at, &t->err));
        if (strcmp(ops[i % 2], "Add") == 0)
            T_OK(t, iopt_node_add_input(node, constant, &t->err));
        at = (IoptValue){ node, 0 };
    }
    T_OK(t, iopt_graph_set_outputs(graph, &at, 1, &t->err));
    T_OK(t, iopt_plan_create(graph, NULL, &plan, &t->err));
    iopt_plan_destroy(plan);
    iopt_graph_destroy(graph);
}

static void chains_a_hundred_thousand_deep(Test *t)
{
    static const char *const kinds[][2] = { { "Add", "Add" },
                                            { "Relu", "Identity" },
                                            { "Sigmoid", "Neg" } };

    for (size_t i = 0; i < IOPT_COUNT(kinds); i++)
        check_chain(t, 100000, kinds[i]);
}

static void outputs_that_no_op_has_are_refused(Test *t)
{
    static const IoptEngine engines[] = { IOPT_ENGINE_FAST, IOPT_ENGINE_REFERENCE };

    for (size_t i = 0; i < IOPT_COUNT(engines); i++) {
        const IoptPlanOptions options = { .engine = engines[i] };
        expect_failure(t,
                       "x = Placeholder() : f32[2,4]\nr = Relu(x)\ny = Exp(r:3)\n"
                       "return y\n",
                       &options, IOPT_BAD_MODEL, "Exp 'y' reads output 3 of Relu 'r', which has 1");
        expect_failure(t, "x = Placeholder() : f32[2,4]\ny = Relu(x)\nreturn y:3\n", &options,
                       IOPT_INVALID_ARGUMENT, "output 'y:3': Relu 'y' has 1 outputs");
    }
}

const TestCase tests_plan[] = {
    TEST(ports_and_bytes),
    TEST(shapes_by_name),
    TEST(an_unknown_batch_is_interpreted),
    TEST(wrong_tensors_are_refused),
    TEST(what_is_not_needed_may_be_unknown),
    TEST(conditions_of_the_run),
    TEST(conditions_of_the_graph_vanish),
    TEST(an_inner_value_can_be_the_input),
    TEST(a_check_fails_the_run),
    TEST(outputs_that_no_op_has_are_refused),
    TEST(chains_a_hundred_thousand_deep),
    { 0 },
};
