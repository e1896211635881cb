/* iopt profile: where a model's time goes, step by step and op by op. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/machine.h"
#include "cli/model_options.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "measure/network.h"
#include "measure/timing.h"

/* A step of the plan, or all steps of an op together. */
typedef struct Entry {
    IoptStepInfo info; /* kernel NULL where an op has more than one */
    size_t place;      /* in the plan; of an op, its first one's */
    size_t steps;
    double ms; /* of one run */
} Entry;

typedef struct Job {
    const CliArgs *args;
    IoptModel model;
    IoptNetwork *network;
    const IoptPlan *plan;
    IoptSamples samples;
    IoptSpread spread;
    Entry *nodes, *ops;
    size_t n_nodes, n_ops;
    double step_ms; /* of all steps */
} Job;

/* --- running --------------------------------------------------------------------------------- */

static IoptStatus run_all(Job *job, const IoptTensor *const *in, IoptError *err)
{
    const size_t runs = cli_count(job->args, "--runs", 20);
    const size_t warmup = cli_count(job->args, "--warmup", 2);
    IoptStatus status = IOPT_OK;
    CliProgress progress;
    uint64_t ns = 0;

    cli_progress_begin(&progress, "runs", warmup + runs);
    for (size_t i = 0; i < warmup + runs; i++) {
        if (i == warmup)
            iopt_run_set_profile(iopt_network_run(job->network), true);
        IOPT_DO(iopt_network_feed(job->network, in, &ns, err));
        if (i >= warmup)
            IOPT_DO(iopt_samples_add(&job->samples, (double)ns * 1e-6, err));
        cli_progress_update(&progress, i + 1, NULL);
    }
done:
    cli_progress_end(&progress);
    return status;
}

static IoptStatus measure(Job *job, IoptError *err)
{
    const char *const path = cli_operand(job->args, 0);
    IoptPlanOptions options = cli_plan_options(job->args);
    IoptTensor **inputs;

    options.batch = (int64_t)cli_count(job->args, "--batch-size", 1);
    if (cli_count(job->args, "--runs", 1) == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "profile: --runs 0: want at least 1");
    IOPT_TRY(cli_model_open(job->args, path, &job->model, err));
    IOPT_TRY(cli_network_create(path, job->model.graph, &options, &job->network, err));
    job->plan = iopt_network_plan(job->network);
    IOPT_TRY(iopt_seeded_inputs(job->plan, cli_count(job->args, "--seed", 1), &inputs, err));
    const IoptStatus status = run_all(job, (const IoptTensor *const *)inputs, err);
    iopt_seeded_inputs_free(inputs, iopt_plan_inputs(job->plan));
    return status;
}

/* --- adding up ------------------------------------------------------------------------------- */

/* The slowest first; equal ones in the order of the plan. */
static int compare_entries(const void *a, const void *b)
{
    const Entry *const x = a, *const y = b;

    if (x->ms != y->ms)
        return x->ms < y->ms ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static Entry *find_op(Job *job, const char *op)
{
    for (size_t i = 0; i < job->n_ops; i++)
        if (strcmp(job->ops[i].info.op, op) == 0)
            return &job->ops[i];
    return NULL;
}

static void add_to_op(Job *job, const Entry *node)
{
    Entry *op = find_op(job, node->info.op);

    if (!op) {
        op = &job->ops[job->n_ops++];
        *op = *node;
        return;
    }
    op->steps++;
    op->ms += node->ms;
    op->info.macs += node->info.macs;
    op->info.bytes += node->info.bytes;
    if (op->info.kernel && (!node->info.kernel || strcmp(op->info.kernel, node->info.kernel)))
        op->info.kernel = NULL;
}

static IoptStatus add_up(Job *job, IoptError *err)
{
    const size_t count = iopt_plan_steps(job->plan);
    const IoptRun *const run = iopt_network_run(job->network);
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, sizeof(Entry), err));
    job->nodes = block;
    IOPT_TRY(iopt_alloc(&block, count, sizeof(Entry), err));
    job->ops = block;
    job->n_nodes = count;
    for (size_t i = 0; i < count; i++) {
        Entry *const node = &job->nodes[i];
        *node = (Entry){ .info = iopt_plan_step(job->plan, i), .place = i, .steps = 1 };
        node->ms = (double)iopt_run_step_ns(run, i) * 1e-6 / (double)job->samples.count;
        job->step_ms += node->ms;
        add_to_op(job, node);
    }
    qsort(job->ops, job->n_ops, sizeof(Entry), compare_entries);
    if (strcmp(cli_text(job->args, "--order", "time"), "time") == 0)
        qsort(job->nodes, job->n_nodes, sizeof(Entry), compare_entries);
    return iopt_samples_spread(&job->samples, &job->spread, err);
}

/* --- the report ------------------------------------------------------------------------------ */

static double gflop_per_s(const Entry *entry)
{
    return entry->ms > 0 ? 2 * entry->info.macs / (entry->ms * 1e6) : 0;
}

static double share(const Job *job, double ms)
{
    return job->step_ms > 0 ? 100 * ms / job->step_ms : 0;
}

static void add_figures(CliTable *table, const Job *job, const Entry *entry, double running_ms)
{
    cli_cell(table, "%.3f", entry->ms);
    cli_cell(table, "%.1f", share(job, entry->ms));
    cli_cell(table, "%.1f", share(job, running_ms));
    if (entry->info.macs > 0)
        cli_cell(table, "%.1f", gflop_per_s(entry));
    else
        cli_cell(table, "%s", "");
    cli_cell(table, "%s", iopt_bytes_text(entry->info.bytes).s);
}

static IoptStatus print_nodes(const Job *job, IoptError *err)
{
    static const CliColumn columns[] = {
        { "ms", CLI_RIGHT },      { "%", CLI_RIGHT },     { "running %", CLI_RIGHT },
        { "GFLOP/s", CLI_RIGHT }, { "bytes", CLI_RIGHT }, { "op", CLI_LEFT },
        { "kernel", CLI_LEFT },   { "node", CLI_LEFT },
    };
    const size_t top = cli_count(job->args, "--top", 20);
    const size_t shown = top && top < job->n_nodes ? top : job->n_nodes;
    CliTable table = CLI_TABLE(columns);
    double running_ms = 0;

    for (size_t i = 0; i < shown; i++) {
        const Entry *const node = &job->nodes[i];
        running_ms += node->ms;
        add_figures(&table, job, node, running_ms);
        cli_cell(&table, "%s", node->info.op);
        cli_cell(&table, "%s", node->info.kernel ? node->info.kernel : "");
        cli_cell(&table, "%s", node->info.node);
    }
    IOPT_TRY(cli_table_print(&table, stdout, err));
    if (shown < job->n_nodes)
        cli_print("... and %zu more steps (--top 0 shows all)\n", job->n_nodes - shown);
    return IOPT_OK;
}

static IoptStatus print_ops(const Job *job, IoptError *err)
{
    static const CliColumn columns[] = {
        { "ms", CLI_RIGHT },      { "%", CLI_RIGHT },     { "running %", CLI_RIGHT },
        { "GFLOP/s", CLI_RIGHT }, { "bytes", CLI_RIGHT }, { "steps", CLI_RIGHT },
        { "op", CLI_LEFT },
    };
    CliTable table = CLI_TABLE(columns);
    double running_ms = 0;

    for (size_t i = 0; i < job->n_ops; i++) {
        running_ms += job->ops[i].ms;
        add_figures(&table, job, &job->ops[i], running_ms);
        cli_cell(&table, "%zu", job->ops[i].steps);
        cli_cell(&table, "%s", job->ops[i].info.op);
    }
    return cli_table_print(&table, stdout, err);
}

static IoptStatus print_tables(const Job *job, IoptError *err)
{
    const IoptPlanBytes bytes = iopt_plan_bytes(job->plan);

    cli_print("%s      %s      %zu runs, batch %zu\n\n",
              cli_model_name(cli_operand(job->args, 0)).s,
              cli_machine_text(iopt_plan_threads(job->plan)).s, job->samples.count,
              cli_count(job->args, "--batch-size", 1));
    IOPT_TRY(print_nodes(job, err));
    cli_print("\n");
    IOPT_TRY(print_ops(job, err));
    cli_print("\nwhole graph: p50 %.2f ms, min %.2f, p90 %.2f; steps %.2f ms together\n",
              job->spread.p50, job->spread.min, job->spread.p90, job->step_ms);
    cli_print("memory: weights %s, values %s, scratch %s\n",
              iopt_bytes_text((double)bytes.weights).s, iopt_bytes_text((double)bytes.slab).s,
              iopt_bytes_text((double)bytes.scratch).s);
    return IOPT_OK;
}

static void add_entries(cJSON *object, const char *key, const Job *job, const Entry *entries,
                        size_t count, bool are_nodes)
{
    cJSON *const array = cli_json_array(object, key);

    for (size_t i = 0; i < count; i++) {
        const Entry *const entry = &entries[i];
        cJSON *const row = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(array, row);
        if (are_nodes)
            cli_json_text(row, "node", entry->info.node);
        else
            cli_json_number(row, "steps", (double)entry->steps);
        cli_json_text(row, "op", entry->info.op);
        if (are_nodes)
            cli_json_text(row, "kernel", entry->info.kernel);
        cli_json_number(row, "ms", entry->ms);
        cli_json_number(row, "percent", share(job, entry->ms));
        cli_json_number(row, "macs", entry->info.macs);
        cli_json_number(row, "gflop_per_s", gflop_per_s(entry));
        cli_json_number(row, "bytes", entry->info.bytes);
    }
}

static void print_json(const Job *job)
{
    cJSON *const object = cJSON_CreateObject();
    const IoptPlanBytes bytes = iopt_plan_bytes(job->plan);

    cli_json_machine(object, iopt_plan_threads(job->plan));
    cli_json_text(object, "model", cli_operand(job->args, 0));
    cli_json_number(object, "batch", (double)cli_count(job->args, "--batch-size", 1));
    cli_json_number(object, "threads", (double)iopt_plan_threads(job->plan));
    cJSON *const ms = cli_json_array(object, "ms");
    for (size_t i = 0; i < job->samples.count; i++)
        (void)cJSON_AddItemToArray(ms, cJSON_CreateNumber(job->samples.ms[i]));
    cli_json_number(object, "p50_ms", job->spread.p50);
    cli_json_number(object, "min_ms", job->spread.min);
    cli_json_number(object, "weights_bytes", (double)bytes.weights);
    cli_json_number(object, "slab_bytes", (double)bytes.slab);
    cli_json_number(object, "scratch_bytes", (double)bytes.scratch);
    cli_json_text(object, "interpreted", iopt_plan_interpreted(job->plan));
    add_entries(object, "nodes", job, job->nodes, job->n_nodes, true);
    add_entries(object, "ops", job, job->ops, job->n_ops, false);
    cli_json_print(object);
}

/* --- the command ----------------------------------------------------------------------------- */

static IoptStatus report(Job *job, IoptError *err)
{
    IOPT_TRY(add_up(job, err));
    if (!job->args->json)
        return print_tables(job, err);
    print_json(job);
    return IOPT_OK;
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    Job job = { .args = args };
    IoptStatus status = measure(&job, err);

    if (status == IOPT_OK)
        status = report(&job, err);
    else if (status == IOPT_CANCELLED && job.samples.count > 0)
        (void)report(&job,
                     NULL); /* the steps of the run that was broken off count, too: a trifle */
    free(job.nodes);
    free(job.ops);
    iopt_samples_free(&job.samples);
    iopt_network_destroy(job.network);
    iopt_model_close(&job.model);
    return status;
}

static const CliOption options[] = {
    { "--runs", "N", "timed runs (default 20)", CLI_COUNT },
    { "--warmup", "N", "runs before the clock starts (default 2)", CLI_COUNT },
    { "--batch-size", "N", "images in a run (default 1)", CLI_COUNT },
    { "--top", "N", "steps that the table shows (default 20; 0: all)", CLI_COUNT },
    { "--order", "time|plan", "the slowest first, or as they run (default time)", CLI_CHOICE },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = { &group, &cli_model_group, &cli_engine_group, NULL };
static const char *const operands[] = { "MODEL", NULL };
static const char *const examples[] = {
    "iopt profile models/demo/fashion.pb",
    "iopt profile models/demo/fashion.pb --batch-size 8 --threads 1 --top 5",
    "iopt profile models/demo/fashion.pb --runs 50 --json",
    NULL,
};

const CliCommand cli_cmd_profile = {
    .name = "profile",
    .usage = "MODEL [options]",
    .brief = "shows where a model's time goes",
    .about = "Runs the model on seeded input. A step is a node with what was fused into it, named "
             "after the last one; ms are means over the timed runs; GFLOP/s counts a multiply-add "
             "as two; bytes are what a step reads and writes, weights included.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
