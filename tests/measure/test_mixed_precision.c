/* Layers become float where eight bits cost too much, and only there. */
#include <math.h>
#include <string.h>

#include "measure/mixed_precision.h"
#include "t_quant.h"

enum { IMAGES = 64 };

/* 64 images, 4 batches; no labels. */
static IoptTrialImages trial_images(Test *t)
{
    const IoptShape shape = iopt_shape(4, (const int64_t[]){ 16, 6, 6, 2 });
    IoptTrialImages trial = { 0 };

    for (unsigned i = 0; i < IMAGES / 16; i++) {
        IoptTensor *const images = t_random(t, IOPT_F32, &shape, 100 + i);
        T_OK(t, iopt_trial_images_add(&trial, images, 16, NULL, &t->err));
        iopt_tensor_destroy(images);
    }
    return trial;
}

/* 108 classes, which are pixels: other images, other classes. */
#define NET                                       \
    T_QUANT_NET "flat = Const(-1 108) : i32[2]\n" \
                "l = Reshape(e, flat)\n"          \
                "p = Softmax(l)\n"                \
                "return p\n"

typedef struct Case {
    IoptGraph *graph, *mixed;
    IoptInt8Options options;
    IoptQuantization *plan;
    IoptTrialImages images;
    IoptMixedReport report;
} Case;

static void set_range(Test *t, const Case *c, const char *value, float min, float max)
{
    const int point = iopt_quantization_find(c->plan, value);

    T_CHECK(t, point != IOPT_NO_POINT);
    c->plan->points[point].min = min;
    c->plan->points[point].max = max;
}

/* A range so large that hardly a step is left for what really occurs. */
static void spoil(Test *t, const Case *c, const char *value)
{
    set_range(t, c, value, -300, 300);
}

static Case open_case(Test *t)
{
    Case c = { .graph = t_graph(t, NET),
               .options = iopt_int8_options(),
               .images = trial_images(t) };

    c.plan = t_quant_plan(t, c.graph, &c.options);
    T_SAME_INT(t, c.plan->n_layers, 2);
    set_range(t, &c, "x", -1, 1);
    set_range(t, &c, "r", 0, 6);
    return c;
}

static void mix(Test *t, Case *c, double budget)
{
    const IoptMixedRequest request = { .budget = budget,
                                       .techniques = &c->options,
                                       .plan = { .threads = 1 },
                                       .images = &c->images,
                                       .ignore_times = true };
    T_OK(t, iopt_mixed_precision(c->graph, c->plan, &request, &c->mixed, &c->report, &t->err));
}

static void close_case(Case *c)
{
    iopt_mixed_report_free(&c->report);
    iopt_trial_images_free(&c->images);
    iopt_quantization_destroy(c->plan);
    iopt_graph_destroy(c->graph);
    iopt_graph_destroy(c->mixed);
}

static IoptPrecision precision(Test *t, const Case *c, const char *layer)
{
    for (size_t i = 0; i < c->plan->n_layers; i++)
        if (strcmp(c->plan->layers[i].node, layer) == 0)
            return c->plan->layers[i].precision;
    T_FAIL(t, "no layer %s", layer);
}

static void what_keeps_the_budget_stays(Test *t)
{
    Case c = open_case(t);

    mix(t, &c, 50);
    T_CHECK(t, c.report.is_met && c.mixed);
    T_SAME_INT(t, c.report.trials, 1);
    T_SAME_INT(t, c.report.experiments, 0);
    T_SAME_INT(t, c.report.layers_int8, 2);
    T_CHECK(t, !c.report.has_labels);
    T_SAME_INT(t, c.report.chosen.images, IMAGES);
    T_NEAR(t, c.report.macs_int8, c.report.macs, 0);
    T_CHECK(t, isnan(c.report.damage[0]));
    close_case(&c);
}

static void the_layer_that_does_the_damage_becomes_float(Test *t)
{
    Case c = open_case(t);

    spoil(t, &c, "x");
    mix(t, &c, 12);
    T_CHECK(t, c.report.is_met && c.mixed);
    T_CHECK(t, iopt_budget_loss(&c.report.full) > 12);
    T_CHECK(t, iopt_budget_loss(&c.report.chosen) <= 12);
    T_SAME_INT(t, precision(t, &c, "c"), IOPT_PRECISION_FLOAT);
    T_SAME_INT(t, precision(t, &c, "e"), IOPT_PRECISION_INT8);
    T_CHECK(t, strstr(c.plan->layers[0].why, "accuracy: "));
    T_CHECK(t, c.report.damage[0] > c.report.damage[1]);
    T_SAME_INT(t, c.report.layers_int8, 1);
    T_CHECK(t,
            iopt_graph_find(c.mixed, "r/fake_quant") && !iopt_graph_find(c.mixed, "x/fake_quant"));
    close_case(&c);
}

static void a_budget_that_cannot_be_met_leaves_floats(Test *t)
{
    Case c = open_case(t);

    spoil(t, &c, "x");
    spoil(t, &c, "r");
    mix(t, &c, 0.001);
    T_CHECK(t, !c.report.is_met && !c.mixed);
    T_SAME_INT(t, c.report.layers_int8, 0);
    T_SAME_INT(t, precision(t, &c, "c"), IOPT_PRECISION_FLOAT);
    T_SAME_TEXT(t, c.plan->layers[1].why, "the accuracy budget cannot be met in 8 bits");
    close_case(&c);
}

static void two_runs_choose_the_same(Test *t)
{
    Case a = open_case(t), b = open_case(t);

    spoil(t, &a, "x");
    spoil(t, &b, "x");
    mix(t, &a, 12);
    mix(t, &b, 12);
    T_NEAR(t, a.report.chosen.divergence, b.report.chosen.divergence, 0);
    T_NEAR(t, a.report.damage[1], b.report.damage[1], 0);
    T_SAME_INT(t, a.mixed->n_nodes, b.mixed->n_nodes);
    close_case(&a);
    close_case(&b);
}

static void without_images_nothing_can_be_judged(Test *t)
{
    Case c = open_case(t);
    const IoptTrialImages none = { 0 };
    const IoptMixedRequest request = { .techniques = &c.options, .images = &none };

    T_FAILS(t, iopt_mixed_precision(c.graph, c.plan, &request, &c.mixed, &c.report, &t->err),
            IOPT_BAD_DATA, "no images");
    close_case(&c);
}

static void layers_are_found_among_the_steps(Test *t)
{
    Case c = open_case(t);
    const IoptPlanOptions options = { .threads = 1 };
    IoptLayerTime times[2], whole;

    c.mixed = t_quant_apply(t, c.graph, c.plan, &c.options);
    T_OK(t, iopt_layer_times(c.graph, c.mixed, c.plan, &options, c.images.batches[0], 2, times,
                             &whole, &t->err));
    for (size_t i = 0; i < 2; i++)
        T_CHECK(t, times[i].before_ms >= 0 && times[i].after_ms >= 0); /* not NaN */
    T_CHECK(t, whole.before_ms > 0 && whole.after_ms > 0);
    close_case(&c);
}

const TestCase tests_mixed_precision[] = {
    TEST(what_keeps_the_budget_stays),
    TEST(the_layer_that_does_the_damage_becomes_float),
    TEST(a_budget_that_cannot_be_met_leaves_floats),
    TEST(two_runs_choose_the_same),
    TEST(without_images_nothing_can_be_judged),
    TEST(layers_are_found_among_the_steps),
    { 0 },
};
