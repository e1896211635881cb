/* iopt compare: what differs between two graphs, and between what they compute. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/images.h"
#include "cli/json.h"
#include "cli/model_options.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "measure/difference.h"
#include "measure/graph_diff.h"
#include "measure/network.h"

enum { A, B, SIDES };

/* Above this share of its largest value a layer counts as different: many roundings. */
static const double layer_bound = 1e-4;

typedef struct Job {
    const CliArgs *args;
    bool has_data, by_layers;
    CliImageModel opener[SIDES];
    IoptModel model[SIDES];
    IoptNetwork *network[SIDES];
    IoptPlanOptions plan;
    IoptGraphDiff diff;
    CliImages images;
    size_t n_images;

    size_t n_outputs;            /* of the graphs themselves; layers come behind */
    size_t n_values;             /* outputs and layers */
    IoptDifference *differences; /* of each */
    bool *other_weights;         /* of each layer: it differs by intention */
    double worst;                /* of the outputs, relative */
} Job;

/* --- opening --------------------------------------------------------------------------------- */

static IoptStatus open_models(Job *job, IoptError *err)
{
    for (size_t side = 0; side < SIDES; side++) {
        job->opener[side] =
            (CliImageModel){ .args = job->args,
                             .path = cli_operand(job->args, side),
                             .sets_may_miss = side == B,
                             .takes_images =
                                 job->has_data || cli_text(job->args, "--image-size", NULL) };
        IOPT_TRY(cli_image_model_open(&job->opener[side], &job->model[side], err));
        if (job->model[side].notes[0])
            cli_note("%s: %s", job->opener[side].path, job->model[side].notes);
    }
    return IOPT_OK;
}

/* Adds the layers that both have to the outputs of both. */
static IoptStatus add_layers(Job *job, IoptError *err)
{
    IoptGraph *const graphs[SIDES] = { job->model[A].graph, job->model[B].graph };
    IoptValue *layers[SIDES] = { NULL, NULL };
    IoptStatus status = IOPT_OK;
    size_t count;

    for (size_t side = 0; side < SIDES; side++) /* what nothing needs may not even be computable */
        (void)iopt_graph_sweep(graphs[side]);
    IOPT_TRY(iopt_common_layers(graphs[A], graphs[B], &layers[A], &layers[B], &count, err));
    IOPT_DO(iopt_alloc((void **)&job->other_weights, count, sizeof(bool), err));
    for (size_t i = 0; i < count; i++)
        job->other_weights[i] = iopt_has_other_weights(layers[A][i].node, layers[B][i].node);
    for (size_t side = 0; side < SIDES; side++) {
        void *block;
        IOPT_DO(iopt_alloc(&block, job->n_outputs + count, sizeof(IoptValue), err));
        IoptValue *const wanted = block;
        for (size_t i = 0; i < job->n_outputs; i++)
            wanted[i] = graphs[side]->outputs[i];
        for (size_t i = 0; i < count; i++)
            wanted[job->n_outputs + i] = layers[side][i];
        status = iopt_graph_set_outputs(graphs[side], wanted, job->n_outputs + count, err);
        free(wanted);
        if (status != IOPT_OK)
            goto done;
    }
    job->n_values = job->n_outputs + count;
done:
    free(layers[A]);
    free(layers[B]);
    return status;
}

static IoptStatus plan_both(Job *job, IoptError *err)
{
    const size_t n_a = job->model[A].graph->n_outputs, n_b = job->model[B].graph->n_outputs;
    void *block;

    if (n_a != n_b)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "'%s' has %zu outputs, '%s' has %zu; choose with --outputs",
                         job->opener[A].path, n_a, job->opener[B].path, n_b);
    job->n_outputs = job->n_values = n_a;
    if (job->by_layers)
        IOPT_TRY(add_layers(job, err));
    for (size_t side = 0; side < SIDES; side++)
        IOPT_TRY(iopt_while(
            err, iopt_network_create(job->model[side].graph, &job->plan, &job->network[side], err),
            "'%s'", job->opener[side].path));
    if (iopt_plan_inputs(iopt_network_plan(job->network[A])) !=
        iopt_plan_inputs(iopt_network_plan(job->network[B])))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the graphs have %zu and %zu inputs; choose with --inputs",
                         iopt_plan_inputs(iopt_network_plan(job->network[A])),
                         iopt_plan_inputs(iopt_network_plan(job->network[B])));
    IOPT_TRY(iopt_alloc(&block, job->n_values, sizeof(IoptDifference), err));
    job->differences = block;
    return IOPT_OK;
}

/* --- running --------------------------------------------------------------------------------- */

static const char *value_name(const Job *job, size_t i)
{
    return iopt_plan_output(iopt_network_plan(job->network[A]), i)->name;
}

static IoptStatus compare_once(Job *job, const IoptTensor *const *in, IoptError *err)
{
    for (size_t side = 0; side < SIDES; side++)
        IOPT_TRY(iopt_while(err, iopt_network_feed(job->network[side], in, NULL, err), "'%s'",
                            job->opener[side].path));
    for (size_t i = 0; i < job->n_values; i++) {
        const IoptStatus status =
            iopt_difference_add(&job->differences[i], iopt_network_output(job->network[A], i),
                                iopt_network_output(job->network[B], i), err);
        if (status == IOPT_BOUND_MISSED && i >= job->n_outputs)
            job->differences[i].strange++; /* a layer of another shape is no layer of the same */
        else
            IOPT_TRY(iopt_while(err, status, "output '%s'", value_name(job, i)));
    }
    return IOPT_OK;
}

static IoptStatus compare_images(Job *job, IoptError *err)
{
    const IoptPlan *const plan = iopt_network_plan(job->network[A]);
    const IoptPort *const in = iopt_plan_input(plan, 0);
    const size_t batch = in->shape.rank > 0 && in->shape.dim[0] > 0 ? (size_t)in->shape.dim[0] : 1;
    IoptStatus status = IOPT_OK;
    CliProgress progress;
    const IoptBatch *images;

    IOPT_TRY(cli_images_open(job->args, &job->opener[A].preprocess, 0, batch, &job->images, err));
    cli_progress_begin(&progress, "images", job->images.count);
    for (;;) {
        IOPT_DO(iopt_check_cancelled(err));
        IOPT_DO(iopt_loader_next(job->images.loader, &images, err));
        if (!images)
            break;
        const IoptTensor *const tensor = &images->images;
        IOPT_DO(compare_once(job, &tensor, err));
        job->n_images += images->count;
        cli_progress_update(&progress, job->n_images, NULL);
    }
done:
    cli_progress_end(&progress);
    return status;
}

static IoptStatus compare_seeded(Job *job, IoptError *err)
{
    const IoptPlan *const plan = iopt_network_plan(job->network[A]);
    IoptTensor **inputs;

    IOPT_TRY(iopt_seeded_inputs(plan, cli_count(job->args, "--seed", 1), &inputs, err));
    const IoptStatus status = compare_once(job, (const IoptTensor *const *)inputs, err);
    iopt_seeded_inputs_free(inputs, iopt_plan_inputs(plan));
    return status;
}

static IoptStatus compare(Job *job, IoptError *err)
{
    CliData data;

    cli_data_read(job->args, 0, &data);
    job->has_data = data.data != NULL;
    job->by_layers = cli_flag(job->args, "--layers");
    job->plan = cli_plan_options(job->args);
    job->plan.batch = job->has_data && !job->by_layers ? (int64_t)data.batch : 1;
    IOPT_TRY(open_models(job, err));
    IOPT_TRY(iopt_graph_diff(job->model[A].graph, job->model[B].graph, &job->diff, err));
    if (cli_flag(job->args, "--no-run"))
        return IOPT_OK;
    IOPT_TRY(plan_both(job, err));
    IOPT_TRY(job->has_data ? compare_images(job, err) : compare_seeded(job, err));
    for (size_t i = 0; i < job->n_outputs; i++)
        job->worst = fmax(job->worst, iopt_difference_relative(&job->differences[i]));
    return IOPT_OK;
}

/* --- the report ------------------------------------------------------------------------------ */

/* The first layer, in order of computation, that is beyond the bound without having other weights;
 * NULL if there is none. */
static const char *first_different(const Job *job)
{
    for (size_t i = job->n_outputs; i < job->n_values; i++)
        if (!job->other_weights[i - job->n_outputs] &&
            iopt_difference_relative(&job->differences[i]) > layer_bound)
            return value_name(job, i);
    return NULL;
}

static IoptStatus print_diff(const Job *job, IoptError *err)
{
    static const CliColumn columns[] = { { "node", CLI_LEFT },
                                         { "differs in", CLI_LEFT },
                                         { "how", CLI_LEFT } };
    const size_t top = cli_count(job->args, "--top", 20);
    const size_t shown = top && top < job->diff.count ? top : job->diff.count;
    CliTable table = CLI_TABLE(columns);

    cli_print("A  %s: %zu nodes\nB  %s: %zu nodes\n", job->opener[A].path,
              job->model[A].graph->n_nodes, job->opener[B].path, job->model[B].graph->n_nodes);
    cli_print("%zu nodes are the same, %zu only in A, %zu only in B; other op %zu, other inputs "
              "%zu, other attributes %zu\n",
              job->diff.same, job->diff.kinds[IOPT_DIFF_ONLY_A], job->diff.kinds[IOPT_DIFF_ONLY_B],
              job->diff.kinds[IOPT_DIFF_OP], job->diff.kinds[IOPT_DIFF_INPUTS],
              job->diff.kinds[IOPT_DIFF_ATTR]);
    if (shown == 0)
        return IOPT_OK;
    cli_print("\n");
    for (size_t i = 0; i < shown; i++) {
        cli_cell(&table, "%s", job->diff.items[i].node);
        cli_cell(&table, "%s", iopt_diff_kind_text(job->diff.items[i].kind));
        cli_cell(&table, "%.160s", job->diff.items[i].text);
    }
    IOPT_TRY(cli_table_print(&table, stdout, err));
    if (shown < job->diff.count)
        cli_print("... and %zu more (--top 0 shows all)\n", job->diff.count - shown);
    return IOPT_OK;
}

static IoptStatus print_values(const Job *job, const char *title, size_t first, size_t end,
                               IoptError *err)
{
    const CliColumn columns[] = {
        { title, CLI_LEFT },           { "SQNR dB", CLI_RIGHT },  { "cosine", CLI_RIGHT },
        { "largest diff", CLI_RIGHT }, { "relative", CLI_RIGHT }, { "", CLI_LEFT },
    };
    CliTable table = CLI_TABLE(columns);

    cli_print("\n");
    for (size_t i = first; i < end; i++) {
        const IoptDifference *const difference = &job->differences[i];
        cli_cell(&table, "%s", value_name(job, i));
        cli_cell(&table, "%.1f", iopt_difference_sqnr_db(difference));
        cli_cell(&table, "%.8f", iopt_difference_cosine(difference));
        cli_cell(&table, "%.3g", difference->largest);
        cli_cell(&table, "%.3g", iopt_difference_relative(difference));
        cli_cell(&table, "%s",
                 i >= job->n_outputs && job->other_weights[i - job->n_outputs] ? "other weights"
                                                                               : "");
    }
    return cli_table_print(&table, stdout, err);
}

static IoptStatus print_tables(const Job *job, IoptError *err)
{
    IOPT_TRY(print_diff(job, err));
    if (!job->differences)
        return IOPT_OK;
    if (job->n_images)
        cli_print("\non %zu images:\n", job->n_images);
    else
        cli_print("\non seeded input:\n");
    IOPT_TRY(print_values(job, "output", 0, job->n_outputs, err));
    if (!job->by_layers)
        return IOPT_OK;
    const char *const first = first_different(job);
    IOPT_TRY(print_values(job, "layer", job->n_outputs, job->n_values, err));
    if (first)
        cli_print("\nthe first layer that differs by more than %g: %s\n", layer_bound, first);
    else
        cli_print("\nno layer differs by more than %g\n", layer_bound);
    return IOPT_OK;
}

static void add_values(cJSON *object, const char *key, const Job *job, size_t first, size_t end)
{
    cJSON *const array = cli_json_array(object, key);

    for (size_t i = first; i < end; i++) {
        const IoptDifference *const difference = &job->differences[i];
        cJSON *const row = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(array, row);
        cli_json_text(row, "name", value_name(job, i));
        cli_json_number(row, "sqnr_db", iopt_difference_sqnr_db(difference));
        cli_json_number(row, "cosine", iopt_difference_cosine(difference));
        cli_json_number(row, "largest_difference", difference->largest);
        cli_json_number(row, "relative_difference", iopt_difference_relative(difference));
        if (i >= job->n_outputs)
            (void)cJSON_AddBoolToObject(row, "other_weights",
                                        job->other_weights[i - job->n_outputs]);
    }
}

static void print_json(const Job *job)
{
    cJSON *const object = cJSON_CreateObject();

    cli_json_text(object, "a", job->opener[A].path);
    cli_json_text(object, "b", job->opener[B].path);
    cli_json_number(object, "nodes_a", (double)job->model[A].graph->n_nodes);
    cli_json_number(object, "nodes_b", (double)job->model[B].graph->n_nodes);
    cli_json_number(object, "nodes_same", (double)job->diff.same);
    cJSON *const list = cli_json_array(object, "differences");
    for (size_t i = 0; i < job->diff.count; i++) {
        cJSON *const row = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(list, row);
        cli_json_text(row, "node", job->diff.items[i].node);
        cli_json_text(row, "kind", iopt_diff_kind_text(job->diff.items[i].kind));
        cli_json_text(row, "text", job->diff.items[i].text);
    }
    cli_json_number(object, "images", (double)job->n_images);
    cli_json_number(object, "relative_difference", job->differences ? job->worst : (double)NAN);
    add_values(object, "outputs", job, 0, job->differences ? job->n_outputs : 0);
    add_values(object, "layers", job, job->n_outputs, job->n_values);
    cli_json_text(object, "first_different_layer", job->differences ? first_different(job) : NULL);
    cli_json_print(object);
}

/* --- the command ----------------------------------------------------------------------------- */

static IoptStatus report(const Job *job, IoptError *err)
{
    const double tolerance = cli_number(job->args, "--tolerance", (double)INFINITY);

    if (job->args->json)
        print_json(job);
    else
        IOPT_TRY(print_tables(job, err));
    if (job->differences && job->worst > tolerance)
        return iopt_fail(err, IOPT_BOUND_MISSED,
                         "the outputs differ by %.3g of the largest value; --tolerance is %g",
                         job->worst, tolerance);
    return IOPT_OK;
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    Job job = { .args = args };
    IoptStatus status = compare(&job, err);

    if (status == IOPT_OK)
        status = report(&job, err);
    iopt_graph_diff_free(&job.diff);
    cli_images_close(&job.images);
    free(job.differences);
    free(job.other_weights);
    for (size_t side = 0; side < SIDES; side++) {
        iopt_network_destroy(job.network[side]);
        iopt_model_close(&job.model[side]);
    }
    return status;
}

static const CliOption options[] = {
    { "--layers", NULL, "compare every layer that both have under the same name", CLI_FLAG },
    { "--tolerance", "X", "exit with 4 if an output differs by more than X times its largest value",
      CLI_NUMBER },
    { "--no-run", NULL, "compare nodes and attributes only", CLI_FLAG },
    { "--top", "N", "node differences that are shown (default 20; 0: all)", CLI_COUNT },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = {
    &group, &cli_data_group, &cli_preprocess_group, &cli_model_group, &cli_engine_group, NULL
};
static const char *const operands[] = { "A", "B", NULL };
static const char *const examples[] = {
    "iopt compare models/demo/fashion.pb fast.pb",
    "iopt compare models/demo/fashion.pb fast.pb --tolerance 1e-5 --top 5",
    "iopt compare models/demo/fashion.pb fast.pb --layers --data 'models/demo/*.tfrecord' --images "
    "4",
    NULL,
};

const CliCommand cli_cmd_compare = {
    .name = "compare",
    .usage = "A B [--data DATA] [options]",
    .brief = "shows what differs between two graphs and their results",
    .about =
        "Nodes are matched by name. Outputs are computed on --data, else on seeded input. A "
        "convolution that took up a batch norm keeps its name but has other weights and another "
        "value; --layers says so and names the first other layer that differs.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
