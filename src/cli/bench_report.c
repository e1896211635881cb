/* The benchmark's table and JSON. */
#include "cli/bench_report.h"

#include <math.h>
#include <stdio.h>

#include "cli/json.h"
#include "cli/machine.h"
#include "cli/table.h"
#include "cli/terminal.h"

/* --- figures --------------------------------------------------------------------------------- */

static double images_per_s(const CliBenchReport *report, size_t side)
{
    return (double)report->bench.images / report->bench.side[side].inference_s;
}

/* How many times greater the first is; NaN where that says nothing. */
static double ratio(double a, double b)
{
    return a > 0 && b > 0 ? a / b : (double)NAN;
}

static double speedup(const CliBenchReport *report)
{
    return ratio(report->bench.side[IOPT_BEFORE].inference_s,
                 report->bench.side[IOPT_AFTER].inference_s);
}

static double size_ratio(const CliBenchReport *report)
{
    return ratio((double)report->side[IOPT_BEFORE].size_bytes,
                 (double)report->side[IOPT_AFTER].size_bytes);
}

/* --- the table ------------------------------------------------------------------------------- */

/* "2.17x faster": `factor` above 1 is `more`, below 1 it is turned over and is `less`. */
static void add_factor(CliTable *table, double factor, const char *more, const char *less)
{
    if (isnan(factor))
        cli_cell(table, "-");
    else if (fabs(factor - 1) < 0.005)
        cli_cell(table, "the same");
    else
        cli_cell(table, "%.2fx %s", factor >= 1 ? factor : 1 / factor, factor >= 1 ? more : less);
}

/* A line of two values in the same unit, of which less is better. */
static void add_less(CliTable *table, const char *what, const char *format, const double *values,
                     const char *less, const char *more)
{
    char cell[64];

    cli_cell(table, "%s", what);
    for (size_t side = 0; side < IOPT_SIDES; side++) {
        (void)snprintf(cell, sizeof cell, format, values[side]);
        cli_cell(table, "%s", isnan(values[side]) ? "-" : cell);
    }
    add_factor(table, ratio(values[IOPT_BEFORE], values[IOPT_AFTER]), less, more);
}

static void add_time(CliTable *table, const char *what, const char *format, double before,
                     double after)
{
    const double values[IOPT_SIDES] = { before, after };

    add_less(table, what, format, values, "faster", "slower");
}

static void add_bytes(CliTable *table, const char *what, size_t before, size_t after)
{
    cli_cell(table, "%s", what);
    cli_cell(table, "%s", before ? iopt_bytes_text((double)before).s : "-");
    cli_cell(table, "%s", after ? iopt_bytes_text((double)after).s : "-");
    add_factor(table, ratio((double)before, (double)after), "smaller", "larger");
}

static void add_accuracy(CliTable *table, const CliBenchReport *report)
{
    const IoptPair *const pair = &report->bench.pair;
    const IoptInterval ci95 = iopt_pair_interval(pair);

    cli_cell(table, "Accuracy (top-1)");
    for (size_t side = 0; side < IOPT_SIDES; side++)
        cli_cell(table, "%.2f %%", 100 * iopt_tally_top1(&report->bench.side[side].tally));
    cli_cell(table, "%+.2f points  (95 %% CI %+.2f .. %+.2f; %zu lost, %zu won)",
             100 * iopt_pair_change(pair), 100 * ci95.low, 100 * ci95.high, pair->lost, pair->won);
}

static void add_top5(CliTable *table, const CliBenchReport *report)
{
    const double before = 100 * iopt_tally_top5(&report->bench.side[IOPT_BEFORE].tally);
    const double after = 100 * iopt_tally_top5(&report->bench.side[IOPT_AFTER].tally);

    cli_cell(table, "Accuracy (top-5)");
    cli_cell(table, "%.2f %%", before);
    cli_cell(table, "%.2f %%", after);
    cli_cell(table, "%+.2f points", after - before);
}

static void add_agreement(CliTable *table, const CliBenchReport *report)
{
    const IoptPair *const pair = &report->bench.pair;

    cli_cell(table, "Agreement (top-1)");
    cli_cell(table, "%s", "");
    cli_cell(table, "%.2f %%", 100.0 * (double)pair->agreed / (double)pair->images);
    cli_cell(table, "%zu of %zu images; outputs differ by %.2g at most", pair->agreed, pair->images,
             pair->largest);
}

static void add_preprocessing(CliTable *table, const CliBenchReport *report)
{
    cli_cell(table, "Preprocessing");
    cli_cell(table, "%.2f s", report->loader.preprocess_s);
    cli_cell(table, "%s", "");
    cli_cell(table, "once for both, measured apart");
}

static void fill_table(CliTable *table, const CliBenchReport *report)
{
    const IoptBenchmarkSide *const side = report->bench.side;
    const CliBenchSide *const before = &report->side[IOPT_BEFORE];
    const CliBenchSide *const after = &report->side[IOPT_AFTER];
    const bool judged = side[IOPT_BEFORE].tally.labelled > 0;

    add_time(table, "Inference time", "%.2f s", side[IOPT_BEFORE].inference_s,
             side[IOPT_AFTER].inference_s);
    if (judged)
        add_accuracy(table, report);
    cli_cell(table, "Images per second");
    cli_cell(table, "%.1f", images_per_s(report, IOPT_BEFORE));
    cli_cell(table, "%.1f", images_per_s(report, IOPT_AFTER));
    add_factor(table, speedup(report), "more", "less");
    add_bytes(table, "Graph size", before->size_bytes, after->size_bytes);
    add_time(table, "Latency p50", "%.2f ms", before->ms.p50, after->ms.p50);
    add_time(table, "Latency p90", "%.2f ms", before->ms.p90, after->ms.p90);
    add_time(table, "Latency p99", "%.2f ms", before->ms.p99, after->ms.p99);
    add_time(table, "Load", "%.1f ms", before->solo.load_ms, after->solo.load_ms);
    add_time(table, "First run", "%.1f ms", before->solo.first_run_ms, after->solo.first_run_ms);
    add_bytes(table, "Peak memory", before->solo.peak_rss_bytes, after->solo.peak_rss_bytes);
    if (judged)
        add_top5(table, report);
    if (report->bench.classes)
        add_agreement(table, report);
    if (report->data)
        add_preprocessing(table, report);
}

static void print_head(const CliBenchReport *report)
{
    const IoptImageShape *const shape = &report->shape;

    cli_print("%s", cli_model_name(report->side[IOPT_BEFORE].path).s);
    if (report->has_shape)
        cli_print("  %zux%zux%zu -> %zu classes", shape->height, shape->width, shape->channels,
                  shape->classes);
    cli_print("      %s      ", cli_machine_text(report->threads).s);
    if (report->data)
        cli_print("%zu images, batch %zu\n\n", report->bench.images, report->bench.batch);
    else
        cli_print("%zu runs of seeded input, batch %zu\n\n", report->bench.batches,
                  report->bench.batch);
}

IoptStatus cli_bench_print(const CliBenchReport *report, IoptError *err)
{
    static const CliColumn columns[] = {
        { "", CLI_LEFT }, { "before", CLI_LEFT }, { "after", CLI_LEFT }, { "change", CLI_LEFT }
    };
    CliTable table = CLI_TABLE(columns);

    if (report->bench.images > 0) {
        print_head(report);
        fill_table(&table, report);
        IOPT_TRY(cli_table_print(&table, stdout, err));
    }
    if (report->doubt)
        cli_print("\n%sinvalid: %s%s\n", cli_color(stdout, CLI_YELLOW), report->doubt,
                  cli_color(stdout, CLI_PLAIN));
    return IOPT_OK;
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void add_settings(cJSON *object, const CliBenchReport *report)
{
    cJSON *const settings = cli_json_object(object, "settings");
    const bool judged = report->bench.side[0].tally.labelled > 0;

    cli_json_text(settings, "data", report->data);
    cli_json_text(settings, "preprocessing",
                  report->preprocess ? iopt_preprocess_text(report->preprocess).s : NULL);
    cli_json_text(settings, "labels", judged ? report->labels : NULL);
    cli_json_number(settings, "images", (double)report->bench.images);
    cli_json_number(settings, "batch", (double)report->bench.batch);
    cli_json_number(settings, "runs", (double)report->bench.runs);
    cli_json_number(settings, "warmup", (double)report->warmup);
    cli_json_number(settings, "threads", (double)report->threads);
    cli_json_number(settings, "seed", (double)report->seed);
    cli_json_number(settings, "bad_images", (double)report->loader.bad);
}

static void add_latency(cJSON *object, const IoptSpread *ms)
{
    cJSON *const latency = cli_json_object(object, "latency_ms");

    cli_json_number(latency, "min", ms->min);
    cli_json_number(latency, "p50", ms->p50);
    cli_json_number(latency, "p90", ms->p90);
    cli_json_number(latency, "p99", ms->p99);
    cli_json_number(latency, "max", ms->max);
    cli_json_number(latency, "mean", ms->mean);
    cli_json_number(latency, "std", ms->std);
    cli_json_number(latency, "samples", (double)ms->count);
}

static void add_side(cJSON *object, const char *key, const CliBenchReport *report, size_t which)
{
    cJSON *const json = cli_json_object(object, key);
    const CliBenchSide *const side = &report->side[which];
    const IoptBenchmarkSide *const bench = &report->bench.side[which];
    const IoptTally *const tally = &bench->tally;
    const bool judged = tally->labelled > 0;
    const double unknown = (double)NAN;

    cli_json_text(json, "model", side->path);
    cli_json_number(json, "size_bytes", side->size_bytes ? (double)side->size_bytes : unknown);
    cli_json_number(json, "images", (double)report->bench.images);
    cli_json_number(json, "top1", iopt_tally_top1(tally));
    cli_json_number(json, "top5", iopt_tally_top5(tally));
    cli_json_number(json, "correct", judged ? (double)tally->top1 : unknown);
    cli_json_number(json, "loss", iopt_tally_loss(tally));
    cli_json_number(json, "inference_s", bench->inference_s);
    cli_json_number(json, "images_per_s", images_per_s(report, which));
    add_latency(json, &side->ms);
    cli_json_number(json, "load_ms", side->solo.load_ms);
    cli_json_number(json, "first_run_ms", side->solo.first_run_ms);
    cli_json_number(json, "peak_rss_bytes", (double)side->solo.peak_rss_bytes);
    cli_json_number(json, "plan_bytes", (double)side->solo.plan.total);
    cli_json_number(json, "preprocess_s", report->data ? report->loader.preprocess_s : unknown);
}

static void add_interval(cJSON *object, const char *key, IoptInterval interval, double scale)
{
    if (isnan(interval.low)) {
        (void)cJSON_AddNullToObject(object, key);
        return;
    }
    cJSON *const array = cli_json_array(object, key);
    (void)cJSON_AddItemToArray(array, cJSON_CreateNumber(scale * interval.low));
    (void)cJSON_AddItemToArray(array, cJSON_CreateNumber(scale * interval.high));
}

static void add_change(cJSON *object, const CliBenchReport *report)
{
    cJSON *const change = cli_json_object(object, "change");
    const IoptPair *const pair = &report->bench.pair;
    const double unknown = (double)NAN;
    const bool judged = pair->labelled > 0, compared = pair->images > 0;

    cli_json_number(change, "speedup", speedup(report));
    cli_json_number(change, "speedup_median", report->speedup.median);
    add_interval(change, "speedup_ci95", report->speedup.ci95, 1);
    cli_json_number(change, "top1_points", 100 * iopt_pair_change(pair));
    add_interval(change, "top1_ci95_points", iopt_pair_interval(pair), 100);
    cli_json_number(change, "flips_lost", judged ? (double)pair->lost : unknown);
    cli_json_number(change, "flips_won", judged ? (double)pair->won : unknown);
    cli_json_number(change, "size_ratio", size_ratio(report));
    cli_json_number(change, "agreement",
                    compared ? (double)pair->agreed / (double)pair->images : unknown);
    cli_json_number(change, "largest_difference", compared ? pair->largest : unknown);
}

void cli_bench_print_json(const CliBenchReport *report)
{
    cJSON *const object = cJSON_CreateObject();
    char verdict[256] = "valid";

    if (report->doubt)
        (void)snprintf(verdict, sizeof verdict, "invalid: %s", report->doubt);
    cli_json_machine(object, report->threads);
    add_settings(object, report);
    cli_json_text(object, "verdict", verdict);
    add_side(object, "before", report, IOPT_BEFORE);
    add_side(object, "after", report, IOPT_AFTER);
    add_change(object, report);
    cli_json_print(object);
}
