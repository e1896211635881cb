/* The options that say what DATA is and what becomes of an image on its way to the network. */
#ifndef IOPT_CLI_DATA_OPTIONS_H
#define IOPT_CLI_DATA_OPTIONS_H

#include "cli/args.h"
#include "graph/graph.h"
#include "measure/dataset.h"
#include "measure/preprocess.h"

/* --image-size, --preprocess, --mean, --std, --resize, --keep-aspect, --central-crop. */
extern const CliGroup cli_preprocess_group;

/* --data, --labels-file, --label-offset, --images, --max-bad, --batch-size. */
extern const CliGroup cli_data_group;

/* Reads the options of cli_preprocess_group for the graph's image input, its first one of rank 4.
 * A size that the graph leaves open is taken from --image-size and written to the graph, whose
 * facts are inferred again.  *input is the place of that input. */
IoptStatus cli_preprocess_read(const CliArgs *args, IoptGraph *graph, IoptPreprocess *out,
                               size_t *input, IoptError *err);

typedef struct CliData {
    const char *data; /* --data; NULL if it was not given */
    IoptDatasetOptions options;
    size_t batch, max_bad;
} CliData;

/* Reads the options of cli_data_group.  `classes` is the number of the network's outputs, 0 if it
 * is not known. */
void cli_data_read(const CliArgs *args, size_t classes, CliData *out);

#endif
