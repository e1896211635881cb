/* iopt optimize: runs a recipe or a transform string on a graph, compares after each pass, writes
 * the result. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/knobs.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/int8_options.h"
#include "cli/json.h"
#include "cli/model_options.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "formats/graphdef.h"
#include "formats/pbtxt.h"
#include "measure/pass_check.h"
#include "measure/transform_run.h"

/* What the pipeline's callbacks need, and what the report tells. */
typedef struct Job {
    const CliArgs *args;
    const char *model, *out;
    const IoptRecipe *recipe; /* NULL with --transforms */
    const char *transforms;   /* NULL: the recipe's passes */
    char *with_freezing;      /* the recipe's transforms and freezing ranges; or NULL */
    IoptPassChecker *checker; /* NULL with --no-check */
    CliInt8 int8;             /* of a calibrated recipe */
    CliProgress progress;
    const char *pass; /* that runs now */
    size_t n_dumped;
    size_t nodes_before, nodes_after, bytes_before, bytes_after;
    double difference;
} Job;

/* --- while it runs --------------------------------------------------------------------------- */

static void on_pass(void *context, const char *pass, size_t index, size_t count)
{
    Job *const job = context;

    job->pass = pass;
    (void)count;
    cli_progress_update(&job->progress, index, pass);
    if (iopt_knob_has("IOPT_TRACE", "passes"))
        (void)fprintf(stderr, "pass %zu: %s\n", index, pass);
}

/* IOPT_DUMP=DIR: the graph as the pass left it. */
static IoptStatus dump(Job *job, const IoptGraph *graph, IoptError *err)
{
    const char *const folder = iopt_knob("IOPT_DUMP");
    char path[1024];

    if (!folder)
        return IOPT_OK;
    (void)snprintf(path, sizeof path, "%s/%02zu_%s.pb", folder, job->n_dumped++, job->pass);
    return iopt_graphdef_save(graph, path, err);
}

/* Called after each pass that changed something. */
static IoptStatus check_pass(void *context, const IoptGraph *before, const IoptGraph *after,
                             IoptExactness exactness, double *difference, char *why,
                             size_t why_bytes, IoptError *err)
{
    Job *const job = context;

    *difference = NAN;
    IOPT_TRY(iopt_check_cancelled(err));
    IOPT_TRY(dump(job, after, err));
    if (!job->checker)
        return IOPT_OK;
    return iopt_pass_check(job->checker, before, after, exactness, difference, why, why_bytes, err);
}

static void on_warning(void *user, const char *text)
{
    const Job *const job = user;
    const char *const pass = job->pass ? job->pass : "transforms";

    if (iopt_has_prefix(text, pass) || (job->recipe && iopt_has_prefix(text, job->recipe->name)))
        cli_warn("%s", text);
    else
        cli_warn("%s: %s", pass, text);
}

/* What the transforms work on: the file as it is spelled, or what --set made of it. */
static IoptStatus load_list(const Job *job, const IoptGraph *graph, IoptNodeList **out,
                            IoptError *err)
{
    const IoptModelRequest request = cli_model_request(job->args);

    return request.n_sets ? iopt_list_from_graph(graph, out, err)
                          : iopt_model_load_list(job->model, &request.file, out, err);
}

/* Runs the recipe's passes, and what comes after them. */
static IoptStatus run_recipe(Job *job, const IoptPipelineOptions *options, IoptGraph **graph,
                             IoptPassLog *log, IoptError *err)
{
    const char *why = NULL;

    if (!job->recipe->calibrated)
        return iopt_recipe_run(graph, job->recipe, options, log, err);
    IOPT_TRY(cli_int8_left_alone(&job->int8, *graph, &why, err));
    if (why)
        return IOPT_OK;
    IOPT_TRY(iopt_recipe_run(graph, job->recipe, options, log, err));
    cli_progress_end(&job->progress);
    return cli_int8_run(&job->int8, job->model, options, graph, log, err);
}

/* Runs the transforms; *graph becomes their result, *list the same as it is written. */
static IoptStatus transform(Job *job, const IoptPipelineOptions *options, IoptGraph **graph,
                            IoptNodeList **list, IoptPassLog *log, IoptError *err)
{
    const IoptModelRequest request = cli_model_request(job->args);
    const IoptGttLog warnings = { on_warning, job };
    const IoptQuantizeRequest *const own = &job->int8.request;
    const IoptRequantImages images = { own->images, own->loader, own->plan, own->progress,
                                       own->context };
    const IoptTransformRun run = {
        .transforms = job->transforms,
        .historic = job->recipe != NULL,
        .strict_compat = cli_flag(job->args, "--strict-compat"),
        .inputs = request.inputs,
        .n_inputs = request.n_inputs,
        .outputs = request.outputs,
        .n_outputs = request.n_outputs,
        .graph = *graph,
        .options = options,
        .log = &warnings,
        .images = own->images ? &images : NULL,
    };
    IoptNodeList *before;
    IoptGraph *linked;

    IOPT_TRY(load_list(job, *graph, &before, err));
    const IoptStatus status = iopt_transforms_run(&run, before, log, list, &linked, err);
    iopt_list_destroy(before);
    IOPT_TRY(status);
    iopt_graph_destroy(*graph);
    *graph = linked;
    return IOPT_OK;
}

static IoptStatus optimize(Job *job, IoptGraph **graph, IoptNodeList **list, IoptPassLog *log,
                           IoptError *err)
{
    const IoptPipelineOptions options = {
        .pass = { .max_folded_bytes = cli_count(job->args, "--max-folded-bytes", 0) },
        .check = check_pass,
        .check_context = job,
        .progress = on_pass,
        .progress_context = job,
    };

    if (!cli_flag(job->args, "--no-check"))
        IOPT_TRY(iopt_pass_checker_create(cli_count(job->args, "--threads", 0),
                                          cli_count(job->args, "--seed", 1), &job->checker, err));
    cli_progress_begin(&job->progress, "passes", job->transforms ? 0 : job->recipe->count);
    const IoptStatus status = job->transforms ? transform(job, &options, graph, list, log, err)
                                              : run_recipe(job, &options, graph, log, err);
    cli_progress_end(&job->progress);
    job->difference = job->checker ? iopt_pass_checker_total(job->checker) : NAN;
    return status;
}

/* --- the report ------------------------------------------------------------------------------ */

static const char *outcome_text(IoptPassOutcome outcome)
{
    switch (outcome) {
    case IOPT_PASS_CHANGED: return "changed";
    case IOPT_PASS_NOTHING: return "nothing";
    case IOPT_PASS_REVERTED: return "reverted";
    }
    return "";
}

static void add_difference(CliTable *table, double difference)
{
    if (isnan(difference))
        cli_cell(table, "-");
    else
        cli_cell(table, difference == 0 ? "0" : "%.1e", difference);
}

static void add_row(CliTable *table, const IoptPassEntry *entry)
{
    const bool is_changed = entry->outcome == IOPT_PASS_CHANGED;

    cli_cell(table, "%s", entry->pass);
    cli_cell(table, "%.1f", entry->ms);
    cli_cell(table, "%zu", entry->nodes_before);
    if (is_changed)
        cli_cell(table, "-> %zu", entry->nodes_after);
    else
        cli_cell(table, "%s", "");
    cli_cell(table, "%s", iopt_bytes_text((double)entry->bytes_after).s);
    add_difference(table, entry->difference);
    cli_cell(table, "%s%s%s", is_changed ? "" : outcome_text(entry->outcome),
             !is_changed && entry->note[0] ? ": " : "", entry->note);
}

static IoptStatus print_table(const Job *job, const IoptPassLog *log, IoptError *err)
{
    static const CliColumn columns[] = {
        { "pass", CLI_LEFT }, { "ms", CLI_RIGHT },    { "nodes", CLI_RIGHT },
        { "", CLI_LEFT },     { "bytes", CLI_RIGHT }, { "difference", CLI_RIGHT },
        { "note", CLI_LEFT },
    };
    CliTable table = CLI_TABLE(columns);

    for (size_t i = 0; i < log->count; i++)
        add_row(&table, &log->entries[i]);
    IOPT_TRY(cli_table_print(&table, stdout, err));
    cli_print("\n%s: %zu -> %zu nodes, %s -> %s", job->out, job->nodes_before, job->nodes_after,
              iopt_bytes_text((double)job->bytes_before).s,
              iopt_bytes_text((double)job->bytes_after).s);
    if (isfinite(job->difference))
        cli_print("; outputs differ by %.1e of the largest at most", job->difference);
    cli_print("\n");
    return job->recipe && job->recipe->calibrated ? cli_int8_print(&job->int8, err) : IOPT_OK;
}

static cJSON *entry_json(const IoptPassEntry *entry)
{
    cJSON *const object = cJSON_CreateObject();

    cli_json_text(object, "pass", entry->pass);
    cli_json_text(object, "outcome", outcome_text(entry->outcome));
    cli_json_number(object, "ms", entry->ms);
    cli_json_number(object, "check_ms", entry->check_ms);
    cli_json_number(object, "nodes_before", (double)entry->nodes_before);
    cli_json_number(object, "nodes_after", (double)entry->nodes_after);
    cli_json_number(object, "constant_bytes_before", (double)entry->bytes_before);
    cli_json_number(object, "constant_bytes_after", (double)entry->bytes_after);
    cli_json_number(object, "difference", entry->difference);
    cli_json_number(object, "changes", (double)entry->changes);
    cli_json_number(object, "skips", (double)entry->skips);
    cli_json_text(object, "note", entry->note[0] ? entry->note : NULL);
    return object;
}

static void print_json(const Job *job, const IoptPassLog *log)
{
    cJSON *const object = cJSON_CreateObject();

    cli_json_text(object, "model", job->model);
    cli_json_text(object, "out", job->out);
    cli_json_text(object, "recipe", job->recipe ? job->recipe->name : NULL);
    if (job->transforms)
        cli_json_text(object, "transforms", job->transforms);
    cli_json_number(object, "nodes_before", (double)job->nodes_before);
    cli_json_number(object, "nodes_after", (double)job->nodes_after);
    cli_json_number(object, "bytes_before", (double)job->bytes_before);
    cli_json_number(object, "bytes_after", (double)job->bytes_after);
    cli_json_number(object, "difference", job->difference);
    cJSON *const passes = cli_json_array(object, "passes");
    for (size_t i = 0; i < log->count; i++)
        (void)cJSON_AddItemToArray(passes, entry_json(&log->entries[i]));
    if (job->recipe && job->recipe->calibrated)
        cli_int8_json(&job->int8, object);
    cli_json_print(object);
}

/* --- the command ----------------------------------------------------------------------------- */

static IoptStatus find_recipe(const char *name, const IoptRecipe **out, IoptError *err)
{
    const char *names[16];
    size_t count;
    const IoptRecipe *const recipes = iopt_recipes(&count);

    *out = iopt_recipe_find(name);
    if (*out)
        return IOPT_OK;
    if (count > IOPT_COUNT(names))
        count = IOPT_COUNT(names);
    for (size_t i = 0; i < count; i++)
        names[i] = recipes[i].name;
    const char *const nearest = iopt_nearest(name, names, count);
    if (nearest)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: there is no recipe '%s'; did you mean %s?", name, nearest);
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "optimize: there is no recipe '%s'; 'iopt list recipes' shows what there is",
                     name);
}

#define FREEZE "freeze_requantization_ranges"

/* Whether images are of use. */
static bool freezes(const Job *job)
{
    return job->transforms && (job->recipe || strstr(job->transforms, FREEZE));
}

static IoptStatus choose_work(Job *job, IoptError *err)
{
    job->transforms = cli_text(job->args, "--transforms", NULL);
    if (job->transforms && cli_text(job->args, "--recipe", NULL))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --recipe or --transforms, not both");
    if (!job->transforms) {
        IOPT_TRY(find_recipe(cli_text(job->args, "--recipe", "float"), &job->recipe, err));
        job->transforms = job->recipe->transforms;
    }
    if (!job->transforms && cli_flag(job->args, "--strict-compat"))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --strict-compat is for transforms; recipe '%s' has none",
                         job->recipe->name);
    if (job->recipe && job->recipe->calibrated)
        return IOPT_OK;
    const char *const what = job->recipe ? job->recipe->name : "these transforms";
    return cli_int8_refuse(job->args, what, freezes(job), err);
}

/* With images, recipe historic goes on to freeze what it has left open, at all that they showed:
 * to cut off a twentieth at each end, the transform's default, can cost many points. */
static IoptStatus open_images(Job *job, IoptGraph *graph, IoptError *err)
{
    IoptText text = { 0 };

    if (job->recipe && job->recipe->calibrated)
        return cli_int8_open(&job->int8, job->args, graph, err);
    if (!cli_text(job->args, "--calibrate", NULL))
        return IOPT_OK;
    if (job->recipe) {
        iopt_text_printf(&text, "%s " FREEZE "(min_percentile=0, max_percentile=0)",
                         job->transforms);
        IOPT_TRY(iopt_text_finish(&text, &job->with_freezing, err));
        job->transforms = job->with_freezing;
    }
    return cli_int8_open_images(&job->int8, job->args, graph, err);
}

static void warn_of_reverted(const IoptPassLog *log)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->entries[i].outcome == IOPT_PASS_REVERTED)
            cli_warn("pass %s was taken back: %s", log->entries[i].pass, log->entries[i].note);
}

static IoptStatus save(const Job *job, const IoptGraph *graph, const IoptNodeList *list,
                       IoptError *err)
{
    if (list)
        return cli_flag(job->args, "--text") ? iopt_pbtxt_save_list(list, job->out, err)
                                             : iopt_graphdef_save_list(list, job->out, err);
    return cli_flag(job->args, "--text") ? iopt_pbtxt_save(graph, job->out, err)
                                         : iopt_graphdef_save(graph, job->out, err);
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    Job job = { .args = args, .model = cli_operand(args, 0), .out = cli_text(args, "--out", NULL) };
    IoptStatus status = IOPT_OK;
    IoptModel model = { 0 };
    IoptPassLog log = { 0 };
    IoptNodeList *list = NULL;

    if (!job.out)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "optimize: --out FILE is missing: where shall the new graph go?");
    IOPT_TRY(choose_work(&job, err));
    IOPT_DO(cli_model_open(args, job.model, &model, err));
    job.nodes_before = model.graph->n_nodes;
    IOPT_DO(iopt_graphdef_size(model.graph, &job.bytes_before, err));
    IOPT_DO(open_images(&job, model.graph, err));
    IOPT_DO(optimize(&job, &model.graph, &list, &log, err));
    IOPT_DO(save(&job, model.graph, list, err));
    job.nodes_after = model.graph->n_nodes;
    IOPT_DO(iopt_graphdef_size(model.graph, &job.bytes_after, err));
    warn_of_reverted(&log);
    if (args->json)
        print_json(&job, &log);
    else
        IOPT_DO(print_table(&job, &log, err));
    IOPT_DO(cli_int8_judge(&job.int8, job.out, err));
done:
    cli_int8_close(&job.int8);
    free(job.with_freezing);
    iopt_pass_checker_destroy(job.checker);
    iopt_pass_log_free(&log);
    iopt_list_destroy(list);
    iopt_model_close(&model);
    return status;
}

static const CliOption options[] = {
    { "--out", "FILE", "where the new graph goes (required)", CLI_TEXT },
    { "--recipe", "NAME", "what to do (default float; 'iopt list recipes')", CLI_TEXT },
    { "--transforms", "STRING", "what to do instead, as for TensorFlow's Graph Transform Tool",
      CLI_TEXT },
    { "--strict-compat", NULL, "transforms do what TensorFlow's did, also where it did harm",
      CLI_FLAG },
    { "--text", NULL, "write .pbtxt in place of binary .pb", CLI_FLAG },
    { "--max-folded-bytes", "N", "bytes that folding one node may add to the file (default 1M)",
      CLI_COUNT },
    { "--no-check", NULL, "do not run the graph before and after each pass", CLI_FLAG },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = { &group,           &cli_calibration_group,
                                          &cli_int8_group,  &cli_preprocess_group,
                                          &cli_model_group, NULL };
static const char *const operands[] = { "MODEL", NULL };
static const char *const examples[] = {
    "iopt optimize models/demo/fashion.pb --out fast.pb",
    "iopt optimize models/demo/fashion.pb --out fast.pb --outputs softmax --input-shape 1,28,28,3",
    "iopt optimize models/demo/fashion.pb --out fast.pbtxt --text --json",
    "iopt optimize models/demo/fashion.pb --out fast.pb --transforms 'fold_batch_norms'",
    "iopt optimize models/demo/fashion.pb --out f8.pb --recipe int8 --calibrate "
    "models/demo/*.tfrecord",
    NULL,
};

const CliCommand cli_cmd_optimize = {
    .name = "optimize",
    .usage = "MODEL --out FILE [options]",
    .brief = "rewrites a graph so that inference needs less",
    .about =
        "MODEL is a frozen GraphDef, .pb or .pbtxt. After each pass the graph is run before and "
        "after on seeded input; a pass that breaks its bound is taken back and named. The "
        "difference is relative to the largest output. Recipe int8 needs photos like those to "
        "come, "
        "some hundreds, without labels; recipe weights8 needs none.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
