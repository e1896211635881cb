/* Sets of channels, factors by hand, and scaling that outputs do not notice. */
#include "passes/int8/equalize.h"

#include <math.h>
#include <stdlib.h>

#include "t.h"
#include "t_graph.h"

/* c and e go side by side, and their sum with another layer's channels ties them to it. */
static const char branches[] = "x = Placeholder() : f32[1,8,8,3]\n"
                               "w = Const(random 1) : f32[3,3,3,4]\n"
                               "b = Const(0.5 -1 2 0) : f32[4]\n"
                               "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                               "d = BiasAdd(c, b)\n"
                               "r = Relu(d)\n"
                               "v = Const(random 2) : f32[1,1,3,2]\n"
                               "e = Conv2D(x, v) strides=[1,1,1,1] padding=SAME\n"
                               "axis = Const(-1) : i32[]\n"
                               "k = ConcatV2(r, e, axis)\n"
                               "p = MaxPool(k) ksize=[1,2,2,1] strides=[1,2,2,1] padding=VALID\n"
                               "u = Const(random 3) : f32[3,3,6,6]\n"
                               "f = Conv2D(p, u) strides=[1,1,1,1] padding=SAME\n"
                               "s = AddV2(f, p)\n"
                               "z = Const(random 4) : f32[3,3,6,2]\n"
                               "g = DepthwiseConv2dNative(s, z) strides=[1,1,1,1] padding=SAME\n"
                               "axes = Const(1 2) : i32[2]\n"
                               "m = Mean(g, axes) keep_dims=false Tidx=i32\n"
                               "o = Const(random 5) : f32[12,5]\n"
                               "y = MatMul(m, o)\n"
                               "return y\n";

static size_t set_of(Test *t, const IoptChannelSets *sets, const IoptGraph *g, const char *name,
                     size_t c)
{
    const IoptChannels *const channels = iopt_channels_of(sets, iopt_graph_find(g, name));

    T_CHECK(t, c < channels->count);
    return sets->of[channels->first + c];
}

static void channels_go_together(Test *t)
{
    IoptGraph *g = t_graph(t, branches);
    IoptChannelSets sets;

    T_OK(t, iopt_channel_sets_find(g, &sets, &t->err));
    T_SAME_INT(t, sets.n_sets, 6 + 12 + 5); /* of the concatenation, of g, of y */
    for (size_t c = 0; c < 6; c++) {
        T_SAME_INT(t, set_of(t, &sets, g, "f", c), set_of(t, &sets, g, "k", c));
        T_SAME_INT(t, set_of(t, &sets, g, c < 4 ? "c" : "e", c < 4 ? c : c - 4),
                   set_of(t, &sets, g, "s", c));
        T_CHECK(t, !sets.pinned[set_of(t, &sets, g, "s", c)]);
        T_CHECK(t, sets.pinned[set_of(t, &sets, g, "y", c % 5)]); /* an output */
    }
    T_SAME_INT(t, set_of(t, &sets, g, "m", 11), set_of(t, &sets, g, "g", 11));
    iopt_channel_sets_free(&sets);
    iopt_graph_destroy(g);
}

static void outputs_stay(Test *t)
{
    IoptGraph *g = t_graph(t, branches);
    IoptChannelSets sets;
    IoptTensor *before, *after;
    double factor[32];

    t_eval(t, g, &before);
    T_OK(t, iopt_channel_sets_find(g, &sets, &t->err));
    for (size_t set = 0; set < sets.n_sets; set++)
        factor[set] = sets.pinned[set] ? 1 : 0.3 + (double)(set * 7 % 5);
    T_OK(t, iopt_equalize_apply(g, &sets, factor, &t->err));
    t_eval(t, g, &after);
    for (size_t i = 0; i < iopt_elems(before); i++)
        T_NEAR(t, iopt_f32(after)[i], iopt_f32(before)[i], 1e-4);
    iopt_tensor_destroy(before);
    iopt_tensor_destroy(after);
    iopt_channel_sets_free(&sets);
    iopt_graph_destroy(g);
}

#define CHAIN(more, result)                             \
    "x = Placeholder() : f32[1,4,4,1]\n"                \
    "w = Const(1 1) : f32[1,1,1,2]\n"                   \
    "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n" \
    "r = Relu(c)\n"                                     \
    "v = Const(1) : f32[1,1,2,1]\n"                     \
    "y = DepthwiseConv2dNative(r, v) strides=[1,1,1,1] padding=SAME\n" more "return y" result "\n"

static void choose(Test *t, const char *text, const double peak[2], double factor[2])
{
    IoptGraph *g = t_graph(t, text);
    IoptEqualizeReport report;
    IoptChannelSets sets;
    double peaks[8] = { 0 }, powers[8] = { 0 }, factors[8];

    T_OK(t, iopt_channel_sets_find(g, &sets, &t->err));
    for (size_t c = 0; c < 2; c++) {
        peaks[set_of(t, &sets, g, "r", c)] = peak[c];
        powers[set_of(t, &sets, g, "r", c)] = peak[c] * peak[c] / 9;
    }
    const IoptEqualizeInput input = { peaks, powers, 0.95, 1 };
    T_OK(t, iopt_equalize_choose(g, &sets, &input, factors, &report, &t->err));
    for (size_t c = 0; c < 2; c++)
        factor[c] = factors[set_of(t, &sets, g, "r", c)];
    T_SAME_INT(t, report.sets, (factor[0] != 1) + (factor[1] != 1));
    T_CHECK(t, report.sets == 0 || report.noise_db > 0);
    iopt_channel_sets_free(&sets);
    iopt_graph_destroy(g);
}

/* Channels of 8 and 1 that nobody mixes: both get all steps, around their geometric mean. */
static void channels_become_alike(Test *t)
{
    static const double peak[2] = { 8, 1 };
    double factor[2];

    choose(t, CHAIN("", ""), peak, factor);
    T_NEAR(t, factor[0], sqrt(8), 1e-6);
    T_NEAR(t, factor[1], 1 / sqrt(8), 1e-6);
}

static void what_is_alike_dead_or_pinned_stays(Test *t)
{
    static const double alike[2] = { 3, 3 }, dead[2] = { 3, 0 }, peak[2] = { 8, 1 };
    double factor[2];

    choose(t, CHAIN("", ""), alike, factor);
    T_CHECK(t, factor[0] == 1 && factor[1] == 1);
    choose(t, CHAIN("", ""), dead, factor);
    T_CHECK(t, factor[1] == 1);
    choose(t, CHAIN("q = Sigmoid(r)\n", ", q"), peak, factor);
    T_CHECK(t, factor[0] == 1 && factor[1] == 1);
}

const TestCase tests_equalize[] = {
    TEST(channels_go_together),
    TEST(outputs_stay),
    TEST(channels_become_alike),
    TEST(what_is_alike_dead_or_pinned_stays),
    { 0 },
};
