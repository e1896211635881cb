/* Recipe int8, step by step. */
#include "measure/quantize_run.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/calibration_images.h"
#include "measure/quantize_check.h"
#include "platform/clock.h"

typedef struct Job {
    const IoptQuantizeRequest *request;
    IoptQuantizeReport *report;
    IoptPassLog *log;
    IoptGraph *graph; /* the float one */
} Job;

void iopt_quantize_report_free(IoptQuantizeReport *report)
{
    iopt_quantization_destroy(report->plan);
    iopt_calibration_free(&report->calibration);
    iopt_mixed_report_free(&report->mixed);
    free(report->times);
    *report = (IoptQuantizeReport){ 0 };
}

/* --- telling ---------------------------------------------------------------------------------- */

static void warn(const Job *job, const char *format, ...) IOPT_PRINTF(2, 3);
static void warn(const Job *job, const char *format, ...)
{
    char text[IOPT_ERROR_BYTES];
    va_list args;

    if (!job->request->warn)
        return;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    job->request->warn(job->request->context, text);
}

static double seconds_since(uint64_t start_ns)
{
    return (double)(iopt_now_ns() - start_ns) * 1e-9;
}

static IoptPassEntry begin_entry(const IoptGraph *graph, const char *pass)
{
    const size_t bytes = iopt_graph_constant_bytes(graph);

    return (IoptPassEntry){ .pass = pass,
                            .outcome = IOPT_PASS_NOTHING,
                            .difference = (double)NAN,
                            .nodes_before = graph->n_nodes,
                            .nodes_after = graph->n_nodes,
                            .bytes_before = bytes,
                            .bytes_after = bytes };
}

static IoptStatus add_entry(IoptPassLog *log, const IoptPassEntry *entry, IoptError *err)
{
    void *entries = log->entries;

    IOPT_TRY(iopt_grow(&entries, &log->capacity, log->count + 1, sizeof *entry, err));
    log->entries = entries;
    log->entries[log->count++] = *entry;
    return IOPT_OK;
}

/* --- calibration ------------------------------------------------------------------------------ */

static void on_images(void *context, size_t images)
{
    const Job *const job = context;

    if (job->request->progress)
        job->request->progress(job->request->context, "calibration images", images);
}

static IoptStatus watch_images(Job *job, const IoptWatch *watches, size_t n_watches,
                               IoptCalibrationImages *images, IoptStatistics *statistics,
                               IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    IoptLoaderOptions loader = request->loader;
    const IoptCalibrateRun run = { .graph = job->graph,
                                   .watches = watches,
                                   .n_watches = n_watches,
                                   .plan = request->plan,
                                   .batch = iopt_calibrate_batch(job->graph, watches, n_watches),
                                   .next = iopt_calibration_images_next,
                                   .next_context = images,
                                   .progress = on_images,
                                   .progress_context = job };

    loader.batch = run.batch;
    IOPT_TRY(iopt_calibration_images_open(request->images, &loader, images, err));
    IOPT_TRY(iopt_calibrate(&run, statistics, err));
    return iopt_calibration_images_judge(images, err);
}

static void warn_of_images(const Job *job, const IoptCalibrationImages *images)
{
    if (images->images < IOPT_FEW_IMAGES)
        warn(job, "calibrated on %zu image%s only: ranges may be too narrow; %d or more are better",
             images->images, images->images == 1 ? "" : "s", IOPT_FEW_IMAGES);
    if (images->images > 1 && images->all_equal)
        warn(job, "all %zu calibration images are the same", images->images);
}

static IoptStatus calibrate(Job *job, IoptError *err)
{
    IoptQuantizeReport *const report = job->report;
    IoptCalibrationImages images = { 0 };
    IoptStatistics statistics = { 0 };
    IoptStatus status = IOPT_OK;
    IoptWatch *watches = NULL;
    uint64_t start = iopt_now_ns();
    size_t n_watches;

    IOPT_DO(iopt_calibration_watches(report->plan, job->graph, &watches, &n_watches, err));
    IOPT_DO(watch_images(job, watches, n_watches, &images, &statistics, err));
    report->seconds.calibrate = seconds_since(start);
    warn_of_images(job, &images);
    start = iopt_now_ns();
    IOPT_DO(iopt_calibration_choose(report->plan, job->graph, &statistics, &job->request->range,
                                    &report->calibration, err));
    report->seconds.choose = seconds_since(start);
    report->calibration.model = job->request->model;
    report->calibration.data = job->request->data;
    report->calibration.preprocessing = iopt_arena_text(
        report->calibration.arena, iopt_preprocess_text(&job->request->loader.preprocess).s);
done:
    iopt_calibration_images_close(&images);
    iopt_statistics_free(&statistics);
    free(watches);
    return iopt_while(err, status, "calibration");
}

static IoptStatus get_calibration(Job *job, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;

    if (request->load_file)
        IOPT_TRY(iopt_calibration_load(request->load_file, &job->report->calibration, err));
    else if (request->images)
        IOPT_TRY(calibrate(job, err));
    else
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "8-bit ranges come from images, or from a calibration that was saved");
    if (!request->save_file)
        return IOPT_OK;
    return iopt_calibration_save(&job->report->calibration, request->save_file, err);
}

static IoptStatus warn_of_fit(const Job *job, IoptError *err)
{
    const IoptCalibrationFit *const fit = &job->report->fit;

    if (fit->filled == 0 && fit->infinite == 0)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "calibration '%s' has none of the %zu values of this graph (such as "
                         "'%s'): it was made for another one",
                         job->request->load_file ? job->request->load_file : "",
                         job->report->plan->n_points, fit->missing_value);
    if (fit->missing)
        warn(job,
             "the calibration has no range for %zu value%s ('%s'): what reads them stays float",
             fit->missing, fit->missing == 1 ? "" : "s", fit->missing_value);
    if (fit->unknown)
        warn(job, "the calibration has ranges for %zu value%s that are not quantized here ('%s')",
             fit->unknown, fit->unknown == 1 ? "" : "s", fit->unknown_value);
    if (fit->infinite)
        warn(job, "%zu value%s held NaN or infinity ('%s'): what reads them stays float",
             fit->infinite, fit->infinite == 1 ? "" : "s", fit->infinite_value);
    if (fit->dead)
        warn(job, "%zu value%s always zero on these images ('%s')", fit->dead,
             fit->dead == 1 ? " was" : "s were", fit->dead_value);
    if (fit->constant)
        warn(job, "%zu value%s always the same on these images ('%s')", fit->constant,
             fit->constant == 1 ? " was" : "s were", fit->constant_value);
    return IOPT_OK;
}

/* "300 images, 98 values: mse 60, percentile 99.99 30, minmax 8" */
static void tell_methods(const IoptCalibration *calibration, char *note, size_t size)
{
    int at =
        snprintf(note, size, "%zu images, %zu values:", calibration->images, calibration->n_ranges);

    for (size_t i = 0; i < calibration->n_ranges; i++) {
        const char *const method = calibration->ranges[i].method;
        size_t count = 0;
        bool is_first = true;
        for (size_t k = 0; k < calibration->n_ranges; k++)
            if (strcmp(calibration->ranges[k].method, method) == 0) {
                is_first = is_first && k >= i;
                count++;
            }
        if (is_first && at > 0 && (size_t)at < size)
            at += snprintf(note + at, size - (size_t)at, " %s (%zu)", method, count);
    }
}

static IoptStatus calibrate_step(Job *job, IoptError *err)
{
    IoptPassEntry entry = begin_entry(job->graph, "calibrate");
    const uint64_t start = iopt_now_ns();

    IOPT_TRY(get_calibration(job, err));
    IOPT_TRY(iopt_calibration_fill(&job->report->calibration, job->report->plan, &job->report->fit,
                                   err));
    IOPT_TRY(warn_of_fit(job, err));
    entry.ms = 1e3 * seconds_since(start);
    tell_methods(&job->report->calibration, entry.note, sizeof entry.note);
    return add_entry(job->log, &entry, err);
}

/* --- the new graph ---------------------------------------------------------------------------- */

static IoptStatus settle(Job *job, IoptError *err)
{
    IoptQuantizeReport *const report = job->report;
    const IoptInt8Options *const techniques = &job->request->techniques;
    bool changed;

    IOPT_TRY(iopt_quantization_settle(report->plan, job->graph, techniques, err));
    iopt_calibration_widen(&report->calibration, report->plan, &changed);
    return changed ? iopt_quantization_settle(report->plan, job->graph, techniques, err) : IOPT_OK;
}

static void count_layers(IoptQuantizeReport *report)
{
    report->layers_int8 = 0;
    report->macs = report->macs_int8 = 0;
    for (size_t i = 0; i < report->plan->n_layers; i++) {
        const IoptQuantLayer *const layer = &report->plan->layers[i];
        const bool is_int8 = layer->precision == IOPT_PRECISION_INT8;
        report->layers_int8 += is_int8;
        report->macs += layer->macs;
        report->macs_int8 += is_int8 ? layer->macs : 0;
    }
}

static IoptStatus compare(const Job *job, const IoptGraph *after, IoptPassEntry *entry,
                          IoptError *err)
{
    const IoptPipelineOptions *const pipeline = job->request->pipeline;

    if (!pipeline || !pipeline->check)
        return IOPT_OK;
    const uint64_t start = iopt_now_ns();
    const IoptStatus status =
        pipeline->check(pipeline->check_context, job->graph, after, IOPT_LOSSY, &entry->difference,
                        entry->note, sizeof entry->note, err);
    entry->check_ms = 1e3 * seconds_since(start);
    return status;
}

static IoptStatus apply_step(Job *job, IoptGraph **out, IoptError *err)
{
    IoptQuantizeReport *const report = job->report;
    IoptPassEntry entry = begin_entry(job->graph, "quantize");
    const uint64_t start = iopt_now_ns();

    IOPT_TRY(settle(job, err));
    IOPT_TRY(
        iopt_quantization_apply(job->graph, report->plan, &job->request->techniques, out, err));
    report->seconds.apply = seconds_since(start);
    count_layers(report);
    entry.ms = 1e3 * report->seconds.apply;
    entry.outcome = IOPT_PASS_CHANGED;
    entry.changes = report->layers_int8;
    entry.nodes_after = (*out)->n_nodes;
    entry.bytes_after = iopt_graph_constant_bytes(*out);
    IOPT_TRY(compare(job, *out, &entry, err));
    if (!entry.note[0])
        (void)snprintf(entry.note, sizeof entry.note, "%zu of %zu layers in 8 bits",
                       report->layers_int8, report->plan->n_layers);
    return add_entry(job->log, &entry, err);
}

/* --- with an accuracy budget ------------------------------------------------------------------ */

static void warn_of_trial(const Job *job, const IoptTrialImages *images)
{
    const IoptMixedReport *const mixed = &job->report->mixed;

    if (mixed->labels_differ)
        warn(job,
             "the float graph gives %.1f %% of the labels: they are not its own; how often the "
             "two graphs agree counts instead",
             100 * mixed->float_top1);
    if (images->images < IOPT_FEW_TRIALS)
        warn(job, "%zu images are few to judge an accuracy budget by; want %d or more",
             images->images, IOPT_FEW_TRIALS);
}

static IoptStatus mix(Job *job, const IoptTrialImages *images, IoptGraph **out, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    const IoptMixedRequest mixed = { .budget = request->budget,
                                     .techniques = &request->techniques,
                                     .plan = request->plan,
                                     .images = images,
                                     .calibration = &job->report->calibration,
                                     .progress = request->progress,
                                     .context = request->context };

    IOPT_TRY(
        iopt_mixed_precision(job->graph, job->report->plan, &mixed, out, &job->report->mixed, err));
    warn_of_trial(job, images);
    return IOPT_OK;
}

static IoptStatus mix_step(Job *job, IoptGraph **out, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    IoptQuantizeReport *const report = job->report;
    IoptPassEntry entry = begin_entry(job->graph, "mixed precision");
    const IoptPreprocess *const size = &request->loader.preprocess;
    const double bytes =
        (double)size->height * (double)size->width * (double)size->channels * sizeof(float);
    IoptTrialImages images = { 0 };
    IoptStatus status = IOPT_OK;
    const uint64_t start = iopt_now_ns();

    if (!request->trial)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "an accuracy budget is judged on images");
    count_layers(report);
    report->has_mixed = true;
    IOPT_DO(settle(job, err));
    IOPT_DO(iopt_trial_images_open(request->trial, &request->loader, request->trial_skip,
                                   iopt_trial_images_wanted(report->macs, bytes), &images, err));
    report->trial_held_out = images.held_out;
    IOPT_DO(mix(job, &images, out, err));
    report->seconds.mix = seconds_since(start);
    count_layers(report);
    entry.ms = 1e3 * report->seconds.mix;
    if (*out) {
        entry.outcome = IOPT_PASS_CHANGED;
        entry.changes = report->layers_int8;
        entry.nodes_after = (*out)->n_nodes;
        entry.bytes_after = iopt_graph_constant_bytes(*out);
        IOPT_DO(compare(job, *out, &entry, err));
    }
    if (!entry.note[0])
        (void)snprintf(entry.note, sizeof entry.note,
                       "%zu of %zu layers in 8 bits, %zu networks and %zu layers tried",
                       report->layers_int8, report->plan->n_layers, report->mixed.trials,
                       report->mixed.experiments);
    IOPT_DO(add_entry(job->log, &entry, err));
done:
    iopt_trial_images_free(&images);
    return iopt_while(err, status, "the accuracy budget");
}

/* --- looking at it ---------------------------------------------------------------------------- */

/* How long each layer took and takes, on a few images. */
static IoptStatus times_step(Job *job, const IoptGraph *quantized, IoptError *err)
{
    enum { RUNS = 5 };
    const IoptQuantizeRequest *const request = job->request;
    IoptQuantizeReport *const report = job->report;
    IoptTrialImages images = { 0 };
    IoptStatus status = IOPT_OK;
    void *block;

    IOPT_DO(iopt_trial_images_open(request->images, &request->loader, 0, IOPT_TRIAL_BATCH, &images,
                                   err));
    if (images.n_batches == 0)
        goto done;
    IOPT_DO(iopt_alloc(&block, report->plan->n_layers, sizeof(IoptLayerTime), err));
    report->times = block;
    IOPT_DO(iopt_layer_times(job->graph, quantized, report->plan, &request->plan, images.batches[0],
                             RUNS, report->times, &report->whole, err));
done:
    iopt_trial_images_free(&images);
    return iopt_while(err, status, "timing layers");
}

static IoptStatus check_step(Job *job, const IoptGraph *quantized, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    IoptQuantizeReport *const report = job->report;
    IoptAgreement agreement;

    if (!request->images || request->check_images == 0)
        return IOPT_OK;
    const uint64_t start = iopt_now_ns();
    const IoptAgreementRun run = { .before = job->graph,
                                   .after = quantized,
                                   .images = request->images,
                                   .loader = request->loader,
                                   .plan = request->plan,
                                   .most = request->check_images,
                                   .progress = request->progress,
                                   .context = request->context };
    IOPT_TRY(iopt_while(err, iopt_agreement_measure(&run, &agreement, err), "the check"));
    report->seconds.check = seconds_since(start);
    report->checked = agreement.images;
    report->agreed = agreement.agreed;
    report->output_sqnr_db = agreement.sqnr_db;
    return times_step(job, quantized, err);
}

/* --- the whole -------------------------------------------------------------------------------- */

static IoptStatus equalize(Job *job, IoptError *err)
{
    static const char *const passes[] = { "equalize_channels" };

    if (!iopt_pass_find(passes[0]))
        return IOPT_OK;
    return iopt_pipeline_run(&job->graph, passes, 1, job->request->pipeline, job->log, err);
}

static IoptStatus quantize(Job *job, IoptGraph **out, IoptError *err)
{
    const IoptInt8Options *const techniques = &job->request->techniques;
    IoptQuantization **const plan = &job->report->plan;

    IOPT_TRY(iopt_quantization_plan(job->graph, techniques, plan, err));
    job->report->left_alone = (*plan)->left_alone;
    if (job->report->left_alone)
        return IOPT_OK;
    if (techniques->equalization) { /* changes weights, not which values there are */
        iopt_quantization_destroy(*plan);
        *plan = NULL;
        IOPT_TRY(equalize(job, err));
        IOPT_TRY(iopt_quantization_plan(job->graph, techniques, plan, err));
    }
    IOPT_TRY(calibrate_step(job, err));
    if (job->request->has_budget)
        IOPT_TRY(mix_step(job, out, err));
    else
        IOPT_TRY(apply_step(job, out, err));
    if (!*out)
        return IOPT_OK; /* the budget cannot be met */
    return check_step(job, *out, err);
}

IoptStatus iopt_quantize_run(IoptGraph **graph, const IoptQuantizeRequest *request,
                             IoptPassLog *log, IoptQuantizeReport *report, IoptError *err)
{
    Job job = { .request = request, .report = report, .log = log, .graph = *graph };
    const uint64_t start = iopt_now_ns();
    IoptGraph *made = NULL;

    *report = (IoptQuantizeReport){ 0 };
    const IoptStatus status = quantize(&job, &made, err);
    *graph = job.graph;
    if (status == IOPT_OK && made) {
        iopt_graph_destroy(*graph);
        *graph = made;
    } else {
        iopt_graph_destroy(made);
    }
    report->seconds.total = seconds_since(start);
    return status;
}
