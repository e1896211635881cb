/* Shape rules where something is not known, and shapes that are known although no value is. */
#include "ops/infer.h"
#include "t_graph.h"

static void expect_refusal(Test *t, const char *text, const char *want)
{
    const IoptInferOptions options = { .fold = true, .strict = true };
    IoptGraph *const graph = t_graph(t, text);

    T_FAILS(t, iopt_graph_infer(graph, &options, &t->err), IOPT_BAD_MODEL, want);
    iopt_graph_destroy(graph);
}

static void reshape_finds_the_missing_dimension(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[2,3,4]\n"
                      "s = Const(4 -1) : i32[2]\n"
                      "y = Reshape(x, s)\n"
                      "return y\n",
                      "float[4,6]");
}

static void reshape_leaves_the_batch_open(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[?,1,1,1001]\n"
                      "s = Const(-1 1001) : i32[2]\n"
                      "y = Reshape(x, s)\n"
                      "return y\n",
                      "float[?,1001]");
}

static void reshape_flattens_by_rank_alone(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[2,3]\n"
                      "s = Placeholder() : i32[1]\n"
                      "y = Reshape(x, s)\n"
                      "return y\n",
                      "float[6]");
}

static void reshape_refuses_what_does_not_divide(Test *t)
{
    expect_refusal(t,
                   "x = Placeholder() : f32[2,3]\n"
                   "s = Const(4 -1) : i32[2]\n"
                   "y = Reshape(x, s)\n"
                   "return y\n",
                   "Reshape 'y': cannot give [2,3] the shape [4,?]");
}

static void shape_arithmetic_folds(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[5,7,8,3]\n"
                      "s = Shape(x)\n"
                      "zero = Const(0) : i32[1]\n"
                      "one = Const(1) : i32[1]\n"
                      "n = StridedSlice(s, zero, one, one) shrink_axis_mask=1\n"
                      "flat = Const(168) : i32[]\n"
                      "d = Pack(n, flat)\n"
                      "y = Reshape(x, d)\n"
                      "return y\n",
                      "float[5,168]");
}

static void concat_adds_what_it_knows(Test *t)
{
    t_expect_inferred(t,
                      "a = Placeholder() : f32[?,4,2]\n"
                      "b = Placeholder() : f32[3,?,5]\n"
                      "axis = Const(-1) : i32[]\n"
                      "y = ConcatV2(a, b, axis)\n"
                      "return y\n",
                      "float[3,4,7]");
}

static void pack_merges_its_inputs(Test *t)
{
    t_expect_inferred(t,
                      "a = Placeholder() : f32[?,4]\n"
                      "b = Placeholder() : f32[3,?]\n"
                      "y = Pack(a, b) axis=1\n"
                      "return y\n",
                      "float[3,2,4]");
}

static void squeeze_keeps_what_may_not_be_one(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[?,1,1,9]\n"
                      "y = Squeeze(x) squeeze_dims=[1,2]\n"
                      "return y\n",
                      "float[?,9]");
    t_expect_inferred(t,
                      "x = Placeholder() : f32[?,1,1,9]\n"
                      "y = Squeeze(x)\n"
                      "return y\n",
                      "float<unknown>");
}

static void slice_with_known_size_needs_no_begin(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[8,8]\n"
                      "b = Placeholder() : i32[2]\n"
                      "s = Const(3 -1) : i32[2]\n"
                      "y = Slice(x, b, s)\n"
                      "return y\n",
                      "float[3,?]");
}

static void pad_grows_known_dimensions(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[?,5,5,3]\n"
                      "p = Const(0 0 1 2 3 3 0 0) : i32[4,2]\n"
                      "y = Pad(x, p)\n"
                      "return y\n",
                      "float[?,8,11,3]");
}

static void where_depends_on_values(Test *t)
{
    t_expect_inferred(t,
                      "x = Const(1 0 2 0) : f32[2,2]\n"
                      "y = Where(x)\n"
                      "return y\n",
                      "int64[2,2]");
    t_expect_inferred(t,
                      "x = Placeholder() : f32[2,2]\n"
                      "y = Where(x)\n"
                      "return y\n",
                      "int64[?,2]");
}

static void a_wrong_perm_names_the_value(Test *t)
{
    expect_refusal(t,
                   "x = Placeholder() : f32[2,3]\n"
                   "p = Const(1 1) : i32[2]\n"
                   "y = Transpose(x, p)\n"
                   "return y\n",
                   "Transpose 'y': want a permutation of 2 dimensions; value 1 is 1");
}

const TestCase tests_shapes[] = {
    TEST(reshape_finds_the_missing_dimension),
    TEST(reshape_leaves_the_batch_open),
    TEST(reshape_flattens_by_rank_alone),
    TEST(reshape_refuses_what_does_not_divide),
    TEST(shape_arithmetic_folds),
    TEST(concat_adds_what_it_knows),
    TEST(pack_merges_its_inputs),
    TEST(squeeze_keeps_what_may_not_be_one),
    TEST(slice_with_known_size_needs_no_begin),
    TEST(pad_grows_known_dimensions),
    TEST(where_depends_on_values),
    TEST(a_wrong_perm_names_the_value),
    { 0 },
};
