/* Options of models and engines. */
#include "cli/model_options.h"

#include <string.h>

#include "cli/terminal.h"

static const CliOption model_options[] = {
    { "--inputs", "NAMES", "what is fed: nodes or node:port, comma-separated (default: guessed)",
      CLI_LIST },
    { "--outputs", "NAMES", "what is wanted (default: guessed)", CLI_LIST },
    { "--input-shape", "[NAME=]SHAPE", "fixes a shape: 1,299,299,3 or input=1,299,299,3",
      CLI_MANY },
    { "--set", "NAME=VALUE", "gives a placeholder a constant: phase_train=false", CLI_LIST },
    { 0 },
};
const CliGroup cli_model_group = { "Model", model_options };

static const CliOption engine_options[] = {
    { "--engine", "fast|reference",
      "reference goes node by node on plain loops: slow and right (default fast)", CLI_CHOICE },
    { 0 },
};
const CliGroup cli_engine_group = { "Engine", engine_options };

IoptModelRequest cli_model_request(const CliArgs *args)
{
    IoptModelRequest request = { 0 };

    request.n_inputs = cli_values(args, "--inputs", &request.inputs);
    request.n_outputs = cli_values(args, "--outputs", &request.outputs);
    request.n_shapes = cli_values(args, "--input-shape", &request.shapes);
    request.n_sets = cli_values(args, "--set", &request.sets);
    return request;
}

void cli_model_tell(const char *path, const IoptModel *model)
{
    if (model->notes[0])
        cli_note("%s: %s", path, model->notes);
}

IoptStatus cli_model_open_request(const char *path, const IoptModelRequest *request, IoptModel *out,
                                  IoptError *err)
{
    IOPT_TRY(iopt_model_open(path, request, out, err));
    cli_model_tell(path, out);
    return IOPT_OK;
}

IoptStatus cli_model_open(const CliArgs *args, const char *path, IoptModel *out, IoptError *err)
{
    const IoptModelRequest request = cli_model_request(args);
    return cli_model_open_request(path, &request, out, err);
}

IoptStatus cli_model_look(const CliArgs *args, const char *path, IoptModel *out, IoptError *err)
{
    IoptModelRequest request = cli_model_request(args);

    request.as_is = true;
    return cli_model_open_request(path, &request, out, err);
}

IoptPlanOptions cli_plan_options(const CliArgs *args)
{
    const char *const engine = cli_text(args, "--engine", "fast");

    return (IoptPlanOptions){ .threads = cli_count(args, "--threads", 0),
                              .engine = strcmp(engine, "reference") == 0 ? IOPT_ENGINE_REFERENCE
                                                                         : IOPT_ENGINE_FAST };
}

IoptStatus cli_network_create(const char *path, const IoptGraph *graph,
                              const IoptPlanOptions *options, IoptNetwork **out, IoptError *err)
{
    IOPT_TRY(iopt_network_create(graph, options, out, err));
    const char *const why = iopt_plan_interpreted(iopt_network_plan(*out));
    if (why)
        cli_warn("%s runs node by node, slowly: %s", path, why);
    return IOPT_OK;
}
