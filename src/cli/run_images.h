/* The part of `iopt run` that looks at photos. */
#ifndef IOPT_CLI_RUN_IMAGES_H
#define IOPT_CLI_RUN_IMAGES_H

#include "cli/args.h"
#include "graph/graph.h"

/* Classifies every --image and prints the --top classes of each. */
IoptStatus cli_run_images(const CliArgs *args, IoptGraph *graph, IoptError *err);

#endif
