/* Factors of channels through a calibration, and what people may write into one. */
#include "measure/channel_factors.h"

#include "t.h"
#include "t_graph.h"

/* The channels of c and e are added: they go together. */
static const char net[] = "x = Placeholder() : f32[1,4,4,1]\n"
                          "w = Const(random 1) : f32[1,1,1,2]\n"
                          "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                          "u = Const(random 2) : f32[1,1,1,2]\n"
                          "e = Conv2D(x, u) strides=[1,1,1,1] padding=SAME\n"
                          "s = AddV2(c, e)\n"
                          "v = Const(random 3) : f32[1,1,2,1]\n"
                          "y = Conv2D(s, v) strides=[1,1,1,1] padding=SAME\n"
                          "return y\n";

static void factors_come_back(Test *t)
{
    IoptGraph *g = t_graph(t, net);
    IoptCalibration kept = { 0 }, copy = { 0 };
    IoptChannelSets sets;
    double factor[3] = { 1, 1, 1 }, back[3];

    T_OK(t, iopt_channel_sets_find(g, &sets, &t->err));
    T_SAME_INT(t, sets.n_sets, 3);
    for (size_t set = 0; set < 3; set++)
        factor[set] = sets.pinned[set] ? 1 : 0.25 + (double)set;
    T_OK(t, iopt_channel_factors_keep(g, &sets, factor, &kept, &t->err));
    T_SAME_INT(t, kept.n_factors, 2); /* y keeps its own */
    T_OK(t, iopt_channel_factors_copy(&kept, &copy, &t->err));
    T_OK(t, iopt_channel_factors_read(&copy, g, &sets, back, &t->err));
    for (size_t set = 0; set < 3; set++)
        T_NEAR(t, back[set], factor[set], 0);
    iopt_calibration_free(&kept);
    iopt_calibration_free(&copy);
    iopt_channel_sets_free(&sets);
    iopt_graph_destroy(g);
}

static void mistakes_are_named(Test *t)
{
    static const float fine[2] = { 2, 1 }, other[2] = { 4, 1 }, zero[2] = { 1, 0 };
    const struct {
        IoptChannelNumbers given[2];
        size_t count;
        const char *message;
    } cases[] = {
        { { { "q", 2, fine } }, 1, "channel_factors 'q': the graph has no such layer" },
        { { { "s", 2, fine } }, 1, "channel_factors 's': the graph has no such layer" },
        { { { "c", 1, fine } }, 1, "channel_factors 'c': 1 numbers for 2 channels" },
        { { { "c", 2, zero } }, 1, "channel_factors 'c': channel 1 has 0; want 1e-06 .. 1e+06" },
        { { { "y", 1, fine } },
          1,
          "channel_factors 'y': channel 0 cannot be scaled in this graph; want 1, not 2" },
        { { { "c", 2, fine }, { "e", 2, other } },
          2,
          "channel_factors 'e': channel 0 has 4, another layer whose channels go together with it "
          "2" },
    };
    IoptGraph *g = t_graph(t, net);
    IoptChannelSets sets;
    double factor[3];

    T_OK(t, iopt_channel_sets_find(g, &sets, &t->err));
    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        IoptChannelNumbers given[2] = { cases[i].given[0], cases[i].given[1] };
        const IoptCalibration calibration = { .factors = given, .n_factors = cases[i].count };
        T_FAILS(t, iopt_channel_factors_read(&calibration, g, &sets, factor, &t->err),
                IOPT_BAD_DATA, cases[i].message);
    }
    iopt_channel_sets_free(&sets);
    iopt_graph_destroy(g);
}

const TestCase tests_channel_factors[] = {
    TEST(factors_come_back),
    TEST(mistakes_are_named),
    { 0 },
};
