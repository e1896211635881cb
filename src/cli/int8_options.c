/* Options and images of 8-bit quantization, and running it. */
#include "cli/int8_options.h"

#include <stdlib.h>
#include <string.h>

#include "cli/data_options.h"
#include "cli/model_options.h"
#include "cli/terminal.h"
#include "platform/file.h"

static const CliOption calibration_options[] = {
    { "--calibrate", "DATA",
      "images without labels: TFRecords (folder, files, glob), a folder of photos in class "
      "folders, images.npy or .npz",
      CLI_TEXT },
    { "--calibration-images", "N", "use the first N of them (default 300)", CLI_COUNT },
    { "--labels-file", "FILE", "labels of a folder's images: lines 'file label'", CLI_TEXT },
    { "--label-offset", "-1|0|1", "added to every label (default: guessed, and told)", CLI_CHOICE },
    { "--max-bad", "N", "broken images that are skipped before giving up (default 10)", CLI_COUNT },
    { 0 },
};
const CliGroup cli_calibration_group = { "Calibration images", calibration_options };

static const CliOption int8_options[] = {
    { "--calibration-method", "auto|minmax|percentile|entropy|mse",
      "how ranges are chosen; auto takes what errs least, value by value (default auto)",
      CLI_CHOICE },
    { "--percentile", "P", "of method percentile: 99.9 .. 99.9999 (default 99.99)", CLI_NUMBER },
    { "--save-calibration", "FILE", "writes the ranges as JSON, to be read and edited", CLI_TEXT },
    { "--load-calibration", "FILE", "takes the ranges from there instead of from images",
      CLI_TEXT },
    { "--accuracy-budget", "POINTS",
      "return layers to float until at most so many points of top-1 are lost, judged on DATA "
      "behind "
      "the calibration images; without labels: until so many in a hundred differ from the float "
      "graph",
      CLI_NUMBER },
    { "--keep-slow-layers", NULL,
      "with a budget: 8 bits also where float is faster; times then change nothing", CLI_FLAG },
    { "--no-equalize", NULL, "leave the channels of neighbouring layers as they are", CLI_FLAG },
    { "--no-mse-weights", NULL, "scale weights by their largest value, not by least error",
      CLI_FLAG },
    { "--no-bias-correction", NULL, "leave biases as they are", CLI_FLAG },
    { "--no-range-unification", NULL, "inputs of a concatenation keep their own ranges", CLI_FLAG },
    { "--no-refine-weights", NULL,
      "round weights to the nearest, not so that layers' outputs err least on some of the images",
      CLI_FLAG },
    { "--refine-weights", NULL, "the default; with it, images are a must", CLI_FLAG },
    { "--wide-streams", "auto|on|off", "16 bits for sums that are added to again (default auto)",
      CLI_CHOICE },
    { "--float-layers", "NAMES", "layers that stay float, comma-separated", CLI_LIST },
    { "--float-first", NULL, "the first layer stays float", CLI_FLAG },
    { "--float-last", NULL, "the last layer stays float", CLI_FLAG },
    { 0 },
};
const CliGroup cli_int8_group = { "Eight bits (recipe int8)", int8_options };

/* --- options ---------------------------------------------------------------------------------- */

static bool is_in(const CliGroup *group, const CliOption *option)
{
    for (const CliOption *at = group->options; at->name; at++)
        if (at == option)
            return true;
    return false;
}

IoptStatus cli_int8_refuse(const CliArgs *args, const char *what, bool has_images, IoptError *err)
{
    for (size_t i = 0; i < args->n_given; i++) {
        const CliOption *const option = args->given[i].option;
        if (is_in(&cli_int8_group, option))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "optimize: %s is for --recipe int8, not %s", option->name, what);
        if (!has_images && is_in(&cli_calibration_group, option))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "optimize: %s is for --recipe int8 and for "
                             "freeze_requantization_ranges, not for %s",
                             option->name, what);
    }
    return IOPT_OK;
}

static void read_techniques(const CliArgs *args, IoptInt8Options *out)
{
    const char *const wide = cli_text(args, "--wide-streams", "auto");

    *out = iopt_int8_options();
    out->equalization = !cli_flag(args, "--no-equalize");
    out->weight_mse = !cli_flag(args, "--no-mse-weights");
    out->bias_correction = !cli_flag(args, "--no-bias-correction");
    out->unify_ranges = !cli_flag(args, "--no-range-unification");
    out->refine_weights = !cli_flag(args, "--no-refine-weights");
    out->wide = strcmp(wide, "on") == 0    ? IOPT_WIDE_ALWAYS
                : strcmp(wide, "off") == 0 ? IOPT_WIDE_NEVER
                                           : IOPT_WIDE_AUTO;
    out->n_keep_float = cli_values(args, "--float-layers", &out->keep_float);
    out->float_first = out->float_first || cli_flag(args, "--float-first");
    out->float_last = out->float_last || cli_flag(args, "--float-last");
}

static IoptStatus read_range(const CliArgs *args, IoptRangeOptions *out, IoptError *err)
{
    const char *const method = cli_text(args, "--calibration-method", "auto");

    *out = (IoptRangeOptions){ .percentile = cli_number(args, "--percentile", 99.99),
                               .threads = cli_count(args, "--threads", 0) };
    (void)iopt_range_method_from_name(method, &out->method); /* one of the choices */
    if (!(out->percentile > 50 && out->percentile <= 100))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --percentile %g: want more than 50, at most 100",
                         out->percentile);
    if (cli_text(args, "--percentile", NULL) && out->method != IOPT_RANGE_PERCENTILE)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --percentile is for --calibration-method percentile");
    return IOPT_OK;
}

static void warn_of_bad(void *context, const char *text)
{
    (void)context;
    cli_warn("left out: %s", text);
}

static void on_warning(void *context, const char *text)
{
    CliInt8 *const self = context;

    cli_progress_end(&self->progress);
    self->stage = NULL;
    cli_warn("%s", text);
}

/* How many there will be; 0: not known. */
static size_t count_of(const IoptQuantizeRequest *request, const char *what)
{
    if (!strstr(what, "images"))
        return 0;
    const size_t count = iopt_dataset_count(request->images);
    const bool is_check = strcmp(what, "images compared") == 0;
    return is_check && (count == 0 || count > request->check_images) ? request->check_images
                                                                     : count;
}

static void on_images(void *context, const char *what, size_t done)
{
    CliInt8 *const self = context;

    if (self->stage != what) {
        cli_progress_end(&self->progress);
        cli_progress_begin(&self->progress, what, count_of(&self->request, what));
        self->stage = what;
    }
    cli_progress_update(&self->progress, done, NULL);
}

static IoptDatasetOptions dataset_options(const CliArgs *args)
{
    const char *const offset = cli_text(args, "--label-offset", NULL);

    return (IoptDatasetOptions){ .labels_file = cli_text(args, "--labels-file", NULL),
                                 .label_offset = offset ? atoi(offset) : IOPT_LABEL_OFFSET_AUTO };
}

static IoptStatus open_images(CliInt8 *self, const CliArgs *args, IoptGraph *graph, IoptError *err)
{
    IoptQuantizeRequest *const request = &self->request;
    IoptDatasetOptions options = dataset_options(args);
    size_t input;

    options.limit = cli_count(args, "--calibration-images", 300);
    if (cli_text(args, "--calibration-images", NULL) && options.limit == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --calibration-images 0: want one or more");
    request->loader =
        (IoptLoaderOptions){ .max_bad = cli_count(args, "--max-bad", 10), .on_bad = warn_of_bad };
    IOPT_TRY(cli_preprocess_read(args, graph, &request->loader.preprocess, &input, err));
    const IoptShape shape = iopt_fact_at(graph->inputs[input]).shape;
    if (shape.rank > 0 && shape.dim[0] > 0)
        request->loader.batch = (size_t)shape.dim[0];
    IOPT_TRY(iopt_while(err, iopt_dataset_open(request->data, &options, &request->images, err),
                        "--calibrate"));
    cli_note("calibration: %s; %s", iopt_dataset_kind_text(request->images),
             iopt_preprocess_text(&request->loader.preprocess).s);
    return IOPT_OK;
}

/* The classes of the first output, 0 if they are not known. */
static size_t classes_of(const IoptGraph *graph)
{
    const IoptShape shape =
        graph->n_outputs ? iopt_fact_at(graph->outputs[0]).shape : (IoptShape){ .rank = -1 };
    int64_t classes = shape.rank >= 2;

    for (int i = 1; i < shape.rank; i++)
        classes = shape.dim[i] > 0 && classes < INT32_MAX ? classes * shape.dim[i] : 0;
    return (size_t)classes;
}

/* The images that judge an accuracy budget: DATA once more, with its labels. */
static IoptStatus open_trial(CliInt8 *self, const CliArgs *args, const IoptGraph *graph,
                             IoptError *err)
{
    IoptQuantizeRequest *const request = &self->request;
    IoptDatasetOptions options = dataset_options(args);

    request->has_budget = cli_text(args, "--accuracy-budget", NULL) != NULL;
    request->keep_slow_layers = cli_flag(args, "--keep-slow-layers");
    if (!request->has_budget)
        return IOPT_OK;
    request->budget = cli_number(args, "--accuracy-budget", 0);
    if (!(request->budget >= 0 && request->budget <= 100))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --accuracy-budget %g: want 0 to 100 points", request->budget);
    if (!request->data)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --accuracy-budget is judged on images: --calibrate DATA is "
                         "missing");
    options.classes = classes_of(graph);
    request->trial_skip = request->load_file ? 0 : cli_count(args, "--calibration-images", 300);
    return iopt_while(err, iopt_dataset_open(request->data, &options, &request->trial, err),
                      "--calibrate");
}

IoptStatus cli_int8_open_images(CliInt8 *self, const CliArgs *args, IoptGraph *graph,
                                IoptError *err)
{
    self->request.data = cli_text(args, "--calibrate", NULL);
    self->request.plan = (IoptPlanOptions){ .threads = cli_count(args, "--threads", 0) };
    self->request.progress = on_images;
    self->request.context = self;
    return self->request.data ? open_images(self, args, graph, err) : IOPT_OK;
}

/* Before minutes of work, rather than behind them. */
static IoptStatus check_writable(const char *path, IoptError *err)
{
    IoptOutput *output;

    if (!path)
        return IOPT_OK;
    IOPT_TRY(iopt_output_open(path, &output, err));
    iopt_output_abandon(output);
    return IOPT_OK;
}

IoptStatus cli_int8_open(CliInt8 *self, const CliArgs *args, IoptGraph *graph, IoptError *err)
{
    IoptQuantizeRequest *const request = &self->request;

    *request = (IoptQuantizeRequest){ .load_file = cli_text(args, "--load-calibration", NULL),
                                      .save_file = cli_text(args, "--save-calibration", NULL),
                                      .check_images = cli_flag(args, "--no-check") ? 0 : 32,
                                      .warn = on_warning };
    read_techniques(args, &request->techniques);
    IOPT_TRY(read_range(args, &request->range, err));
    if (!cli_text(args, "--calibrate", NULL) && !request->load_file)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: recipe int8 needs --calibrate DATA, some hundred photos like "
                         "those to come (or --load-calibration FILE)");
    if (cli_flag(args, "--refine-weights") && !cli_text(args, "--calibrate", NULL))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --refine-weights looks at images: --calibrate DATA is missing");
    IOPT_TRY(check_writable(cli_text(args, "--out", NULL), err));
    IOPT_TRY(check_writable(request->save_file, err));
    IOPT_TRY(cli_int8_open_images(self, args, graph, err));
    return open_trial(self, args, graph, err);
}

/* --- running ---------------------------------------------------------------------------------- */

IoptStatus cli_int8_left_alone(CliInt8 *self, IoptGraph *graph, const char **why, IoptError *err)
{
    IoptQuantizeReport *const report = &self->report;

    IOPT_TRY(iopt_quantization_plan(graph, &self->request.techniques, &report->plan, err));
    *why = report->plan->is_quantized ? report->plan->left_alone : NULL;
    report->left_alone = *why;
    if (*why)
        return IOPT_OK;
    iopt_quantization_destroy(report->plan); /* of the graph before its passes */
    report->plan = NULL;
    return IOPT_OK;
}

IoptStatus cli_int8_run(CliInt8 *self, const char *model, const IoptPipelineOptions *pipeline,
                        IoptGraph **graph, IoptPassLog *log, IoptError *err)
{
    self->request.model = model;
    self->request.pipeline = pipeline;
    const IoptStatus status = iopt_quantize_run(graph, &self->request, log, &self->report, err);
    cli_progress_end(&self->progress);
    return status;
}

IoptStatus cli_int8_judge(const CliInt8 *self, const char *out, IoptError *err)
{
    if (!self->report.has_mixed || self->report.mixed.is_met)
        return IOPT_OK;
    return iopt_fail(err, IOPT_BOUND_MISSED,
                     "optimize: in 8 bits the accuracy budget of %g points cannot be met; '%s' is "
                     "the float graph",
                     self->request.budget, out);
}

void cli_int8_close(CliInt8 *self)
{
    iopt_quantize_report_free(&self->report);
    iopt_dataset_close(self->request.images);
    iopt_dataset_close(self->request.trial);
    self->request.images = self->request.trial = NULL;
}
