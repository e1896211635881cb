/* Calibrations go from statistics to plans, and through files that people may edit. */
#include "measure/calibration.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "t.h"
#include "t_graph.h"

static void write_file(Test *t, const char *path, const char *text)
{
    IoptOutput *output;

    T_OK(t, iopt_output_open(path, &output, &t->err));
    T_OK(t, iopt_output_write(output, text, strlen(text), &t->err));
    T_OK(t, iopt_output_commit(output, &t->err));
}

/* A plan by hand: two points, one of them bounded as by Relu6, and one layer. */
typedef struct Hand {
    IoptQuantPoint points[2];
    IoptQuantLayer layer;
    IoptQuantization plan;
} Hand;

static void make_plan(Test *t, Hand *hand)
{
    *hand = (Hand){
        .points = { { .value = "x", .bits = 8, .lowest = -INFINITY, .highest = INFINITY },
                    { .value = "r", .bits = 8, .lowest = 0, .highest = 6 } },
        .layer = { .node = "c", .op = "Conv2D", .in_channels = 2, .out_channels = 1 },
    };
    hand->plan = (IoptQuantization){
        .points = hand->points, .n_points = 2, .layers = &hand->layer, .n_layers = 1
    };
    T_OK(t, iopt_arena_create(&hand->plan.arena, &t->err));
}

static void free_plan(Hand *hand)
{
    free(hand->layer.input_mean);
    iopt_arena_destroy(hand->plan.arena);
}

static const char text[] = "x = Placeholder() : f32[?,1,1,2]\n"
                           "w = Const(1) : f32[1,1,2,1]\n"
                           "c = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\n"
                           "r = Relu6(c)\n"
                           "return r\n";

/* What x and r are if rows of `values` (two channels) are fed. */
static void choose(Test *t, const Hand *hand, const float *values, size_t rows,
                   IoptCalibration *out)
{
    const IoptRangeOptions options = { .method = IOPT_RANGE_MINMAX, .threads = 2 };
    double sums[4] = { 0 };
    IoptGraph *const graph = t_graph(t, text);
    IoptWatched watched[2] = { { .value = "x",
                                 .by_value = true,
                                 .channels = 2,
                                 .channel_sum = sums,
                                 .channel_squares = sums + 2 },
                               { .value = "r", .by_value = true } };
    const IoptStatistics statistics = { watched, 2, rows };

    for (size_t i = 0; i < 2; i++)
        T_OK(t, iopt_histogram_init(&watched[i].histogram, &t->err));
    iopt_histogram_add(&watched[0].histogram, values, 2 * rows);
    watched[0].rows = (double)rows;
    for (size_t i = 0; i < rows; i++) {
        const float r = fminf(fmaxf(values[2 * i] + values[2 * i + 1], 0), 6);
        iopt_histogram_add(&watched[1].histogram, &r, 1);
        sums[0] += (double)values[2 * i];
        sums[1] += (double)values[2 * i + 1];
    }
    T_OK(t, iopt_calibration_choose(&hand->plan, graph, &statistics, &options, out, &t->err));
    for (size_t i = 0; i < 2; i++)
        iopt_histogram_free(&watched[i].histogram);
    iopt_graph_destroy(graph);
}

static void each_value_is_watched_once(Test *t)
{
    IoptGraph *const graph = t_graph(t, text);
    IoptWatch *watches;
    size_t count;
    Hand hand;

    make_plan(t, &hand);
    T_OK(t, iopt_calibration_watches(&hand.plan, graph, &watches, &count, &t->err));
    T_SAME_INT(t, count, 2);
    T_SAME_TEXT(t, watches[0].value, "x"); /* point and input of the layer */
    T_CHECK(t, watches[0].by_value && watches[0].by_channel);
    T_CHECK(t, watches[1].by_value && !watches[1].by_channel);
    free(watches);
    free_plan(&hand);
    iopt_graph_destroy(graph);
}

static void a_plan_gets_ranges_and_means(Test *t)
{
    static const float values[] = { -1, 2, 3, 5, 0, 1, 2, 0 };
    IoptCalibration calibration;
    IoptCalibrationFit fit;
    Hand hand;

    make_plan(t, &hand);
    choose(t, &hand, values, 4, &calibration);
    T_SAME_INT(t, calibration.images, 4);
    T_OK(t, iopt_calibration_fill(&calibration, &hand.plan, &fit, &t->err));
    T_SAME_INT(t, fit.filled, 2);
    T_SAME_INT(t, fit.missing + fit.unknown + fit.dead + fit.infinite, 0);
    T_CHECK(t, hand.points[0].has_range && hand.points[1].has_range);
    T_NEAR(t, hand.points[0].max, 5, 0.03);
    T_NEAR(t, hand.points[0].min, -1, 0.03);
    T_CHECK(t, hand.points[1].max <= 6 && hand.points[1].min == 0);
    T_NEAR(t, hand.layer.input_mean[0], 1, 1e-6);
    T_NEAR(t, hand.layer.input_mean[1], 2, 1e-6);
    iopt_calibration_free(&calibration);
    free_plan(&hand);
}

static void what_is_not_finite_stays_float(Test *t)
{
    static const float values[] = { NAN, 2, INFINITY, 5 };
    IoptCalibration calibration;
    IoptCalibrationFit fit;
    Hand hand;

    make_plan(t, &hand);
    choose(t, &hand, values, 2, &calibration);
    T_SAME_INT(t, calibration.n_means, 0);
    T_OK(t, iopt_calibration_fill(&calibration, &hand.plan, &fit, &t->err));
    T_SAME_INT(t, fit.infinite, 1);
    T_SAME_TEXT(t, fit.infinite_value, "x");
    T_CHECK(t,
            !hand.points[0].has_range && strstr(hand.points[0].problem, "1 values of it are NaN"));
    T_CHECK(t, !hand.layer.input_mean);
    iopt_calibration_free(&calibration);
    free_plan(&hand);
}

static void dead_and_constant_values_are_told(Test *t)
{
    static const float values[] = { -2, -2, -2, -2 };
    IoptCalibration calibration;
    IoptCalibrationFit fit;
    Hand hand;

    make_plan(t, &hand);
    choose(t, &hand, values, 2, &calibration);
    T_OK(t, iopt_calibration_fill(&calibration, &hand.plan, &fit, &t->err));
    T_SAME_INT(t, fit.constant, 1);
    T_SAME_TEXT(t, fit.constant_value, "x");
    T_SAME_INT(t, fit.dead, 1);
    T_SAME_TEXT(t, fit.dead_value, "r");
    T_SAME_INT(t, fit.filled, 2);
    iopt_calibration_free(&calibration);
    free_plan(&hand);
}

static void wide_points_take_all_that_was_seen(Test *t)
{
    static const float values[] = { -1, 2, 3, 5 };
    IoptCalibration calibration;
    IoptCalibrationFit fit;
    bool changed;
    Hand hand;

    make_plan(t, &hand);
    choose(t, &hand, values, 2, &calibration);
    T_OK(t, iopt_calibration_fill(&calibration, &hand.plan, &fit, &t->err));
    iopt_calibration_widen(&calibration, &hand.plan, &changed);
    T_CHECK(t, !changed);
    hand.points[0].max = 1; /* as if cut off */
    hand.points[0].settled_bits = 16;
    iopt_calibration_widen(&calibration, &hand.plan, &changed);
    T_CHECK(t, changed && hand.points[0].max == 5);
    iopt_calibration_widen(&calibration, &hand.plan, &changed);
    T_CHECK(t, !changed);
    iopt_calibration_free(&calibration);
    free_plan(&hand);
}

static void files_keep_what_counts(Test *t)
{
    static const float values[] = { -1, 2, 3, 0.1f, 1e-20f, 1, 2, 0 };
    const char *const path = t_path(t_temp_dir(), "calibration.json");
    IoptCalibration saved, loaded;
    Hand hand;

    make_plan(t, &hand);
    choose(t, &hand, values, 4, &saved);
    saved.model = "net \"1\".pb";
    T_OK(t, iopt_calibration_save(&saved, path, &t->err));
    T_OK(t, iopt_calibration_load(path, &loaded, &t->err));
    T_SAME_TEXT(t, loaded.model, saved.model);
    T_SAME_INT(t, loaded.images, 4);
    T_SAME_INT(t, loaded.n_ranges, 2);
    for (size_t i = 0; i < 2; i++) {
        const IoptValueRange *const a = &saved.ranges[i], *const b = &loaded.ranges[i];
        T_SAME_TEXT(t, b->value, a->value);
        T_SAME_TEXT(t, b->method, a->method);
        T_CHECK(t, a->min == b->min && a->max == b->max && a->bits == b->bits);
        T_CHECK(t, a->seen_min == b->seen_min && a->seen_max == b->seen_max);
        T_CHECK(t, a->count == b->count && a->zeros == b->zeros);
        T_NEAR(t, b->mean, a->mean, 1e-6);
    }
    T_SAME_INT(t, loaded.n_means, 1);
    T_SAME_INT(t, loaded.means[0].channels, 2);
    T_NEAR(t, loaded.means[0].numbers[1], saved.means[0].numbers[1], 1e-6);
    iopt_calibration_free(&saved);
    iopt_calibration_free(&loaded);
    free_plan(&hand);
}

#define HEAD "{ \"format\": \"inference-optimizer calibration\", \"version\": 2,\n"

static void an_edited_file_may_say_little(Test *t)
{
    const char *const path = t_path(t_temp_dir(), "little.json");
    IoptCalibration calibration;
    IoptCalibrationFit fit;
    Hand hand;

    make_plan(t, &hand);
    write_file(t, path,
               HEAD "\"values\": { \"r\": { \"min\": 0.5, \"max\": 7 },\n"
                    "              \"gone\": { \"min\": 0, \"max\": 1, \"bits\": 16 } } }\n");
    T_OK(t, iopt_calibration_load(path, &calibration, &t->err));
    T_SAME_TEXT(t, calibration.ranges[0].method, "given");
    T_OK(t, iopt_calibration_fill(&calibration, &hand.plan, &fit, &t->err));
    T_SAME_INT(t, fit.filled, 1);
    T_SAME_INT(t, fit.missing, 1);
    T_SAME_TEXT(t, fit.missing_value, "x");
    T_SAME_INT(t, fit.unknown, 1);
    T_SAME_TEXT(t, fit.unknown_value, "gone");
    T_NEAR(t, hand.points[1].max, 6, 0); /* Relu6 goes no further */
    iopt_calibration_free(&calibration);
    free_plan(&hand);
}

static void bad_files_say_where(Test *t)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "line 1, column 1: this is no JSON" },
        { "{\n  \"format\": 1,\n  oops }", "line 3" },
        { "[]", "\"format\" is not" },
        { "{ \"format\": \"inference-optimizer calibration\", \"version\": 1 }",
          "reads version 2" },
        { HEAD "\"values\": [] }", "\"values\" is no object" },
        { HEAD "\"values\": { \"a/b\": { \"min\": 0 } } }", "value 'a/b' has no \"max\"" },
        { HEAD "\"values\": { \"a\": { \"min\": \"0\", \"max\": 1 } } }",
          "value 'a': \"min\" is no number" },
        { HEAD "\"values\": { \"a\": { \"min\": 0, \"max\": 1e39 } } }", "\"max\" is no number" },
        { HEAD "\"values\": { \"a\": { \"min\": 2, \"max\": 1 } } }", "below \"min\" 2" },
        { HEAD "\"values\": { \"a\": { \"min\": 0, \"max\": 1, \"bits\": 7 } } }", "want 8 .. 16" },
        { HEAD "\"values\": { \"a\": 3 } }", "value 'a' is no object" },
        { HEAD "\"values\": { }, \"input_means\": { \"c\": [ 1, null ] } }",
          "input_means 'c': channel 1" },
        { HEAD "\"values\": { }, \"input_means\": [ [ 1, 2 ] ] }", "\"input_means\" is no object" },
        { HEAD "\"values\": { } }\n{ }", "line 3, column 1: this is no JSON" },
        { HEAD "\"values\": { }, \"input_means\": { \"c\": 1 } }", "input_means 'c' is no array" },
    };
    const char *const path = t_path(t_temp_dir(), "bad.json");
    IoptCalibration calibration;

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        write_file(t, path, cases[i].text);
        T_FAILS(t, iopt_calibration_load(path, &calibration, &t->err), IOPT_BAD_DATA,
                cases[i].want);
        iopt_calibration_free(&calibration);
    }
    T_FAILS(t, iopt_calibration_load(t_path(t_temp_dir(), "absent"), &calibration, &t->err),
            IOPT_NOT_FOUND, "absent");
    iopt_calibration_free(&calibration);
}

const TestCase tests_calibration[] = {
    TEST(each_value_is_watched_once),
    TEST(a_plan_gets_ranges_and_means),
    TEST(what_is_not_finite_stays_float),
    TEST(dead_and_constant_values_are_told),
    TEST(wide_points_take_all_that_was_seen),
    TEST(files_keep_what_counts),
    TEST(an_edited_file_may_say_little),
    TEST(bad_files_say_where),
    { 0 },
};
