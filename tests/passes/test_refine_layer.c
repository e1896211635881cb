/* Rounding refined on data: answers by hand, errors that shrink. */
#include <math.h>
#include <stdlib.h>

#include "passes/int8/refine_layer.h"
#include "t_quant.h"

static void refine(Test *t, IoptGraph *g, IoptQuantization *plan, const IoptInt8Options *options,
                   const float *rows, size_t count, double *gain)
{
    IoptMoments moments;
    IoptFilterLayout layout;
    size_t bytes;

    const IoptNode *const node = iopt_graph_find(g, plan->layers[0].node);
    T_CHECK(t, iopt_filter_layout(node, &layout));
    iopt_moments_shape(iopt_filter_tensor(node, &layout), &layout, plan->layers[0].in_channels,
                       &moments, &bytes);
    T_OK(t, iopt_moments_create(&moments, &t->err));
    T_OK(t, iopt_moments_add(&moments, rows, count, &t->err));
    T_OK(t, iopt_refine_layer(g, &plan->layers[0], options, &moments, gain, &t->err));
    iopt_moments_free(&moments);
}

/* The third weight makes the scale 1.  Inputs 0 and 1 are always equal: 0.4 + 0.4 is best as 1 in
 * all, where each alone is rounded to 0. */
static void equal_inputs_share_their_rounding(Test *t)
{
    static const float rows[4][3] = { { 1, 1, 0 }, { -1, -1, 1 }, { 2, 2, 0 }, { -2, -2, -1 } };
    IoptInt8Options options = iopt_int8_options();
    options.weight_mse = false;
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,3]\n"
                              "w = Const(0.4 0.4 127) : f32[3,1]\n"
                              "y = MatMul(x, w)\n"
                              "return y\n");
    IoptQuantization *plan = t_quant_plan(t, g, &options);
    double gain;

    refine(t, g, plan, &options, rows[0], 4, &gain);
    const int8_t *const codes = plan->layers[0].rounded->data;
    T_SAME_INT(t, codes[0] + codes[1], 1);
    T_SAME_INT(t, codes[2], 127);
    T_NEAR(t, plan->layers[0].rounded_scale[0], 1, 1e-6);
    T_CHECK(t, gain > 4); /* errors 0.8 and 0.2, squared, but for the damping */
    IoptGraph *q = t_quant_apply(t, g, plan, &options);
    const IoptNode *const cast = t_source(t, q, "y", 1)->in[0].node;
    T_CHECK(t, memcmp(iopt_const_input(cast, 0)->data, codes, 3) == 0);
    iopt_graph_destroy(q);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
}

/* Inputs that have nothing to do with each other: the nearest codes are the best ones. */
static void independent_inputs_keep_the_nearest(Test *t)
{
    static const float rows[6][3] = { { 1, 0, 0 },  { -1, 0, 0 }, { 0, 3, 0 },
                                      { 0, -3, 0 }, { 0, 0, 2 },  { 0, 0, -2 } };
    IoptInt8Options options = iopt_int8_options();
    options.weight_mse = false;
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,3]\n"
                              "w = Const(0.4 -3.6 127) : f32[3,1]\n"
                              "y = MatMul(x, w)\n"
                              "return y\n");
    IoptQuantization *plan = t_quant_plan(t, g, &options);
    double gain;

    refine(t, g, plan, &options, rows[0], 6, &gain);
    const int8_t *const codes = plan->layers[0].rounded->data;
    T_SAME_INT(t, codes[0], 0);
    T_SAME_INT(t, codes[1], -4);
    T_NEAR(t, gain, 1, 1e-6);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
}

enum { ROWS = 200, TAPS = 9, CHANNELS = 4 };

/* A depthwise layer: a group of taps for each channel; rows whose taps hang together. */
static void outputs_err_less(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,8,8,4]\n"
                              "w = Const(random 3) : f32[3,3,4,1]\n"
                              "y = DepthwiseConv2dNative(x, w) strides=[1,1,1,1] padding=SAME\n"
                              "return y\n");
    IoptQuantization *plan = t_quant_plan(t, g, &options);
    const int64_t dims[3] = { ROWS, CHANNELS, TAPS };
    const IoptShape shape = iopt_shape(3, dims);
    IoptTensor *rows = t_random(t, IOPT_F32, &shape, 5);
    float *const x = iopt_f32_mut(rows);
    double gain;

    for (size_t i = 0; i < iopt_elems(rows); i++)
        x[i] = 0.2f * x[i] + (i % TAPS ? x[i - 1] : x[i]);
    refine(t, g, plan, &options, x, ROWS, &gain);
    T_CHECK(t, gain > 1.1);
    T_SAME_INT(t, iopt_elems(plan->layers[0].rounded), TAPS * CHANNELS);
    iopt_tensor_destroy(rows);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
}

const TestCase tests_refine_layer[] = {
    TEST(equal_inputs_share_their_rounding),
    TEST(independent_inputs_keep_the_nearest),
    TEST(outputs_err_less),
    { 0 },
};
