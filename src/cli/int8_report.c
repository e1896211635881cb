/* What 8-bit quantization tells: a line per layer, and what it all took. */
#include <math.h>

#include "cli/int8_options.h"
#include "cli/table.h"
#include "cli/terminal.h"

/* A layer with what calibration knows of the values that it makes. */
typedef struct Row {
    const IoptQuantLayer *layer;
    const IoptQuantPoint *output; /* NULL: float */
    const IoptValueRange *range;  /* of that; NULL: not known */
    IoptLayerTime time;           /* NaN: not known */
    double damage;                /* likewise */
} Row;

static Row row_of(const IoptQuantizeReport *report, size_t i)
{
    const double unknown = (double)NAN;
    Row row = { .layer = &report->plan->layers[i] };

    const IoptLayerTime *const times = report->times ? report->times : report->mixed.times;
    row.time = times ? times[i] : (IoptLayerTime){ unknown, unknown };
    row.damage = report->mixed.damage ? report->mixed.damage[i] : unknown;
    if (row.layer->output == IOPT_NO_POINT)
        return row;
    row.output = &report->plan->points[row.layer->output];
    for (size_t k = 0; k < report->calibration.n_ranges; k++)
        if (strcmp(report->calibration.ranges[k].value, row.output->value) == 0)
            row.range = &report->calibration.ranges[k];
    return row;
}

static bool is_int8(const Row *row)
{
    return row->layer->precision == IOPT_PRECISION_INT8;
}

static const char *precision_text(const Row *row)
{
    if (!is_int8(row))
        return "float";
    return row->output && row->output->is_used && row->output->settled_bits > 8 ? "int8 -> 16"
                                                                                : "int8";
}

static void add_db(CliTable *table, bool is_known, double db)
{
    if (!is_known)
        cli_cell(table, "-");
    else
        cli_cell(table, isfinite(db) ? "%.1f" : "exact", db);
}

static void add_ms(CliTable *table, double ms)
{
    if (isfinite(ms))
        cli_cell(table, "%.3f", ms);
    else
        cli_cell(table, "-");
}

static void add_row(CliTable *table, const Row *row)
{
    const bool has_range = is_int8(row) && row->range && row->output->is_used;

    cli_cell(table, "%s", row->layer->node);
    cli_cell(table, "%s", precision_text(row));
    if (row->layer->macs > 0)
        cli_cell(table, "%.1f", row->layer->macs / 1e6);
    else
        cli_cell(table, "-");
    add_db(table, is_int8(row), row->layer->weight_sqnr_db);
    add_db(table, has_range, has_range ? row->range->sqnr_db : 0);
    if (has_range)
        cli_cell(table, "%.0f", row->range->cut * row->range->count);
    else
        cli_cell(table, "-");
    add_ms(table, row->time.before_ms);
    add_ms(table, row->time.after_ms);
    cli_cell(table, "%s", is_int8(row) && has_range ? row->range->method : row->layer->why);
}

static void print_sums(const CliInt8 *self)
{
    const IoptQuantizeReport *const report = &self->report;
    const size_t batch = self->request.loader.batch;
    const IoptQuantizeTimes *const s = &report->seconds;

    cli_print("\n%zu of %zu layers in 8 bits", report->layers_int8, report->plan->n_layers);
    if (report->macs > 0)
        cli_print(", %.1f %% of the multiply-adds", 100 * report->macs_int8 / report->macs);
    cli_print("; %.1f s: calibration %.1f, ranges %.1f, graph %.1f, check %.1f\n", s->total,
              s->calibrate, s->choose, s->apply, s->check);
    if (report->checked)
        cli_print("%zu of %zu calibration images get the class that the float graph gives; the "
                  "outputs' signal-to-noise ratio is %.1f dB\n",
                  report->agreed, report->checked, report->output_sqnr_db);
    if (report->times)
        cli_print("%.2f -> %.2f ms an image in batches of %zu\n", report->whole.before_ms,
                  report->whole.after_ms, batch ? batch : IOPT_TRIAL_BATCH);
}

/* What became of the accuracy budget, with how sure that is. */
static void print_budget(const CliInt8 *self)
{
    const IoptMixedReport *const mixed = &self->report.mixed;
    const IoptBudgetScore *const score = mixed->is_met ? &mixed->chosen : &mixed->full;
    const char *const unit = mixed->has_labels ? "points of top-1" : "points of agreement";

    if (!self->report.has_mixed)
        return;
    cli_print("accuracy budget %g %s: %s", self->request.budget, unit,
              mixed->is_met ? "kept" : "cannot be met; with all layers in 8 bits");
    cli_print("; lost %.2f (95 %%: %.2f .. %.2f), expected %.2f, on %zu images%s\n", score->loss,
              score->loss_95.low, score->loss_95.high, score->expected_loss, score->labelled,
              self->report.trial_held_out ? " that were not calibrated on"
                                          : " that were calibrated on: too few others");
    cli_print(
        "all in 8 bits: lost %.2f, expected %.2f; %zu networks and %zu layers tried in %.1f s",
        mixed->full.loss, mixed->full.expected_loss, mixed->trials, mixed->experiments,
        self->report.seconds.mix);
    if (mixed->layers_slow)
        cli_print("; %zu layers are not faster in 8 bits", mixed->layers_slow);
    cli_print("%s\n", mixed->is_widened ? "; sums have 16 bits" : "");
    const double image = 100 / (double)score->labelled;
    if (self->request.budget > 0 && image > self->request.budget)
        cli_print("one image is %.2f points, more than the budget: the count is luck, and the "
                  "expected loss tells; %.0f images would be enough to count\n",
                  image, ceil(100 / self->request.budget));
}

IoptStatus cli_int8_print(const CliInt8 *self, IoptError *err)
{
    static const CliColumn columns[] = {
        { "layer", CLI_LEFT },       { "precision", CLI_LEFT },  { "MMAC", CLI_RIGHT },
        { "weights dB", CLI_RIGHT }, { "output dB", CLI_RIGHT }, { "saturated", CLI_RIGHT },
        { "float ms", CLI_RIGHT },   { "ms", CLI_RIGHT },        { "range by, or why", CLI_LEFT },
    };
    const IoptQuantizeReport *const report = &self->report;
    CliTable table = CLI_TABLE(columns);

    if (report->left_alone) {
        cli_print("\nleft alone: %s\n", report->left_alone);
        return IOPT_OK;
    }
    cli_print("\n");
    for (size_t i = 0; i < report->plan->n_layers; i++) {
        const Row row = row_of(report, i);
        add_row(&table, &row);
    }
    IOPT_TRY(cli_table_print(&table, stdout, err));
    print_sums(self);
    print_budget(self);
    return IOPT_OK;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static cJSON *row_json(const Row *row)
{
    cJSON *const object = cJSON_CreateObject();
    const bool has_range = is_int8(row) && row->range && row->output->is_used;
    const double unknown = (double)NAN;

    cli_json_text(object, "layer", row->layer->node);
    cli_json_text(object, "op", row->layer->op);
    cli_json_text(object, "precision", is_int8(row) ? "int8" : "float");
    cli_json_text(object, "why", row->layer->why[0] ? row->layer->why : NULL);
    cli_json_number(object, "macs", row->layer->macs > 0 ? row->layer->macs : unknown);
    cli_json_number(object, "weight_sqnr_db", is_int8(row) ? row->layer->weight_sqnr_db : unknown);
    cli_json_number(object, "output_bits", has_range ? row->output->settled_bits : unknown);
    cli_json_text(object, "output_method", has_range ? row->range->method : NULL);
    cli_json_number(object, "output_min", has_range ? (double)row->output->settled_min : unknown);
    cli_json_number(object, "output_max", has_range ? (double)row->output->settled_max : unknown);
    cli_json_number(object, "output_sqnr_db", has_range ? row->range->sqnr_db : unknown);
    cli_json_number(object, "saturated", has_range ? row->range->cut * row->range->count : unknown);
    cli_json_number(object, "float_ms", row->time.before_ms);
    cli_json_number(object, "ms", row->time.after_ms);
    cli_json_number(object, "damage", row->damage);
    cli_json_number(object, "bias_shift", is_int8(row) ? row->layer->bias_shift : unknown);
    return object;
}

static void add_score(cJSON *object, const char *key, const IoptBudgetScore *score)
{
    cJSON *const part = cli_json_object(object, key);

    cli_json_number(part, "images", (double)score->labelled);
    cli_json_number(part, "top1_before", score->top1_before);
    cli_json_number(part, "top1_after", score->top1_after);
    cli_json_number(part, "agreed_images", (double)score->agreed);
    cli_json_number(part, "lost_points", score->loss);
    cli_json_number(part, "lost_points_low", score->loss_95.low);
    cli_json_number(part, "lost_points_high", score->loss_95.high);
    cli_json_number(part, "expected_points", score->expected_loss);
    cli_json_number(part, "divergence_nats", score->divergence);
    cli_json_number(part, "noise", score->noise);
}

static void add_budget(cJSON *parent, const CliInt8 *self)
{
    const IoptMixedReport *const mixed = &self->report.mixed;

    if (!self->report.has_mixed)
        return;
    cJSON *const object = cli_json_object(parent, "budget");
    cli_json_number(object, "points", self->request.budget);
    (void)cJSON_AddBoolToObject(object, "met", mixed->is_met);
    (void)cJSON_AddBoolToObject(object, "by_labels", mixed->has_labels);
    (void)cJSON_AddBoolToObject(object, "held_out", self->report.trial_held_out);
    (void)cJSON_AddBoolToObject(object, "sums_widened", mixed->is_widened);
    cli_json_number(object, "trials", (double)mixed->trials);
    cli_json_number(object, "experiments", (double)mixed->experiments);
    cli_json_number(object, "slow_layers", (double)mixed->layers_slow);
    add_score(object, "all_int8", &mixed->full);
    if (mixed->is_met)
        add_score(object, "chosen", &mixed->chosen);
}

static void add_seconds(cJSON *object, const IoptQuantizeTimes *seconds)
{
    cJSON *const times = cli_json_object(object, "seconds");

    cli_json_number(times, "calibrate", seconds->calibrate);
    cli_json_number(times, "choose", seconds->choose);
    cli_json_number(times, "apply", seconds->apply);
    cli_json_number(times, "mix", seconds->mix);
    cli_json_number(times, "check", seconds->check);
    cli_json_number(times, "total", seconds->total);
}

void cli_int8_json(const CliInt8 *self, cJSON *parent)
{
    const IoptQuantizeReport *const report = &self->report;
    cJSON *const object = cli_json_object(parent, "int8");
    const double unknown = (double)NAN;

    cli_json_text(object, "left_alone", report->left_alone);
    cli_json_number(object, "calibration_images", (double)report->calibration.images);
    cli_json_number(object, "layers", report->plan ? (double)report->plan->n_layers : unknown);
    cli_json_number(object, "layers_int8", (double)report->layers_int8);
    cli_json_number(object, "macs", report->macs);
    cli_json_number(object, "macs_int8", report->macs_int8);
    cli_json_number(object, "checked_images", (double)report->checked);
    cli_json_number(object, "agreed_images", report->checked ? (double)report->agreed : unknown);
    cli_json_number(object, "output_sqnr_db", report->checked ? report->output_sqnr_db : unknown);
    cli_json_number(object, "float_ms", report->times ? report->whole.before_ms : unknown);
    cli_json_number(object, "ms", report->times ? report->whole.after_ms : unknown);
    add_budget(object, self);
    add_seconds(object, &report->seconds);
    cJSON *const layers = cli_json_array(object, "layers_report");
    for (size_t i = 0; report->plan && i < report->plan->n_layers; i++) {
        const Row row = row_of(report, i);
        (void)cJSON_AddItemToArray(layers, row_json(&row));
    }
}
