/* The options that say how a MODEL is opened; every command that takes one has them. */
#ifndef IOPT_CLI_MODEL_OPTIONS_H
#define IOPT_CLI_MODEL_OPTIONS_H

#include "cli/args.h"
#include "iopt/engine.h"
#include "measure/model.h"
#include "measure/network.h"

/* --inputs, --outputs, --input-shape, --set. */
extern const CliGroup cli_model_group;

/* Opens the model as the options say, and tells what was guessed.  The caller closes it. */
IoptStatus cli_model_open(const CliArgs *args, const char *path, IoptModel *out, IoptError *err);

/* The same for looking at a graph: nothing is guessed, training flags stay open. */
IoptStatus cli_model_look(const CliArgs *args, const char *path, IoptModel *out, IoptError *err);

/* What the options ask for; and opening that, possibly changed. */
IoptModelRequest cli_model_request(const CliArgs *args);
IoptStatus cli_model_open_request(const char *path, const IoptModelRequest *request, IoptModel *out,
                                  IoptError *err);

/* Tells what was guessed when the model was opened. */
void cli_model_tell(const char *path, const IoptModel *model);

/* --engine, with --threads of the common options: how graphs are run. */
extern const CliGroup cli_engine_group;
IoptPlanOptions cli_plan_options(const CliArgs *args);

/* iopt_network_create, with a warning if the network goes node by node. */
IoptStatus cli_network_create(const char *path, const IoptGraph *graph,
                              const IoptPlanOptions *options, IoptNetwork **out, IoptError *err);

#endif
