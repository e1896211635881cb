/* Recipe int8, step by step. */
#include "measure/quantize_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "measure/quantize_check.h"
#include "measure/quantize_job.h"
#include "measure/refine_weights.h"
#include "platform/clock.h"

void iopt_quantize_report_free(IoptQuantizeReport *report)
{
    iopt_quantization_destroy(report->plan);
    iopt_calibration_free(&report->calibration);
    iopt_mixed_report_free(&report->mixed);
    free(report->times);
    *report = (IoptQuantizeReport){ 0 };
}

/* --- the new graph ---------------------------------------------------------------------------- */

static IoptStatus settle(IoptQuantizeJob *job, IoptError *err)
{
    IoptQuantizeReport *const report = job->report;
    const IoptInt8Options *const techniques = &job->request->techniques;
    bool changed;

    IOPT_TRY(iopt_quantization_settle(report->plan, job->graph, techniques, err));
    iopt_calibration_widen(&report->calibration, report->plan, &changed);
    return changed ? iopt_quantization_settle(report->plan, job->graph, techniques, err) : IOPT_OK;
}

/* Weights rounded by what they do to layers' outputs on a few of the images. */
static IoptStatus refine_step(IoptQuantizeJob *job, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    IoptPassEntry entry = iopt_quantize_entry(job->graph, "refine weights");
    const IoptRefineRun run = { .graph = job->graph,
                                .techniques = &request->techniques,
                                .plan = request->plan,
                                .progress = request->progress,
                                .context = request->context };
    IoptRefineReport refined;
    const uint64_t start = iopt_now_ns();

    if (!request->images) { /* ranges from a file */
        (void)snprintf(entry.note, sizeof entry.note, "not done: it takes images");
        return iopt_quantize_log(job, &entry, err);
    }
    IOPT_TRY(settle(job, err));
    IOPT_TRY(iopt_refine_on_images(&run, request->images, &request->loader, job->report->plan,
                                   &refined, err));
    entry.ms = 1e3 * iopt_seconds_since(start);
    entry.outcome = refined.layers ? IOPT_PASS_CHANGED : IOPT_PASS_NOTHING;
    entry.changes = refined.layers;
    (void)snprintf(entry.note, sizeof entry.note, "%zu layers: outputs err %.1f dB less",
                   refined.layers, refined.mean_gain_db);
    return iopt_quantize_log(job, &entry, err);
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

static IoptStatus compare(const IoptQuantizeJob *job, const IoptGraph *after, IoptPassEntry *entry,
                          IoptError *err)
{
    const IoptPipelineOptions *const pipeline = job->request->pipeline;

    if (!pipeline || !pipeline->check)
        return IOPT_OK;
    const uint64_t start = iopt_now_ns();
    const IoptStatus status =
        pipeline->check(pipeline->check_context, job->graph, after, IOPT_LOSSY, &entry->difference,
                        entry->note, sizeof entry->note, err);
    entry->check_ms = 1e3 * iopt_seconds_since(start);
    return status;
}

static IoptStatus apply_step(IoptQuantizeJob *job, IoptGraph **out, IoptError *err)
{
    IoptQuantizeReport *const report = job->report;
    IoptPassEntry entry = iopt_quantize_entry(job->graph, "quantize");
    const uint64_t start = iopt_now_ns();

    IOPT_TRY(settle(job, err));
    IOPT_TRY(
        iopt_quantization_apply(job->graph, report->plan, &job->request->techniques, out, err));
    report->seconds.apply = iopt_seconds_since(start);
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
    return iopt_quantize_log(job, &entry, err);
}

/* --- with an accuracy budget ------------------------------------------------------------------ */

static void warn_of_trial(const IoptQuantizeJob *job, const IoptTrialImages *images)
{
    const IoptMixedReport *const mixed = &job->report->mixed;

    if (mixed->labels_differ)
        iopt_quantize_warn(
            job,
            "the float graph gives %.1f %% of the labels: they are not its own; how often the "
            "two graphs agree counts instead",
            100 * mixed->float_top1);
    if (images->images < IOPT_FEW_TRIALS)
        iopt_quantize_warn(job,
                           "%zu images are few to judge an accuracy budget by; want %d or more",
                           images->images, IOPT_FEW_TRIALS);
}

static IoptStatus mix(IoptQuantizeJob *job, const IoptTrialImages *images, IoptGraph **out,
                      IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    const IoptMixedRequest mixed = { .budget = request->budget,
                                     .techniques = &request->techniques,
                                     .plan = request->plan,
                                     .images = images,
                                     .calibration = &job->report->calibration,
                                     .ignore_times = request->keep_slow_layers,
                                     .progress = request->progress,
                                     .context = request->context };

    IOPT_TRY(
        iopt_mixed_precision(job->graph, job->report->plan, &mixed, out, &job->report->mixed, err));
    warn_of_trial(job, images);
    return IOPT_OK;
}

static IoptStatus mix_step(IoptQuantizeJob *job, IoptGraph **out, IoptError *err)
{
    const IoptQuantizeRequest *const request = job->request;
    IoptQuantizeReport *const report = job->report;
    IoptPassEntry entry = iopt_quantize_entry(job->graph, "mixed precision");
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
    report->seconds.mix = iopt_seconds_since(start);
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
    IOPT_DO(iopt_quantize_log(job, &entry, err));
done:
    iopt_trial_images_free(&images);
    return iopt_while(err, status, "the accuracy budget");
}

/* --- looking at it ---------------------------------------------------------------------------- */

/* How long each layer took and takes, on a few images. */
static IoptStatus times_step(IoptQuantizeJob *job, const IoptGraph *quantized, IoptError *err)
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

static IoptStatus check_step(IoptQuantizeJob *job, const IoptGraph *quantized, IoptError *err)
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
    report->seconds.check = iopt_seconds_since(start);
    report->checked = agreement.images;
    report->agreed = agreement.agreed;
    report->output_sqnr_db = agreement.sqnr_db;
    return times_step(job, quantized, err);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Layers that the user wants in float have to be there. */
static IoptStatus check_names(const IoptInt8Options *techniques, const IoptQuantization *plan,
                              IoptError *err)
{
    IoptStatus status = IOPT_OK;
    const char **names;
    void *block;

    IOPT_TRY(iopt_alloc(&block, plan->n_layers, sizeof *names, err));
    names = block;
    for (size_t i = 0; i < plan->n_layers; i++)
        names[i] = plan->layers[i].node;
    for (size_t i = 0; i < techniques->n_keep_float && status == IOPT_OK; i++) {
        const char *const wanted = techniques->keep_float[i];
        const char *const nearest = iopt_nearest(wanted, names, plan->n_layers);
        size_t at = 0;
        while (at < plan->n_layers && strcmp(names[at], wanted) != 0)
            at++;
        if (at == plan->n_layers)
            status = iopt_fail(
                err, IOPT_INVALID_ARGUMENT,
                "layers that stay float: the optimized graph has no layer '%s'%s%s%s", wanted,
                nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
    }
    free(block);
    return status;
}

static IoptStatus quantize(IoptQuantizeJob *job, IoptGraph **out, IoptError *err)
{
    const IoptInt8Options *const techniques = &job->request->techniques;
    IoptQuantization **const plan = &job->report->plan;

    IOPT_TRY(iopt_quantization_plan(job->graph, techniques, plan, err));
    job->report->left_alone = (*plan)->left_alone;
    if (job->report->left_alone)
        return IOPT_OK;
    IOPT_TRY(check_names(techniques, *plan, err));
    IOPT_TRY(iopt_quantize_load(job, err));
    if (techniques->equalization) { /* changes weights, not which values there are */
        iopt_quantization_destroy(*plan);
        *plan = NULL;
        IOPT_TRY(iopt_quantize_equalize(job, err));
        IOPT_TRY(iopt_quantization_plan(job->graph, techniques, plan, err));
    }
    IOPT_TRY(iopt_quantize_calibrate(job, err));
    if (techniques->refine_weights)
        IOPT_TRY(refine_step(job, err));
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
    IoptQuantizeJob job = { .request = request, .report = report, .log = log, .graph = *graph };
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
    iopt_calibration_free(&job.equalized);
    report->seconds.total = iopt_seconds_since(start);
    return status;
}
