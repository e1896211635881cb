/* The public calls on graphs (iopt/graph.h), made of the floors below. */
#include <math.h>

#include "formats/graphdef.h"
#include "formats/pbtxt.h"
#include "iopt/iopt.h"
#include "measure/model.h"
#include "measure/pass_check.h"
#include "measure/transform_run.h"

IoptStatus iopt_graph_load(const char *path, const IoptLoadOptions *options, IoptGraph **out,
                           IoptError *err)
{
    IoptModelRequest request = { 0 };
    IoptModel model;

    *out = NULL;
    if (options)
        request = (IoptModelRequest){ .inputs = options->inputs,
                                      .n_inputs = options->n_inputs,
                                      .outputs = options->outputs,
                                      .n_outputs = options->n_outputs,
                                      .sets = options->sets,
                                      .n_sets = options->n_sets,
                                      .shapes = options->shapes,
                                      .n_shapes = options->n_shapes };
    IOPT_TRY(iopt_model_open(path, &request, &model, err));
    *out = model.graph;
    return IOPT_OK;
}

IoptStatus iopt_graph_save(const IoptGraph *graph, const char *path, IoptForm form, IoptError *err)
{
    return form == IOPT_FORM_TEXT ? iopt_pbtxt_save(graph, path, err)
                                  : iopt_graphdef_save(graph, path, err);
}

size_t iopt_graph_nodes(const IoptGraph *graph)
{
    return graph->n_nodes;
}

size_t iopt_graph_inputs(const IoptGraph *graph)
{
    return graph->n_inputs;
}

size_t iopt_graph_outputs(const IoptGraph *graph)
{
    return graph->n_outputs;
}

static const char *value_name(const IoptGraph *graph, IoptValue value)
{
    return value.port == 0 ? value.node->name
                           : iopt_arena_printf(graph->arena, "%s:%d", value.node->name, value.port);
}

const char *iopt_graph_input_name(const IoptGraph *graph, size_t i)
{
    return i < graph->n_inputs ? value_name(graph, graph->inputs[i]) : NULL;
}

const char *iopt_graph_output_name(const IoptGraph *graph, size_t i)
{
    return i < graph->n_outputs ? value_name(graph, graph->outputs[i]) : NULL;
}

static void report_passes(const IoptOptimizeOptions *options, const IoptPassLog *log)
{
    for (size_t i = 0; options->report && i < log->count; i++) {
        const IoptPassEntry *const entry = &log->entries[i];
        const IoptPassReport report = { .pass = entry->pass,
                                        .changed = entry->outcome == IOPT_PASS_CHANGED,
                                        .reverted = entry->outcome == IOPT_PASS_REVERTED,
                                        .ms = entry->ms,
                                        .nodes_before = entry->nodes_before,
                                        .nodes_after = entry->nodes_after,
                                        .difference = entry->difference,
                                        .note = entry->note };
        options->report(options->context, &report);
    }
}

/* A recipe that is a transform string: on the list that says what the graph says. */
static IoptStatus run_transforms(IoptGraph **graph, const IoptRecipe *recipe,
                                 const IoptPipelineOptions *options, IoptPassLog *log,
                                 IoptError *err)
{
    const IoptTransformRun run = {
        .transforms = recipe->transforms, .historic = true, .graph = *graph, .options = options
    };
    IoptNodeList *list, *after;
    IoptGraph *linked;

    IOPT_TRY(iopt_list_from_graph(*graph, &list, err));
    const IoptStatus status = iopt_transforms_run(&run, list, log, &after, &linked, err);
    iopt_list_destroy(list);
    IOPT_TRY(status);
    iopt_list_destroy(after);
    iopt_graph_destroy(*graph);
    *graph = linked;
    return IOPT_OK;
}

IoptStatus iopt_graph_optimize(IoptGraph **graph, const IoptOptimizeOptions *options,
                               double *difference, IoptError *err)
{
    const IoptOptimizeOptions defaults = { 0 };
    IoptStatus status = IOPT_OK;
    IoptPassChecker *checker = NULL;
    IoptPassLog log = { 0 };

    options = options ? options : &defaults;
    const char *const name = options->recipe ? options->recipe : "float";
    const IoptRecipe *const recipe = iopt_recipe_find(name);
    IoptPipelineOptions pipeline = { .pass = { .max_folded_bytes = options->max_folded_bytes } };

    if (difference)
        *difference = NAN;
    if (!recipe)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "there is no recipe '%s'", name);
    if (recipe->calibrated)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "recipe '%s' is calibrated on images: 'iopt optimize --calibrate' does it",
                         name);
    if (!options->unchecked) {
        IOPT_DO(iopt_pass_checker_create(options->threads, options->seed, &checker, err));
        pipeline.check = iopt_pass_check;
        pipeline.check_context = checker;
    }
    if (recipe->transforms)
        IOPT_DO(run_transforms(graph, recipe, &pipeline, &log, err));
    else
        IOPT_DO(iopt_recipe_run(graph, recipe, &pipeline, &log, err));
    report_passes(options, &log);
    if (difference && checker)
        *difference = iopt_pass_checker_total(checker);
done:
    iopt_pass_checker_destroy(checker);
    iopt_pass_log_free(&log);
    return status;
}
