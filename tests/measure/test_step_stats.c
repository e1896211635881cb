/* The tables of benchmark_model, on times that are made up. */
#include <string.h>

#include "measure/step_stats.h"
#include "t.h"

static IoptStepStats two_runs(IoptStepStat *steps)
{
    steps[0] = (IoptStepStat){ "a/Relu", "Conv2D+Relu", 0, 3000, 2000, 4096 };
    steps[1] = (IoptStepStat){ "b", "MaxPool", 3000, 1000, 500, 1000 };
    steps[2] = (IoptStepStat){ "c/Relu", "Conv2D+Relu", 4000, 6000, 3000, 512 };
    IoptStepStats stats = { .steps = steps, .count = 3 };
    iopt_stat_add(&stats.total_us, 5500);
    iopt_stat_add(&stats.total_us, 4500);
    iopt_stat_add(&stats.bytes, 5608);
    iopt_stat_add(&stats.bytes, 5608);
    return stats;
}

static void tables_are_laid_out_as_tensorflow_does(Test *t)
{
    IoptStepStat steps[3];
    const IoptStepStats stats = two_runs(steps);
    IoptText text = { 0 };

    T_OK(t,
         iopt_step_stats_table(&stats, "Top by Computation Time", IOPT_BY_TIME, 2, &text, &t->err));
    T_SAME_TEXT(
        t, text.s,
        "============================== Top by Computation Time ==============================\n"
        "\t             [node type]\t          [start]\t  [first]\t [avg ms]\t     [%]\t"
        "  [cdf%]\t  [mem KB]\t[times called]\t[Name]\n"
        "\t             Conv2D+Relu\t            2.000\t    3.000\t    3.000\t 60.000%\t"
        " 60.000%\t     0.512\t        1\tc/Relu\n"
        "\t             Conv2D+Relu\t            0.000\t    2.000\t    1.500\t 30.000%\t"
        " 90.000%\t     4.096\t        1\ta/Relu\n"
        "\n");
    iopt_text_free(&text);
    T_OK(t, iopt_step_stats_type_table(&stats, &text, &t->err));
    T_SAME_TEXT(
        t, text.s,
        "Number of nodes executed: 3\n"
        "============================== Summary by node type ==============================\n"
        "\t             [Node type]\t  [count]\t  [avg ms]\t    [avg %]\t    [cdf %]\t"
        "  [mem KB]\t[times called]\n"
        "\t             Conv2D+Relu\t        2\t     4.500\t    90.000%\t    90.000%\t"
        "     4.608\t        2\n"
        "\t                 MaxPool\t        1\t     0.500\t    10.000%\t   100.000%\t"
        "     1.000\t        1\n"
        "\n");
    iopt_text_free(&text);
    iopt_step_stats_summary(&stats, &text);
    T_SAME_TEXT(t, text.s,
                "Timings (microseconds): count=2 first=5500 curr=4500 min=4500 max=5500 avg=5000 "
                "std=500\n"
                "Memory (bytes): count=2 curr=5608(all same)\n"
                "3 nodes observed\n\n");
    iopt_text_free(&text);
}

static void orders_differ(Test *t)
{
    IoptStepStat steps[3];
    const IoptStepStats stats = two_runs(steps);
    IoptText text = { 0 };

    T_OK(t, iopt_step_stats_table(&stats, "", IOPT_BY_MEMORY, 1, &text, &t->err));
    T_CHECK(t, strstr(text.s, "a/Relu") && !strstr(text.s, "c/Relu"));
    iopt_text_free(&text);
    T_OK(t, iopt_step_stats_table(&stats, "", IOPT_BY_RUN_ORDER, 0, &text, &t->err));
    T_CHECK(t, strstr(text.s, "a/Relu") < strstr(text.s, "\tb\n"));
    T_CHECK(t, strstr(text.s, "\tb\n") < strstr(text.s, "c/Relu"));
    iopt_text_free(&text);
}

static void a_statistic_without_values_has_a_text(Test *t)
{
    const IoptStat none = { 0 };
    IoptText text = { 0 };

    iopt_stat_text(&none, &text);
    T_SAME_TEXT(t, text.s, "count=0");
    iopt_text_free(&text);
}

const TestCase tests_step_stats[] = {
    TEST(tables_are_laid_out_as_tensorflow_does),
    TEST(orders_differ),
    TEST(a_statistic_without_values_has_a_text),
    { 0 },
};
