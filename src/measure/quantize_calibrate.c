/* The step of recipe int8 that gets the ranges. */
#include <stdio.h>
#include <stdlib.h>

#include "measure/calibration_images.h"
#include "measure/channel_factors.h"
#include "measure/quantize_job.h"
#include "platform/clock.h"

static void on_images(void *context, size_t images)
{
    const IoptQuantizeJob *const job = context;

    if (job->request->progress)
        job->request->progress(job->request->context, "calibration images", images);
}

static IoptStatus watch_images(IoptQuantizeJob *job, const IoptWatch *watches, size_t n_watches,
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

static void warn_of_images(const IoptQuantizeJob *job, const IoptCalibrationImages *images)
{
    if (images->images < IOPT_FEW_IMAGES)
        iopt_quantize_warn(
            job, "calibrated on %zu image%s only: ranges may be too narrow; %d or more are better",
            images->images, images->images == 1 ? "" : "s", IOPT_FEW_IMAGES);
    if (images->images > 1 && images->all_equal)
        iopt_quantize_warn(job, "all %zu calibration images are the same", images->images);
}

/* "input float[?,299,299,3]" */
static const char *describe_input(const IoptGraph *graph, IoptArena *arena)
{
    const IoptFact fact = graph->n_inputs ? iopt_fact_at(graph->inputs[0]) : (IoptFact){ 0 };

    return graph->n_inputs ? iopt_arena_printf(arena, "%s %s", graph->inputs[0].node->name,
                                               iopt_fact_text(&fact).s)
                           : "";
}

/* What the calibration was made of. */
static IoptStatus sign(const IoptQuantizeJob *job, IoptError *err)
{
    IoptCalibration *const calibration = &job->report->calibration;

    calibration->model = job->request->model;
    calibration->data = job->request->data;
    calibration->input = describe_input(job->graph, calibration->arena);
    calibration->preprocessing = iopt_arena_text(
        calibration->arena, iopt_preprocess_text(&job->request->loader.preprocess).s);
    return calibration->input && calibration->preprocessing ? IOPT_OK : iopt_fail_memory(err, 256);
}

static IoptStatus calibrate(IoptQuantizeJob *job, IoptError *err)
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
    report->seconds.calibrate = iopt_seconds_since(start);
    warn_of_images(job, &images);
    start = iopt_now_ns();
    IOPT_DO(iopt_calibration_choose(report->plan, job->graph, &statistics, &job->request->range,
                                    &report->calibration, err));
    report->seconds.choose = iopt_seconds_since(start);
    IOPT_DO(sign(job, err));
    IOPT_DO(iopt_channel_factors_copy(&job->equalized, &report->calibration, err));
done:
    iopt_calibration_images_close(&images);
    iopt_statistics_free(&statistics);
    free(watches);
    return iopt_while(err, status, "calibration");
}

IoptStatus iopt_quantize_load(IoptQuantizeJob *job, IoptError *err)
{
    IoptCalibration *const calibration = &job->report->calibration;

    if (!job->request->load_file)
        return IOPT_OK;
    IOPT_TRY(iopt_calibration_load(job->request->load_file, calibration, err));
    const char *const input = describe_input(job->graph, calibration->arena);
    if (!input)
        return iopt_fail_memory(err, 256);
    if (calibration->n_factors && !job->request->techniques.equalization)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "calibration '%s' is of a graph that was equalized; leave out "
                         "--no-equalize",
                         job->request->load_file);
    if (calibration->input && strcmp(calibration->input, input) != 0)
        iopt_quantize_warn(job, "the calibration was made for the input %s; this graph has %s",
                           calibration->input, input);
    return IOPT_OK;
}

static IoptStatus get_calibration(IoptQuantizeJob *job, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;

    if (!request->load_file && request->images)
        IOPT_TRY(calibrate(job, err));
    else if (!request->load_file)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "8-bit ranges come from images, or from a calibration that was saved");
    if (!request->save_file)
        return IOPT_OK;
    return iopt_calibration_save(&job->report->calibration, request->save_file, err);
}

static IoptStatus warn_of_fit(const IoptQuantizeJob *job, IoptError *err)
{
    const IoptCalibrationFit *const fit = &job->report->fit;

    if (fit->filled == 0 && fit->infinite == 0)
        return iopt_fail(err, IOPT_BAD_DATA,
                         "calibration '%s' has none of the %zu values of this graph (such as "
                         "'%s'): it was made for another one",
                         job->request->load_file ? job->request->load_file : "",
                         job->report->plan->n_points, fit->missing_value);
    if (fit->missing)
        iopt_quantize_warn(
            job, "the calibration has no range for %zu value%s ('%s'): what reads them stays float",
            fit->missing, fit->missing == 1 ? "" : "s", fit->missing_value);
    if (fit->unknown)
        iopt_quantize_warn(
            job, "the calibration has ranges for %zu value%s that are not quantized here ('%s')",
            fit->unknown, fit->unknown == 1 ? "" : "s", fit->unknown_value);
    if (fit->unfit)
        iopt_quantize_warn(job,
                           "the calibration's input_means of %zu layer%s ('%s') have another "
                           "number of channels: biases are not corrected by them",
                           fit->unfit, fit->unfit == 1 ? "" : "s", fit->unfit_layer);
    if (fit->infinite)
        iopt_quantize_warn(job,
                           "%zu value%s held NaN or infinity ('%s'): what reads them stays float",
                           fit->infinite, fit->infinite == 1 ? "" : "s", fit->infinite_value);
    if (fit->dead)
        iopt_quantize_warn(job, "%zu value%s always zero on these images ('%s')", fit->dead,
                           fit->dead == 1 ? " was" : "s were", fit->dead_value);
    if (fit->constant)
        iopt_quantize_warn(job, "%zu value%s always the same on these images ('%s')", fit->constant,
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

IoptStatus iopt_quantize_calibrate(IoptQuantizeJob *job, IoptError *err)
{
    IoptPassEntry entry = iopt_quantize_entry(job->graph, "calibrate");
    const uint64_t start = iopt_now_ns();

    IOPT_TRY(get_calibration(job, err));
    IOPT_TRY(iopt_calibration_fill(&job->report->calibration, job->report->plan, &job->report->fit,
                                   err));
    IOPT_TRY(warn_of_fit(job, err));
    entry.ms = 1e3 * iopt_seconds_since(start);
    tell_methods(&job->report->calibration, entry.note, sizeof entry.note);
    return iopt_quantize_log(job, &entry, err);
}
