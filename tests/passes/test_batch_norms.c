/* Batch norms in every form: decomposed, put together, folded backwards and forwards. */
#include "passes/pass.h"
#include "t_graph.h"

#define CONV                               \
    "x = Placeholder() : f32[1,5,5,2]\n"   \
    "w = Const(random 1) : f32[3,3,2,4]\n" \
    "g = Const(random 2) : f32[4]\n"       \
    "o = Const(random 3) : f32[4]\n"       \
    "m = Const(random 4) : f32[4]\n"       \
    "v = Const(0.5 2 1 3) : f32[4]\n"

static void run_all(Test *t, IoptGraph *g)
{
    static const char *const passes[] = {
        "fold_constants",   "decompose_batch_norms",    "merge_affines",
        "fold_batch_norms", "fold_batch_norms_forward", "merge_affines"
    };

    for (size_t i = 0; i < IOPT_COUNT(passes); i++)
        t_run_pass(t, g, passes[i]);
}

static void expect(Test *t, const char *text, const char *ops)
{
    IoptGraph *g = t_graph(t, text);
    run_all(t, g);
    t_expect_ops(t, g, ops);
    iopt_graph_destroy(g);
}

static void fused_batch_norm_folds_into_the_convolution(Test *t)
{
    IoptGraph *g =
        t_graph(t, CONV "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                        "n = FusedBatchNorm(c, g, o, m, v) epsilon=0.001 is_training=false\n"
                        "y = Relu(n)\n"
                        "return y\n");
    run_all(t, g);
    t_expect_ops(t, g, "Placeholder Relu Const BiasAdd Conv2D Const");
    T_CHECK(t, iopt_graph_find(g, "c") && iopt_is_op(iopt_graph_find(g, "c"), "Conv2D"));
    T_CHECK(t, iopt_graph_find(g, "n") && iopt_is_op(iopt_graph_find(g, "n"), "BiasAdd"));
    iopt_graph_destroy(g);
}

static void slim_spelling_folds(Test *t)
{
    expect(t,
           CONV "c = Conv2D(x, w) strides=[1,2,2,1] padding=SAME\n"
                "e = Const(0.001) : f32[]\n"
                "a = Add(v, e)\n"
                "r = Rsqrt(a)\n"
                "s = Mul(r, g)\n"
                "p = Mul(c, s)\n"
                "q = Mul(m, s)\n"
                "d = Sub(o, q)\n"
                "n = Add(p, d)\n"
                "y = Relu(n)\n"
                "return y\n",
           "Placeholder Relu Const BiasAdd Conv2D Const");
}

static void keras_spelling_folds(Test *t)
{
    expect(t,
           CONV "b = Const(random 9) : f32[4]\n"
                "c = Conv2D(x, w) strides=[1,1,1,1] padding=VALID\n"
                "d = BiasAdd(c, b)\n"
                "i = Sub(d, m)\n"
                "r = RealDiv(i, v)\n"
                "s = Mul(g, r)\n"
                "n = AddV2(s, o)\n"
                "y = Relu6(n)\n"
                "return y\n",
           "Placeholder Relu6 Const BiasAdd Conv2D Const");
}

static void depthwise_and_matmul_fold(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[1,5,5,2]\n"
           "w = Const(random 1) : f32[3,3,2,2]\n"
           "s = Const(random 2) : f32[4]\n"
           "c = DepthwiseConv2dNative(x, w) strides=[1,1,1,1] padding=SAME\n"
           "y = Mul(c, s)\n"
           "return y\n",
           "Placeholder DepthwiseConv2dNative Const");
    expect(t,
           "x = Placeholder() : f32[3,5]\n"
           "w = Const(random 1) : f32[4,5]\n"
           "s = Const(random 2) : f32[4]\n"
           "c = MatMul(x, w) transpose_b=true\n"
           "y = Mul(s, c)\n"
           "return y\n",
           "Placeholder MatMul Const");
}

static void folds_through_concat_and_pad(Test *t)
{
    expect(t,
           CONV "u = Const(random 7) : f32[1,1,2,1]\n"
                "k = Const(random 8) : f32[5]\n"
                "l = Const(random 9) : f32[5]\n"
                "axis = Const(3) : i32[]\n"
                "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                "d = Conv2D(x, u) strides=[1,1,1,1] padding=SAME\n"
                "e = ConcatV2(c, d, axis) N=2\n"
                "f = Mul(e, k)\n"
                "n = Add(f, l)\n"
                "y = Relu(n)\n"
                "return y\n",
           "Placeholder Const Relu Const Const ConcatV2 Conv2D Const BiasAdd Conv2D Const BiasAdd");
    expect(t,
           CONV "p = Const(0 0 1 1 1 1 0 0) : i32[4,2]\n"
                "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                "d = Pad(c, p)\n"
                "n = Mul(d, g)\n"
                "y = Relu(n)\n"
                "return y\n",
           "Placeholder Const Relu Conv2D Const Pad");
}

static void a_batch_norm_before_valid_convolution_folds_forward(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[1,5,5,2]\n"
           "s = Const(2 3) : f32[2]\n"
           "b = Const(1 -1) : f32[2]\n"
           "w = Const(random 1) : f32[3,3,2,4]\n"
           "m = Mul(x, s)\n"
           "a = BiasAdd(m, b)\n"
           "y = Conv2D(a, w) strides=[1,1,1,1] padding=VALID\n"
           "return y\n",
           "Placeholder Conv2D Const Const BiasAdd");
}

static void a_shift_does_not_cross_padding(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[1,5,5,2]\n"
           "b = Const(1 -1) : f32[2]\n"
           "w = Const(random 1) : f32[3,3,2,4]\n"
           "a = BiasAdd(x, b)\n"
           "y = Conv2D(a, w) strides=[1,1,1,1] padding=SAME\n"
           "return y\n",
           "Placeholder Const Const BiasAdd Conv2D");
}

static void a_filter_with_two_readers_stays(Test *t)
{
    expect(t,
           CONV "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                "n = Mul(c, g)\n"
                "y = Add(n, c)\n"
                "return y\n",
           "Placeholder Const Const Conv2D Mul Add");
}

static void pad_becomes_explicit_or_same(Test *t)
{
    IoptGraph *g = t_graph(t, CONV "p = Const(0 0 1 1 1 1 0 0) : i32[4,2]\n"
                                   "d = Pad(x, p)\n"
                                   "y = Conv2D(d, w) strides=[1,1,1,1] padding=VALID\n"
                                   "return y\n");
    t_run_pass(t, g, "fuse_pads");
    T_SAME_TEXT(t, iopt_attr_string(iopt_graph_find(g, "y"), "padding", ""), "SAME");
    iopt_graph_destroy(g);
    g = t_graph(t, CONV "p = Const(0 0 2 1 1 1 0 0) : i32[4,2]\n"
                        "d = Pad(x, p)\n"
                        "y = Conv2D(d, w) strides=[1,2,2,1] padding=VALID\n"
                        "return y\n");
    t_run_pass(t, g, "fuse_pads");
    T_SAME_TEXT(t, iopt_attr_string(iopt_graph_find(g, "y"), "padding", ""), "EXPLICIT");
    t_expect_ops(t, g, "Placeholder Const Conv2D");
    iopt_graph_destroy(g);
}

const TestCase tests_batch_norms[] = {
    TEST(fused_batch_norm_folds_into_the_convolution),
    TEST(slim_spelling_folds),
    TEST(keras_spelling_folds),
    TEST(depthwise_and_matmul_fold),
    TEST(folds_through_concat_and_pad),
    TEST(a_batch_norm_before_valid_convolution_folds_forward),
    TEST(a_shift_does_not_cross_padding),
    TEST(a_filter_with_two_readers_stays),
    TEST(pad_becomes_explicit_or_same),
    { 0 },
};
