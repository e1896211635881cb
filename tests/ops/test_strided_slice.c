/* StridedSlice: Python's brackets, and what can be said of them before anything is known. */
#include <stdio.h>

#include "ops/infer.h"
#include "t_graph.h"

/* The shape of x[...], x being 0 .. 23 in [2,3,4], and its first element. */
static void expect_slice(Test *t, const char *brackets, const char *shape, int first)
{
    char text[1024];
    IoptTensor *out;

    (void)snprintf(text, sizeof text,
                   "x = Const(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23)"
                   " : i32[2,3,4]\n%s\nreturn y\n",
                   brackets);
    IoptGraph *const graph = t_graph(t, text);
    t_eval(t, graph, &out);
    T_SAME_TEXT(t, iopt_shape_text(&out->shape).s, shape);
    if (iopt_elems(out))
        T_SAME_INT(t, iopt_i32(out)[0], first);
    iopt_tensor_destroy(out);
    iopt_graph_destroy(graph);
}

static void plain_bounds_cut(Test *t)
{
    expect_slice(t,
                 "b = Const(0 1) : i32[2]\n"
                 "e = Const(1 3) : i32[2]\n"
                 "s = Const(1) : i32[2]\n"
                 "y = StridedSlice(x, b, e, s)",
                 "[1,2,4]", 4);
}

static void one_index_takes_its_dimension_away(Test *t)
{
    expect_slice(t,
                 "b = Const(-1) : i32[1]\n"
                 "e = Const(0) : i32[1]\n"
                 "s = Const(1) : i32[1]\n"
                 "y = StridedSlice(x, b, e, s) shrink_axis_mask=1",
                 "[3,4]", 12);
}

static void open_bounds_run_backwards(Test *t)
{
    expect_slice(t,
                 "b = Const(0) : i32[3]\n"
                 "e = Const(0) : i32[3]\n"
                 "s = Const(1 1 -2) : i32[3]\n"
                 "y = StridedSlice(x, b, e, s) begin_mask=7 end_mask=7",
                 "[2,3,2]", 3);
}

static void ellipsis_fills_the_middle(Test *t)
{
    expect_slice(t,
                 "b = Const(1 0 2) : i32[3]\n"
                 "e = Const(2 0 3) : i32[3]\n"
                 "s = Const(1) : i32[3]\n"
                 "y = StridedSlice(x, b, e, s) ellipsis_mask=2 shrink_axis_mask=5",
                 "[3]", 14);
}

static void new_axis_wins_over_shrink(Test *t)
{
    expect_slice(t,
                 "b = Const(0 1) : i32[2]\n"
                 "e = Const(0 2) : i32[2]\n"
                 "s = Const(1) : i32[2]\n"
                 "y = StridedSlice(x, b, e, s) new_axis_mask=1 shrink_axis_mask=1",
                 "[1,1,3,4]", 12);
}

static void bounds_beyond_the_end_are_clamped(Test *t)
{
    expect_slice(t,
                 "b = Const(-100) : i32[1]\n"
                 "e = Const(100) : i32[1]\n"
                 "s = Const(5) : i32[1]\n"
                 "y = StridedSlice(x, b, e, s)",
                 "[1,3,4]", 0);
}

static void batch_stays_unknown(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[?,8,8,3]\n"
                      "b = Const(0 1 1) : i32[3]\n"
                      "e = Const(0 3 -1) : i32[3]\n"
                      "s = Const(1) : i32[3]\n"
                      "y = StridedSlice(x, b, e, s) begin_mask=1 end_mask=1\n"
                      "return y\n",
                      "float[?,2,6,3]");
}

static void rank_is_known_before_the_bounds(Test *t)
{
    t_expect_inferred(t,
                      "x = Placeholder() : f32[2,8,8]\n"
                      "b = Placeholder() : i32[2]\n"
                      "e = Placeholder() : i32[2]\n"
                      "s = Const(1) : i32[2]\n"
                      "y = StridedSlice(x, b, e, s) shrink_axis_mask=1\n"
                      "return y\n",
                      "float[?,8]");
}

static void a_stride_of_zero_is_refused(Test *t)
{
    const IoptInferOptions options = { .strict = true };
    IoptGraph *const graph = t_graph(t, "x = Placeholder() : f32[4]\n"
                                        "b = Const(0) : i32[1]\n"
                                        "e = Const(4) : i32[1]\n"
                                        "s = Const(0) : i32[1]\n"
                                        "y = StridedSlice(x, b, e, s)\n"
                                        "return y\n");

    T_FAILS(t, iopt_graph_infer(graph, &options, &t->err), IOPT_BAD_MODEL,
            "StridedSlice 'y': stride 0 in dimension 0");
    iopt_graph_destroy(graph);
}

const TestCase tests_strided_slice[] = {
    TEST(plain_bounds_cut),
    TEST(one_index_takes_its_dimension_away),
    TEST(open_bounds_run_backwards),
    TEST(ellipsis_fills_the_middle),
    TEST(new_axis_wins_over_shrink),
    TEST(bounds_beyond_the_end_are_clamped),
    TEST(batch_stays_unknown),
    TEST(rank_is_known_before_the_bounds),
    TEST(a_stride_of_zero_is_refused),
    { 0 },
};
