/* Equalizing channels, with answers by hand. */
#include "passes/pass.h"
#include "t_quant.h"

static const float *constant(Test *t, const IoptGraph *g, const char *node, size_t slot)
{
    const IoptTensor *const tensor = iopt_const_input(iopt_graph_find(g, node), slot);

    T_CHECK(t, tensor != NULL);
    return iopt_f32(tensor);
}

/* Channels of reach 3 * 16 and 3 * 1, read with weights 1 and 16: s = 4, 1/4 makes both alike. */
static void opposite_channels_become_alike(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,4,4,1]\n"
                              "w = Const(16 1) : f32[1,1,1,2]\n"
                              "b = Const(0) : f32[2]\n"
                              "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                              "d = BiasAdd(c, b)\n"
                              "r = Relu(d)\n"
                              "v = Const(1 16) : f32[1,1,2,1]\n"
                              "y = DepthwiseConv2dNative(r, v) strides=[1,1,1,1] padding=SAME\n"
                              "return y\n");

    t_run_pass(t, g, "equalize_channels"); /* compares outputs, too */
    T_NEAR(t, constant(t, g, "c", 1)[0], 4, 1e-5);
    T_NEAR(t, constant(t, g, "c", 1)[1], 4, 1e-5);
    T_NEAR(t, constant(t, g, "y", 1)[0], 4, 1e-5);
    T_NEAR(t, constant(t, g, "y", 1)[1], 4, 1e-5);
    IoptPassContext again = { 0 };
    T_OK(t, iopt_pass_run(iopt_pass_find("equalize_channels"), g, &again, &t->err));
    T_SAME_INT(t, again.changes, 0);
    iopt_graph_destroy(g);
}

/* Two MatMuls read it; 8 is the most that a channel is scaled by; the bias goes along. */
static void factors_have_bounds(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,1]\n"
                              "w = Const(1 1000) : f32[1,2]\n"
                              "b = Const(0 -2) : f32[2]\n"
                              "c = MatMul(x, w)\n"
                              "d = BiasAdd(c, b)\n"
                              "r = Relu(d)\n"
                              "v = Const(1000 1) : f32[2,1]\n"
                              "u = Const(1000 1) : f32[2,1]\n"
                              "y = MatMul(r, v)\n"
                              "z = MatMul(r, u)\n"
                              "return y, z\n");

    IoptPassContext context = { 0 };
    T_OK(t, iopt_pass_run(iopt_pass_find("equalize_channels"), g, &context, &t->err));
    const float *const w = constant(t, g, "c", 1), *const b = constant(t, g, "d", 1);
    const float *const v = constant(t, g, "y", 1), *const u = constant(t, g, "z", 1);
    for (size_t i = 0; i < 2; i++) {
        T_NEAR(t, w[i] * v[i], 1000, 1e-3);
        T_NEAR(t, b[i] * v[i], i ? -2 : 0, 1e-5);
        T_NEAR(t, v[i], u[i], 0);
        T_NEAR(t, v[i], i ? 8 : 125, 1e-3);
    }
    iopt_graph_destroy(g);
}

#define RELU6(weights)                    \
    "x = Placeholder() : f32[1,1]\n"      \
    "a = Relu6(x)\n"                      \
    "w = Const(" weights ") : f32[1,2]\n" \
    "c = MatMul(a, w)\n"                  \
    "r = Relu6(c)\n"                      \
    "v = Const(1 100) : f32[2,1]\n"       \
    "y = MatMul(r, v)\n"                  \
    "return y\n"

/* 6 * 0.001 and 6 * 0.9 stay below 6: scaled as far as they still do; 6 * 2 does not. */
static void relu6_is_crossed_only_where_proven(Test *t)
{
    IoptGraph *g = t_graph(t, RELU6("0.001 0.9"));

    t_run_pass(t, g, "equalize_channels");
    const float *const w = constant(t, g, "c", 1);
    T_CHECK(t, w[0] <= 1 && w[1] <= 1.0001f);
    iopt_graph_destroy(g);
    g = t_graph(t, RELU6("2 3"));
    t_run_pass(t, g, "equalize_channels");
    T_NEAR(t, constant(t, g, "c", 1)[0], 2, 0);
    T_NEAR(t, constant(t, g, "y", 1)[1], 100, 0);
    iopt_graph_destroy(g);
}

static void what_others_read_stays(Test *t)
{
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,1]\n"
                              "w = Const(16 1) : f32[1,2]\n"
                              "c = MatMul(x, w)\n"
                              "v = Const(1 16) : f32[2,1]\n"
                              "y = MatMul(c, v)\n"
                              "z = Sigmoid(c)\n"
                              "return y, z\n");
    IoptPassContext context = { 0 };

    T_OK(t, iopt_pass_run(iopt_pass_find("equalize_channels"), g, &context, &t->err));
    T_SAME_INT(t, context.changes, 0);
    iopt_graph_destroy(g);
}

const TestCase tests_equalize_channels[] = {
    TEST(opposite_channels_become_alike),
    TEST(factors_have_bounds),
    TEST(relu6_is_crossed_only_where_proven),
    TEST(what_others_read_stays),
    { 0 },
};
