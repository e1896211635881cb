/* Inference over a graph: shapes, values carried along, and what must not be carried. */
#include <string.h>

#include "ops/infer.h"
#include "t_graph.h"

static IoptFact fact_of(const IoptGraph *g, const char *name)
{
    return iopt_fact_at((IoptValue){ iopt_graph_find(g, name), 0 });
}

static void infer(Test *t, IoptGraph *g)
{
    const IoptInferOptions options = { .fold = true, .strict = true };
    T_OK(t, iopt_graph_infer(g, &options, &t->err));
}

static void expect_fact(Test *t, const IoptGraph *g, const char *name, const char *want)
{
    const IoptFact fact = fact_of(g, name);
    T_SAME_TEXT(t, iopt_fact_text(&fact).s, want);
}

static void unknown_dimensions_stay_unknown(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[?,?,224,3]\n"
                                    "w = Const(random 1) : f32[3,3,3,8]\n"
                                    "c = Conv2D(x, w) padding=VALID strides=[1,2,2,1]\n"
                                    "b = Const(random 2) : f32[8]\n"
                                    "y = BiasAdd(c, b)\n"
                                    "u = SomethingElse(y)\n"
                                    "return u\n");
    infer(t, g);
    expect_fact(t, g, "y", "float[?,?,111,8]");
    expect_fact(t, g, "u", "unknown<unknown>");
    iopt_graph_destroy(g);
}

static void shapes_fold_into_values(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[2,3,4]\n"
                                    "s = Shape(x) out_type=i32\n"
                                    "one = Const(1) : i32[]\n"
                                    "n = Add(s, one)\n"
                                    "r = Reshape(x, s)\n"
                                    "return r, n\n");
    infer(t, g);
    const IoptTensor *const n = fact_of(g, "n").value;
    T_CHECK(t, n != NULL);
    T_SAME_INT(t, iopt_i32(n)[2], 5);
    expect_fact(t, g, "r", "float[2,3,4]");
    iopt_graph_destroy(g);
}

static void fed_and_random_values_are_not_folded(Test *t)
{
    IoptGraph *const g = t_graph(t, "c = Const(3) : f32[]\n"
                                    "y = Neg(c)\n"
                                    "s = Const(2) : i32[1]\n"
                                    "r = RandomUniform(s) dtype=f32 seed=1 seed2=2\n"
                                    "p = PlaceholderWithDefault(c) dtype=f32\n"
                                    "z = Add(r, y)\n"
                                    "return z, p\n");
    const IoptValue fed = { iopt_graph_find(g, "c"), 0 };
    infer(t, g);
    T_CHECK(t, fact_of(g, "y").value != NULL);
    T_CHECK(t, fact_of(g, "r").value == NULL);
    T_CHECK(t, fact_of(g, "p").value == NULL);
    T_OK(t, iopt_graph_set_inputs(g, &fed, 1, &t->err));
    infer(t, g);
    T_CHECK(t, fact_of(g, "y").value == NULL);
    iopt_graph_destroy(g);
}

static void large_values_are_not_carried(Test *t)
{
    IoptGraph *const g = t_graph(t, "c = Const(1) : f32[64]\n"
                                    "y = Neg(c)\n"
                                    "return y\n");
    const IoptInferOptions small = { .fold = true, .max_fold_bytes = 255 };

    T_OK(t, iopt_graph_infer(g, &small, &t->err));
    T_CHECK(t, fact_of(g, "c").value != NULL && fact_of(g, "y").value == NULL);
    iopt_graph_destroy(g);
}

static void a_broken_node_is_named_or_unknown(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[1,10]\n"
                                    "b = Const(1) : f32[9]\n"
                                    "y = BiasAdd(x, b)\n"
                                    "z = Neg(y)\n"
                                    "return z\n");
    const IoptInferOptions strict = { .strict = true }, lenient = { .fold = true };

    T_FAILS(t, iopt_graph_infer(g, &strict, &t->err), IOPT_BAD_MODEL,
            "BiasAdd 'y': want x [..., C], bias [C]; got float[1,10], float[9]");
    T_OK(t, iopt_graph_infer(g, &lenient, &t->err));
    expect_fact(t, g, "z", "unknown<unknown>");
    iopt_graph_destroy(g);
}

/* Passes count on inputs being there: these fail in any case. */
static void missing_inputs_fail(Test *t)
{
    const IoptInferOptions options = { .fold = true };
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2]\ny = Reshape(x)\nreturn y\n");

    T_FAILS(t, iopt_graph_infer(g, &options, &t->err), IOPT_BAD_MODEL,
            "Reshape 'y': want 2 inputs; got 1");
    iopt_graph_destroy(g);
}

static void branches_agree_on_a_shape(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Const(1) : f32[2]\n"
                                    "p = Placeholder() : b[]\n"
                                    "s = Switch(x, p)\n"
                                    "n = Neg(s:1)\n"
                                    "m = Merge(s, n)\n"
                                    "return m\n");
    infer(t, g);
    expect_fact(t, g, "m", "float[2]");
    T_CHECK(t, fact_of(g, "m").value == NULL);
    iopt_graph_destroy(g);
}

static void a_scalar_was_once_an_unknown_shape(Test *t)
{
    IoptGraph *const g = t_graph(t, "x = Placeholder() : f32[]\n"
                                    "return x\n");
    infer(t, g);
    expect_fact(t, g, "x", "float[]");
    g->versions = (IoptBytes){ "\x08\x15", 2 };
    infer(t, g);
    expect_fact(t, g, "x", "float<unknown>");
    g->versions = (IoptBytes){ "\x08\x86\x01", 3 };
    infer(t, g);
    expect_fact(t, g, "x", "float[]");
    iopt_graph_destroy(g);
}

const TestCase tests_infer[] = {
    TEST(unknown_dimensions_stay_unknown),
    TEST(shapes_fold_into_values),
    TEST(fed_and_random_values_are_not_folded),
    TEST(large_values_are_not_carried),
    TEST(a_broken_node_is_named_or_unknown),
    TEST(missing_inputs_fail),
    TEST(branches_agree_on_a_shape),
    TEST(a_scalar_was_once_an_unknown_shape),
    { 0 },
};
