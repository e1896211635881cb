/* Weights in int8: scales, layouts, and the bias that takes their mean error back. */
#include <stdlib.h>

#include "passes/int8/int8_filter.h"
#include "passes/pipeline.h"
#include "t_quant.h"

/* --- biases --------------------------------------------------------------------------------- */

/* Biases are whole steps of the sums: the input's (values of +-1 and more in 255) times 1/127. */
static const double half_step = 4.0 / 255 / 127 / 2;

/* One input, one tap: y = x * w + b.  w = 0.6 with 1 in the same channel: scale 1/127, 0.6 becomes
 * 76/127. */
static void bias_takes_the_mean_error_back(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,2]\n"
                              "w = Const(0.6 1) : f32[2,1]\n"
                              "b = Const(0.25) : f32[1]\n"
                              "y = MatMul(x, w)\n"
                              "z = BiasAdd(y, b)\n"
                              "return z\n");
    IoptQuantization *plan = t_quant_plan(t, g, &options);

    options.weight_mse = false;
    plan->layers[0].input_mean = calloc(2, sizeof(float));
    T_CHECK(t, plan->layers[0].input_mean);
    plan->layers[0].input_mean[0] = 2;
    plan->layers[0].input_mean[1] = 5; /* its weight is exact */
    IoptGraph *q = t_quant_apply(t, g, plan, &options);
    T_NEAR(t, iopt_f32(iopt_const_input(iopt_graph_find(q, "z"), 1))[0],
           0.25 - 2 * (76.0 / 127 - 0.6), half_step);
    iopt_graph_destroy(q);
    options.bias_correction = false;
    q = t_quant_apply(t, g, plan, &options);
    T_NEAR(t, iopt_f32(iopt_const_input(iopt_graph_find(q, "z"), 1))[0], 0.25, half_step);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(q);
    iopt_graph_destroy(g);
}

/* A 3x1 depthwise filter on a column of 4 with padding SAME: the outer taps are inside for 3 of 4
 * outputs.  Weights 0.6, 1, 0.6 per channel, two channels; no bias before. */
static void padding_adds_nothing_to_the_mean(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,4,1,2]\n"
                              "w = Const(0.6 0.6 1 1 0.6 0.6) : f32[3,1,2,1]\n"
                              "y = DepthwiseConv2dNative(x, w) strides=[1,1,1,1] padding=SAME\n"
                              "z = Relu(y)\n"
                              "return z\n");
    IoptQuantization *plan = t_quant_plan(t, g, &options);

    options.weight_mse = false;
    plan->layers[0].input_mean = calloc(2, sizeof(float));
    T_CHECK(t, plan->layers[0].input_mean);
    plan->layers[0].input_mean[0] = 2;
    plan->layers[0].input_mean[1] = 4;
    IoptGraph *q = t_quant_apply(t, g, plan, &options);
    const IoptNode *const bias = t_source(t, q, "z", 0);
    T_SAME_TEXT(t, bias->op, "BiasAdd");
    T_SAME_TEXT(t, bias->in[0].node->name, "y");
    const double e = 76.0 / 127 - 0.6;
    T_NEAR(t, iopt_f32(iopt_const_input(bias, 1))[0], -e * 2 * (0.75 + 0.75), half_step);
    T_NEAR(t, iopt_f32(iopt_const_input(bias, 1))[1], -e * 4 * (0.75 + 0.75), half_step);
    const IoptTensor *const scale = iopt_const_input(t_source(t, q, "y", 1), 1);
    T_CHECK(t, scale && scale->shape.rank == 2 && scale->shape.dim[0] == 2);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(q);
    iopt_graph_destroy(g);
}

/* --- weights -------------------------------------------------------------------------------- */

static void transposed_matrices_are_turned(Test *t)
{
    IoptGraph *q = t_quantize(t,
                              "x = Placeholder() : f32[1,2]\n"
                              "w = Const(127 1 64 -64 2 -2) : f32[3,2]\n"
                              "y = MatMul(x, w) transpose_b=true\n"
                              "return y\n",
                              iopt_int8_options());
    const IoptNode *const y = iopt_graph_find(q, "y"), *const cast = y->in[1].node->in[0].node;
    const int8_t *const codes = iopt_const_input(cast, 0)->data;

    T_CHECK(t, !iopt_attr_bool(y, "transpose_b", true));
    T_SAME_INT(t, codes[0], 127);
    T_SAME_INT(t, codes[3], 1);
    T_SAME_INT(t, codes[1], 127);
    T_SAME_INT(t, codes[4], -127);
    iopt_graph_destroy(q);
}

/* 999 small weights and a large one: clipping the large one costs less than coarse steps. */
static void least_squares_beats_the_largest(Test *t)
{
    const int64_t dims[2] = { 1000, 1 };
    const IoptShape shape = iopt_shape(2, dims);
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,1000]\n"
                              "w = Const(1) : f32[1000,1]\n"
                              "y = MatMul(x, w)\n"
                              "return y\n");
    IoptTensor *w = t_random(t, IOPT_F32, &shape, 7);
    IoptInt8Weights fine, coarse;
    IoptFilterLayout layout;

    iopt_f32_mut(w)[3] = 1.2f;
    T_CHECK(t, iopt_filter_layout(iopt_graph_find(g, "y"), &layout));
    T_OK(t, iopt_int8_weights_choose(w, &layout, true, NULL, &fine, &t->err));
    T_OK(t, iopt_int8_weights_choose(w, &layout, false, NULL, &coarse, &t->err));
    T_NEAR(t, iopt_f32(coarse.scale)[0], 1.2 / 127, 1e-6);
    T_CHECK(t, iopt_f32(fine.scale)[0] < iopt_f32(coarse.scale)[0]);
    T_CHECK(t, fine.sqnr_db > coarse.sqnr_db);
    iopt_int8_weights_free(&fine);
    iopt_int8_weights_free(&coarse);
    iopt_tensor_destroy(w);
    iopt_graph_destroy(g);
}

static void weights8_keeps_outputs_and_names(Test *t)
{
    IoptGraph *g = t_graph(t, T_QUANT_NET "k = Const(random 6) : f32[4,4,3,2]\n"
                                          "n = Const(1 8 8 3) : i32[4]\n"
                                          "m = Const(random 7) : f32[64,2]\n"
                                          "f = Const(-1 64) : i32[2]\n"
                                          "o = Reshape(d, f)\n"
                                          "p = MatMul(o, m)\n"
                                          "return s, p\n");
    IoptPassLog log = { 0 };

    T_OK(t, iopt_recipe_run(&g, iopt_recipe_find("weights8"), &(IoptPipelineOptions){ 0 }, &log,
                            &t->err));
    T_SAME_TEXT(t, t_source(t, g, "p", 1)->op, "Mul");
    T_SAME_TEXT(t, t_source(t, g, "p", 1)->name, "m");
    T_SAME_TEXT(t, t_source(t, g, "c", 1)->op, "Mul");
    T_SAME_TEXT(t, t_source(t, g, "e", 1)->op, "Const"); /* 12 weights: not worth it */
    T_SAME_INT(t, t_count_ops(g, "FakeQuantWithMinMaxVars"), 0);
    iopt_pass_log_free(&log);
    iopt_graph_destroy(g);
}

/* Conv2DBackpropInput's filter is [h,w,out,in]: a scale for each `out`. */
static void transposed_convolutions_have_channels_before(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,2,2,8]\n"
                              "n = Const(1 4 4 4) : i32[4]\n"
                              "w = Const(random 1) : f32[2,2,4,8]\n"
                              "y = Conv2DBackpropInput(n, w, x) strides=[1,2,2,1] padding=SAME\n"
                              "return y\n");
    IoptTensor *before[1], *after[1];
    IoptPassContext context = { 0 };

    t_eval(t, g, before);
    T_OK(t, iopt_pass_run(iopt_pass_find("weights_to_int8"), g, &context, &t->err));
    T_SAME_INT(t, context.changes, 1);
    const IoptTensor *const scale = iopt_const_input(t_source(t, g, "y", 1), 1);
    T_CHECK(t, scale && scale->shape.rank == 2 && scale->shape.dim[0] == 4);
    t_eval(t, g, after);
    for (size_t i = 0; i < iopt_elems(before[0]); i++) /* 8 * 1..4 products, each off by half */
        T_NEAR(t, iopt_f32(after[0])[i], iopt_f32(before[0])[i], 8 * 0.5 / 127);
    iopt_tensor_destroy(before[0]);
    iopt_tensor_destroy(after[0]);
    iopt_graph_destroy(g);
}

const TestCase tests_int8_weights[] = {
    TEST(bias_takes_the_mean_error_back),
    TEST(padding_adds_nothing_to_the_mean),
    TEST(transposed_matrices_are_turned),
    TEST(least_squares_beats_the_largest),
    TEST(weights8_keeps_outputs_and_names),
    TEST(transposed_convolutions_have_channels_before),
    { 0 },
};
