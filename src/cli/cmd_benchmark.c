/* iopt benchmark: two models on the same images, in turn. */
#include <stdio.h>

#include "base/cancel.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/model_options.h"
#include "cli/progress.h"
#include "cli/terminal.h"

enum { SEEDED_RUNS = 50 };

typedef struct Job {
    const CliArgs *args;
    bool has_data;
    bool no_labels; /* --no-labels */
    CliImageModel opener[IOPT_SIDES];
    IoptModel model[IOPT_SIDES];
    IoptNetwork *network[IOPT_SIDES];
    IoptPlanOptions plan; /* for both */
    CliImages images;
    CliBenchReport report;
    char doubt[128];
} Job;

/* --- opening --------------------------------------------------------------------------------- */

static IoptStatus read_options(Job *job, IoptError *err)
{
    const CliArgs *const args = job->args;
    size_t batch = cli_count(args, "--batch-size", 1);

    job->has_data = cli_text(args, "--data", NULL) != NULL;
    job->no_labels = cli_flag(args, "--no-labels");
    job->plan = cli_plan_options(args);
    job->report.seed = cli_count(args, "--seed", 1);
    job->report.warmup = cli_count(args, "--warmup", 1);
    job->report.bench.runs = cli_count(args, "--runs", job->has_data ? 1 : SEEDED_RUNS);
    if (job->report.bench.runs == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "benchmark: --runs 0: want at least 1");
    if (job->has_data)
        IOPT_TRY(cli_images_batch(args, &batch, err));
    job->plan.batch = (int64_t)batch;
    for (size_t side = 0; side < IOPT_SIDES; side++)
        job->opener[side] = (CliImageModel){ .args = args,
                                             .path = cli_operand(args, side),
                                             .sets_may_miss = side == IOPT_AFTER,
                                             .takes_images = job->has_data ||
                                                             cli_text(args, "--image-size", NULL) };
    return IOPT_OK;
}

/* Each side by itself, before this process grows. */
static IoptStatus measure_solo(Job *job, IoptError *err)
{
    for (size_t side = 0; side < IOPT_SIDES; side++) {
        CliBenchSide *const report = &job->report.side[side];
        report->path = job->opener[side].path;
        IOPT_TRY(iopt_solo_measure(cli_image_model_open, &job->opener[side], &job->plan,
                                   job->report.seed, &report->solo, err));
    }
    return IOPT_OK;
}

static IoptStatus open_side(Job *job, size_t side, IoptError *err)
{
    const char *const path = job->opener[side].path;

    iopt_network_destroy(job->network[side]);
    iopt_model_close(&job->model[side]);
    IOPT_TRY(cli_image_model_open(&job->opener[side], &job->model[side], err));
    job->report.side[side].size_bytes = job->model[side].file_bytes;
    cli_model_tell(path, &job->model[side]);
    return iopt_while(
        err, cli_network_create(path, job->model[side].graph, &job->plan, &job->network[side], err),
        "'%s'", path);
}

/* Images in a run of this side; 0 if it does not say. */
static size_t batch_of(const Job *job, size_t side)
{
    const IoptPlan *const plan = iopt_network_plan(job->network[side]);
    const IoptShape *const shape = iopt_plan_inputs(plan) ? &iopt_plan_input(plan, 0)->shape : NULL;

    return shape && shape->rank > 0 && shape->dim[0] > 0 ? (size_t)shape->dim[0] : 0;
}

/* Where one graph has a fixed batch, the other one follows. */
static IoptStatus agree_on_batch(Job *job, IoptError *err)
{
    const size_t before = batch_of(job, IOPT_BEFORE), after = batch_of(job, IOPT_AFTER);

    if (before != after) {
        const size_t open_one = before == (size_t)job->plan.batch ? IOPT_BEFORE : IOPT_AFTER;
        job->plan.batch = (int64_t)(open_one == IOPT_BEFORE ? after : before);
        IOPT_TRY(open_side(job, open_one, err));
    }
    if (batch_of(job, IOPT_BEFORE) != batch_of(job, IOPT_AFTER))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "'%s' takes batches of %zu, '%s' of %zu; they cannot be compared",
                         job->opener[IOPT_BEFORE].path, batch_of(job, IOPT_BEFORE),
                         job->opener[IOPT_AFTER].path, batch_of(job, IOPT_AFTER));
    job->report.bench.batch = batch_of(job, IOPT_BEFORE) ? batch_of(job, IOPT_BEFORE) : 1;
    return IOPT_OK;
}

/* Both have to take the same images to the same classes. */
static IoptStatus agree_on_shape(Job *job, IoptError *err)
{
    IoptImageShape shape[IOPT_SIDES];
    CliBenchReport *const report = &job->report;

    for (size_t side = 0; side < IOPT_SIDES; side++) {
        const IoptStatus status = iopt_network_image_shape(job->network[side], &shape[side], err);
        if (status != IOPT_OK && !job->has_data)
            return IOPT_OK; /* no classifier of images; its time can be taken all the same */
        IOPT_TRY(iopt_while(err, status, "'%s'", job->opener[side].path));
    }
    const IoptImageShape *const a = &shape[IOPT_BEFORE], *const b = &shape[IOPT_AFTER];
    if (a->height != b->height || a->width != b->width || a->channels != b->channels ||
        a->classes != b->classes)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "'%s' is %zux%zux%zu -> %zu, '%s' is %zux%zux%zu -> %zu; they cannot be "
                         "compared",
                         job->opener[IOPT_BEFORE].path, a->height, a->width, a->channels,
                         a->classes, job->opener[IOPT_AFTER].path, b->height, b->width, b->channels,
                         b->classes);
    report->has_shape = true;
    report->shape = *a;
    report->bench.classes = a->classes;
    return IOPT_OK;
}

static IoptStatus open_all(Job *job, IoptError *err)
{
    IoptBenchmark *const bench = &job->report.bench;

    for (size_t side = 0; side < IOPT_SIDES; side++)
        IOPT_TRY(open_side(job, side, err));
    IOPT_TRY(agree_on_batch(job, err));
    IOPT_TRY(agree_on_shape(job, err));
    bench->n_sides = IOPT_SIDES;
    for (size_t side = 0; side < IOPT_SIDES; side++)
        bench->side[side].network = job->network[side];
    job->report.threads = iopt_plan_threads(iopt_network_plan(job->network[IOPT_BEFORE]));
    return IOPT_OK;
}

/* --- running --------------------------------------------------------------------------------- */

static IoptStatus run_images(Job *job, IoptError *err)
{
    IoptBenchmark *const bench = &job->report.bench;
    IoptStatus status = IOPT_OK;
    CliProgress progress;
    const IoptBatch *batch;

    cli_progress_begin(&progress, "images", job->images.count);
    for (;;) {
        IOPT_DO(iopt_check_cancelled(err));
        IOPT_DO(iopt_loader_next(job->images.loader, &batch, err));
        if (!batch)
            break;
        iopt_loader_settle(job->images.loader);
        const IoptTensor *const in = &batch->images;
        if (bench->batches == 0 || batch->count != bench->batch)
            IOPT_DO(iopt_benchmark_warm_up(bench, &in, job->report.warmup, err));
        IOPT_DO(iopt_benchmark_batch(bench, &in, batch->count,
                                     job->no_labels ? NULL : batch->targets, err));
        cli_progress_update(&progress, bench->images, NULL);
    }
done:
    cli_progress_end(&progress);
    job->report.loader = iopt_loader_stats(job->images.loader);
    return status;
}

/* The same input again and again: each run is a batch of its own. */
static IoptStatus run_seeded(Job *job, IoptError *err)
{
    IoptBenchmark *const bench = &job->report.bench;
    const IoptPlan *const plan = iopt_network_plan(job->network[IOPT_BEFORE]);
    const size_t runs = bench->runs;
    IoptStatus status = IOPT_OK;
    IoptTensor **inputs;
    CliProgress progress;

    IOPT_TRY(iopt_seeded_inputs(plan, job->report.seed, &inputs, err));
    const IoptTensor *const *const in = (const IoptTensor *const *)inputs;
    cli_progress_begin(&progress, "runs", runs);
    bench->runs = 1;
    IOPT_DO(iopt_benchmark_warm_up(bench, in, job->report.warmup, err));
    for (size_t i = 0; i < runs; i++) {
        IOPT_DO(iopt_benchmark_batch(bench, in, bench->batch, NULL, err));
        cli_progress_update(&progress, i + 1, NULL);
    }
done:
    bench->runs = runs;
    cli_progress_end(&progress);
    iopt_seeded_inputs_free(inputs, iopt_plan_inputs(plan));
    return status;
}

static IoptStatus measure(Job *job, IoptError *err)
{
    CliBenchReport *const report = &job->report;

    IOPT_TRY(read_options(job, err));
    IOPT_TRY(measure_solo(job, err));
    IOPT_TRY(open_all(job, err));
    if (!job->has_data)
        return run_seeded(job, err);
    IOPT_TRY(cli_images_open(job->args, &job->opener[IOPT_BEFORE].preprocess,
                             job->no_labels ? 0 : report->shape.classes, report->bench.batch,
                             &job->images, err));
    report->preprocess = &job->images.options.preprocess;
    report->data = iopt_dataset_kind_text(job->images.dataset);
    report->labels = iopt_dataset_label_text(job->images.dataset);
    return run_images(job, err);
}

/* --- the command ----------------------------------------------------------------------------- */

/* Also after an interruption: what was measured up to then. */
static IoptStatus report(Job *job, bool interrupted, IoptError *err)
{
    CliBenchReport *const report = &job->report;

    for (size_t side = 0; side < IOPT_SIDES; side++)
        IOPT_TRY(iopt_samples_spread(&report->bench.side[side].ms, &report->side[side].ms, err));
    IOPT_TRY(iopt_samples_speedup(&report->bench.side[IOPT_BEFORE].ms,
                                  &report->bench.side[IOPT_AFTER].ms, &report->speedup, err));
    report->doubt = iopt_benchmark_doubt(&report->bench, &report->speedup, &report->side[0].ms,
                                         job->doubt, sizeof job->doubt);
    if (interrupted) {
        (void)snprintf(job->doubt, sizeof job->doubt, "interrupted after %zu images",
                       report->bench.images);
        report->doubt = job->doubt;
    }
    if (!job->args->json)
        return cli_bench_print(report, err);
    cli_bench_print_json(report);
    return IOPT_OK;
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    Job job = { .args = args };
    IoptStatus status = measure(&job, err);

    if (status == IOPT_OK)
        status = report(&job, false, err);
    else if (status == IOPT_CANCELLED && job.report.bench.images > 0)
        (void)report(&job, true, NULL);
    if (status == IOPT_OK && job.report.bench.images == 0)
        status = iopt_fail(err, IOPT_BAD_DATA, "the data has no image that can be read");
    iopt_benchmark_free(&job.report.bench);
    cli_images_close(&job.images);
    for (size_t side = 0; side < IOPT_SIDES; side++) {
        iopt_network_destroy(job.network[side]);
        iopt_model_close(&job.model[side]);
    }
    return status;
}

static const CliOption options[] = {
    { "--runs", "N", "timed runs: of each batch (default 1), of seeded input (default 50)",
      CLI_COUNT },
    { "--warmup", "N", "runs of each side before the clock starts (default 1)", CLI_COUNT },
    { "--no-labels", NULL, "the labels mean something else: times and agreement only", CLI_FLAG },
    { 0 },
};
static const CliGroup group = { "Comparing", options };
static const CliGroup *const groups[] = {
    &group, &cli_data_group, &cli_preprocess_group, &cli_model_group, &cli_engine_group, NULL
};
static const char *const operands[] = { "BEFORE", "AFTER", NULL };
static const char *const examples[] = {
    "iopt benchmark models/demo/fashion.pb fast.pb --data 'models/demo/*.tfrecord' --images 200",
    "iopt benchmark models/demo/fashion.pb fast.pb --runs 20 --threads 1",
    "iopt benchmark models/demo/fashion.pb fast.pb --batch-size 8 --runs 5 --json",
    NULL,
};

const CliCommand cli_cmd_benchmark = {
    .name = "benchmark",
    .usage = "BEFORE AFTER [--data DATA] [options]",
    .brief = "times two models on the same images and compares their accuracy",
    .about =
        "The two take turns, batch by batch, so that a change of the machine hits both. "
        "Inference time is the network alone: images are decoded before the clock starts, and "
        "that time is told apart. Load, first run and peak memory are measured for each model "
        "in a process of its own. Latency is that of a whole batch. The interval of the change "
        "in accuracy is paired (Bonett and Price). Without --data only times are compared, on "
        "seeded input of one image.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
