/* Passes that remove what does nothing, resolve switches, fold and merge. */
#include "passes/pass.h"
#include "t_graph.h"

static void identities_go_and_the_output_keeps_its_name(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3]\n"
                              "a = Identity(x)\n"
                              "b = Relu(a)\n"
                              "c = CheckNumerics(b)\n"
                              "y = Identity(c)\n"
                              "return y\n");
    t_run_pass(t, g, "remove_identities");
    t_expect_ops(t, g, "Placeholder Relu");
    T_SAME_TEXT(t, g->outputs[0].node->name, "y");
    iopt_graph_destroy(g);
}

static void switch_on_a_constant_takes_its_side(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3]\n"
                              "train = Const(0) : b[]\n"
                              "s = Switch(x, train)\n"
                              "a = Neg(s:1)\n"
                              "b = Relu(s)\n"
                              "m = Merge(b, a)\n"
                              "y = Abs(m)\n"
                              "return y\n");
    const IoptPassOptions options = { 0 };
    IoptPassContext context = { .options = &options };
    T_OK(t, iopt_pass_run(iopt_pass_find("resolve_switches"), g, &context, &t->err));
    t_expect_ops(t, g, "Placeholder Relu Identity Abs");
    iopt_graph_destroy(g);
}

static void shape_arithmetic_folds(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3,4]\n"
                              "s = Shape(x)\n"
                              "b = Const(0) : i32[1]\n"
                              "e = Const(1) : i32[1]\n"
                              "o = Const(1) : i32[1]\n"
                              "n = StridedSlice(s, b, e, o) shrink_axis_mask=1 Index=i32\n"
                              "m = Const(-1) : i32[]\n"
                              "p = Pack(n, m) N=2 axis=0\n"
                              "r = Reshape(x, p)\n"
                              "y = Abs(r)\n"
                              "return y\n");
    t_run_pass(t, g, "fold_constants");
    t_expect_ops(t, g, "Placeholder Reshape Abs Const");
    iopt_graph_destroy(g);
}

static void random_values_are_not_folded(Test *t)
{
    IoptGraph *g = t_graph(t, "n = Const(2 3) : i32[2]\n"
                              "r = RandomUniform(n) dtype=f32\n"
                              "y = Abs(r)\n"
                              "return y\n");
    const IoptPassOptions options = { 0 };
    IoptPassContext context = { .options = &options };
    T_OK(t, iopt_pass_run(iopt_pass_find("fold_constants"), g, &context, &t->err));
    t_expect_ops(t, g, "Const RandomUniform Abs");
    iopt_graph_destroy(g);
}

static void folding_does_not_swell_the_file(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,500000]\n"
                              "d = Const(1 500000) : i32[2]\n"
                              "v = Const(3) : f32[]\n"
                              "f = Fill(d, v)\n"
                              "y = Add(x, f)\n"
                              "return y\n");
    t_run_pass(t, g, "fold_constants");
    t_expect_ops(t, g, "Placeholder Const Const Fill Add");
    iopt_graph_destroy(g);
}

static void noops_go(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[?,4]\n"
                              "s = Const(-1 4) : i32[2]\n"
                              "r = Reshape(x, s)\n"
                              "one = Const(1) : f32[]\n"
                              "m = Mul(r, one)\n"
                              "p = Const(0) : i32[2,2]\n"
                              "d = Pad(m, p)\n"
                              "n = Relu(d)\n"
                              "o = Relu(n)\n"
                              "y = Abs(o)\n"
                              "return y\n");
    t_run_pass(t, g, "remove_noops");
    t_expect_ops(t, g, "Placeholder Relu Abs");
    iopt_graph_destroy(g);
}

static void duplicates_merge(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,2]\n"
                              "c = Const(1 2) : f32[2]\n"
                              "d = Const(1 2) : f32[2]\n"
                              "a = Mul(x, c)\n"
                              "b = Mul(x, d)\n"
                              "y = Add(a, b)\n"
                              "return y\n");
    t_run_pass(t, g, "merge_duplicates");
    t_expect_ops(t, g, "Placeholder Const Mul Add");
    iopt_graph_destroy(g);
}

static void relus_go_before_concatenations(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder()    : f32[1,4,4,2]\n"
                              "y = Placeholder()    : f32[1,4,4,3]\n"
                              "a = Abs(x)\n"
                              "n = Neg(y)\n"
                              "axis = Const(3)      : i32[]\n"
                              "c = ConcatV2(a, n, axis)\n"
                              "r = Relu(c)\n"
                              "d = ConcatV2(n, x, axis)\n"
                              "s = Relu(d)\n"
                              "e = Add(s, d)\n"
                              "return r, e\n");
    t_run_pass(t, g, "hoist_relus");
    const IoptNode *const r = iopt_graph_find(g, "r"), *const s = iopt_graph_find(g, "s");
    T_CHECK(t, r && iopt_is_op(r, "ConcatV2"));
    T_CHECK(t, iopt_is_op(r->in[0].node, "Relu") && iopt_is_op(r->in[1].node, "Relu"));
    T_SAME_TEXT(t, r->in[0].node->in[0].node->name, "a");
    T_SAME_TEXT(t, r->in[1].node->in[0].node->name, "n");
    T_CHECK(t, s && iopt_is_op(s, "Relu")); /* somebody else reads that concatenation */
    iopt_graph_destroy(g);
}

static void transposes_merge(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,3,4,5]\n"
                              "p = Const(0 3 1 2) : i32[4]\n"
                              "q = Const(0 2 3 1) : i32[4]\n"
                              "a = Transpose(x, p)\n"
                              "b = Transpose(a, q)\n"
                              "y = Abs(b)\n"
                              "return y\n");
    t_run_pass(t, g, "merge_transposes");
    t_run_pass(t, g, "remove_noops");
    t_expect_ops(t, g, "Placeholder Abs");
    iopt_graph_destroy(g);
}

const TestCase tests_cleanup[] = {
    TEST(identities_go_and_the_output_keeps_its_name),
    TEST(switch_on_a_constant_takes_its_side),
    TEST(shape_arithmetic_folds),
    TEST(random_values_are_not_folded),
    TEST(folding_does_not_swell_the_file),
    TEST(noops_go),
    TEST(duplicates_merge),
    TEST(relus_go_before_concatenations),
    TEST(transposes_merge),
    { 0 },
};
