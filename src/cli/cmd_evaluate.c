/* iopt evaluate: how often a model is right on labelled images, and how long it takes. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/cancel.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/images.h"
#include "cli/json.h"
#include "cli/machine.h"
#include "cli/model_options.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "measure/accuracy.h"
#include "measure/network.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "tensor/tensor.h"

typedef struct Job {
    const CliArgs *args;
    CliImageModel opener;
    IoptModel model;
    IoptNetwork *network;
    IoptImageShape shape;
    size_t batch;
    bool no_labels; /* --no-labels */
    CliImages images;
    IoptOutput *predictions; /* NULL: not wanted */
    IoptTally tally;
    double inference_s, wall_s;
    IoptLoaderStats stats;
    bool complete;
} Job;

/* --- the work -------------------------------------------------------------------------------- */

/* A batch that the graph itself fixes wins over --batch-size. */
static IoptStatus open_network(Job *job, IoptError *err)
{
    IoptPlanOptions options = cli_plan_options(job->args);
    const char *const path = job->opener.path;

    IOPT_TRY(cli_images_batch(job->args, &job->batch, err));
    IOPT_TRY(cli_image_model_open(&job->opener, &job->model, err));
    cli_model_tell(path, &job->model);
    options.batch = (int64_t)job->batch;
    IOPT_TRY(cli_network_create(path, job->model.graph, &options, &job->network, err));
    IOPT_TRY(iopt_network_image_shape(job->network, &job->shape, err));
    const IoptPlan *const plan = iopt_network_plan(job->network);
    if (iopt_plan_input(plan, 0)->shape.dim[0] > 0)
        job->batch = (size_t)iopt_plan_input(plan, 0)->shape.dim[0];
    return IOPT_OK;
}

static IoptStatus write_line(IoptOutput *out, size_t index, const IoptVerdict *verdict,
                             int64_t target, IoptError *err)
{
    char line[128], label[24] = "", probability[32] = "";

    if (target >= 0)
        (void)snprintf(label, sizeof label, "%" PRId64, target);
    if (!isnan(verdict->probability))
        (void)snprintf(probability, sizeof probability, "%.9g", verdict->probability);
    const int size =
        snprintf(line, sizeof line, "%zu,%s,%zu,%s\n", index, label, verdict->top1, probability);
    return iopt_output_write(out, line, (size_t)size, err);
}

static IoptStatus judge(Job *job, const IoptBatch *batch, IoptError *err)
{
    const float *values = iopt_f32(iopt_network_output(job->network, 0));

    for (size_t i = 0; i < batch->count; i++, values += job->shape.classes) {
        const int64_t target = job->no_labels ? -1 : batch->targets[i];
        const IoptVerdict verdict = iopt_tally_add(&job->tally, values, job->shape.classes, target);
        if (job->predictions)
            IOPT_TRY(write_line(job->predictions, batch->indices[i], &verdict, target, err));
    }
    return IOPT_OK;
}

static IoptStatus run_all(Job *job, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    CliProgress progress;
    const IoptBatch *batch;
    uint64_t ns;

    cli_progress_begin(&progress, "images", job->images.count);
    for (;;) {
        IOPT_DO(iopt_check_cancelled(err));
        IOPT_DO(iopt_loader_next(job->images.loader, &batch, err));
        if (!batch)
            break;
        const IoptTensor *const in = &batch->images;
        IOPT_DO(iopt_network_feed(job->network, &in, &ns, err));
        job->inference_s += (double)ns * 1e-9;
        IOPT_DO(judge(job, batch, err));
        cli_progress_update(&progress, job->tally.images, NULL);
    }
    job->complete = true;
done:
    cli_progress_end(&progress);
    return status;
}

static IoptStatus evaluate(Job *job, IoptError *err)
{
    const char *const file = cli_text(job->args, "--predictions", NULL);
    static const char titles[] = "index,label,top1,probability\n";

    IOPT_TRY(open_network(job, err));
    IOPT_TRY(cli_images_open(job->args, &job->opener.preprocess,
                             job->no_labels ? 0 : job->shape.classes, job->batch, &job->images,
                             err));
    if (file) {
        IOPT_TRY(iopt_output_open(file, &job->predictions, err));
        IOPT_TRY(iopt_output_write(job->predictions, titles, sizeof titles - 1, err));
    }
    const uint64_t start = iopt_now_ns();
    const IoptStatus status = run_all(job, err);
    job->wall_s = (double)(iopt_now_ns() - start) * 1e-9;
    job->stats = iopt_loader_stats(job->images.loader);
    IOPT_TRY(status);
    if (job->tally.images == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "the data has no image that can be read");
    if (job->predictions) {
        IoptOutput *const output = job->predictions;
        job->predictions = NULL; /* taken */
        IOPT_TRY(iopt_output_commit(output, err));
    }
    return IOPT_OK;
}

/* --- the report ------------------------------------------------------------------------------ */

static void add_share(CliTable *table, const char *what, size_t hits, size_t count)
{
    const IoptInterval interval = iopt_wilson_interval(hits, count);

    cli_cell(table, "%s", what);
    cli_cell(table, "%.2f %%", 100.0 * (double)hits / (double)count);
    cli_cell(table, "%zu of %zu  (95 %% CI %.2f .. %.2f)", hits, count, 100 * interval.low,
             100 * interval.high);
}

static void add_row(CliTable *table, const char *what, const char *value, const char *note)
{
    cli_cell(table, "%s", what);
    cli_cell(table, "%s", value);
    cli_cell(table, "%s", note);
}

static void add_seconds(CliTable *table, const char *what, double seconds, const char *note)
{
    char value[32];

    (void)snprintf(value, sizeof value, "%.2f s", seconds);
    add_row(table, what, value, note);
}

static IoptStatus print_table(const Job *job, IoptError *err)
{
    static const CliColumn columns[] = { { NULL, CLI_LEFT },
                                         { NULL, CLI_RIGHT },
                                         { NULL, CLI_LEFT } };
    CliTable table = CLI_TABLE(columns);
    const IoptTally *const tally = &job->tally;
    const double images = (double)tally->images;
    char value[32];

    cli_print("%s  %zux%zux%zu -> %zu classes      %s      %zu images, batch %zu\n\n",
              cli_model_name(job->opener.path).s, job->shape.height, job->shape.width,
              job->shape.channels, job->shape.classes,
              cli_machine_text(iopt_plan_threads(iopt_network_plan(job->network))).s, tally->images,
              job->batch);
    if (tally->labelled) {
        add_share(&table, "Accuracy (top-1)", tally->top1, tally->labelled);
        add_share(&table, "Accuracy (top-5)", tally->top5, tally->labelled);
        (void)snprintf(value, sizeof value, "%.4f", iopt_tally_loss(tally));
        add_row(&table, "Loss", value, "cross entropy, natural logarithm");
    } else {
        add_row(&table, "Accuracy", "-", "no labels");
    }
    add_seconds(&table, "Inference time", job->inference_s, "the network alone");
    (void)snprintf(value, sizeof value, "%.1f", images / job->inference_s);
    add_row(&table, "Images per second", value, "");
    add_seconds(&table, "Preprocessing", job->stats.preprocess_s,
                "on a thread of its own, beside the network");
    add_seconds(&table, "Time in all", job->wall_s, "");
    return cli_table_print(&table, stdout, err);
}

static void print_json(const Job *job)
{
    cJSON *const object = cJSON_CreateObject();
    const IoptTally *const tally = &job->tally;
    const IoptInterval interval = iopt_wilson_interval(tally->top1, tally->labelled);
    const bool judged = tally->labelled > 0;

    cli_json_machine(object, iopt_plan_threads(iopt_network_plan(job->network)));
    cli_json_text(object, "model", job->opener.path);
    cli_json_number(object, "size_bytes", (double)job->model.file_bytes);
    (void)cJSON_AddBoolToObject(object, "complete", job->complete);
    cli_json_text(object, "data", iopt_dataset_kind_text(job->images.dataset));
    cli_json_text(object, "preprocessing", iopt_preprocess_text(&job->images.options.preprocess).s);
    cli_json_text(object, "labels", judged ? iopt_dataset_label_text(job->images.dataset) : NULL);
    cli_json_number(object, "batch", (double)job->batch);
    cli_json_number(object, "images", (double)tally->images);
    cli_json_number(object, "bad_images", (double)job->stats.bad);
    cli_json_number(object, "labelled", (double)tally->labelled);
    cli_json_number(object, "correct", judged ? (double)tally->top1 : (double)NAN);
    cli_json_number(object, "top1", iopt_tally_top1(tally));
    cJSON *const ci95 = judged ? cli_json_array(object, "top1_ci95") : NULL;
    if (judged) {
        (void)cJSON_AddItemToArray(ci95, cJSON_CreateNumber(interval.low));
        (void)cJSON_AddItemToArray(ci95, cJSON_CreateNumber(interval.high));
    } else {
        (void)cJSON_AddNullToObject(object, "top1_ci95");
    }
    cli_json_number(object, "top5", iopt_tally_top5(tally));
    cli_json_number(object, "loss", iopt_tally_loss(tally));
    cli_json_number(object, "outputs_not_numbers", (double)tally->not_numbers);
    cli_json_number(object, "inference_s", job->inference_s);
    cli_json_number(object, "images_per_s", (double)tally->images / job->inference_s);
    cli_json_number(object, "preprocess_s", job->stats.preprocess_s);
    cli_json_number(object, "wall_s", job->wall_s);
    cli_json_number(object, "load_ms", job->model.load_ms);
    cli_json_print(object);
}

/* --- the command ----------------------------------------------------------------------------- */

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    Job job = { .args = args,
                .opener = { .args = args, .path = cli_operand(args, 0), .takes_images = true } };

    if (!cli_text(args, "--data", NULL))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "evaluate: --data DATA is missing: on which images?");
    job.no_labels = cli_flag(args, "--no-labels");
    IoptStatus status = evaluate(&job, err);
    if (job.tally.not_numbers)
        cli_warn("%zu of %zu outputs hold values that are no numbers", job.tally.not_numbers,
                 job.tally.images);
    if (job.tally.images && (status == IOPT_OK || status == IOPT_CANCELLED)) {
        if (args->json)
            print_json(&job);
        else if (status == IOPT_OK)
            status = print_table(&job, err);
        else
            (void)print_table(&job, NULL); /* what there is; the interruption is what we tell */
    }
    iopt_output_abandon(job.predictions);
    cli_images_close(&job.images);
    iopt_network_destroy(job.network);
    iopt_model_close(&job.model);
    return status;
}

static const CliOption options[] = {
    { "--no-labels", NULL, "the labels mean something else: time and predictions only", CLI_FLAG },
    { "--predictions", "FILE.csv",
      "a line per image: index, label, top1, probability; label and top1 are numbers of outputs",
      CLI_TEXT },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = {
    &group, &cli_data_group, &cli_preprocess_group, &cli_model_group, &cli_engine_group, NULL
};
static const char *const operands[] = { "MODEL", NULL };
static const char *const examples[] = {
    "iopt evaluate models/demo/fashion.pb --data models/demo/fashion-test.tfrecord --images 200",
    "iopt evaluate models/demo/fashion.pb --data 'models/demo/*.tfrecord' --images 64 --json",
    "iopt evaluate fast.pb --data models/demo/fashion-test.tfrecord --predictions out.csv",
    NULL,
};

const CliCommand cli_cmd_evaluate = {
    .name = "evaluate",
    .usage = "MODEL --data DATA [options]",
    .brief = "tells how often a model is right on labelled images",
    .about =
        "Top-1 and top-5 come with 95 % confidence intervals (Wilson); the loss is the mean "
        "cross entropy. Inference time is the network alone. Interrupted, it tells what it has "
        "seen so far.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
