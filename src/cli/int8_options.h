/* Eight bits for `iopt optimize`: options, images, the run and its report. */
#ifndef IOPT_CLI_INT8_OPTIONS_H
#define IOPT_CLI_INT8_OPTIONS_H

#include "cli/args.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "measure/quantize_run.h"

extern const CliGroup cli_calibration_group; /* --calibrate, --calibration-images, ... */
extern const CliGroup cli_int8_group;        /* method, files, techniques */

/* { 0 } before cli_int8_open. */
typedef struct CliInt8 {
    IoptQuantizeRequest request;
    IoptQuantizeReport report;
    CliProgress progress;
    const char *stage; /* what the bar shows */
} CliInt8;

/* Fails with IOPT_INVALID_ARGUMENT for an option of cli_int8_group; and for one of
 * cli_calibration_group, unless `what` takes images. */
IoptStatus cli_int8_refuse(const CliArgs *args, const char *what, bool has_images, IoptError *err);

/* Opens the images of --calibrate, if there are any, and fixes the size of the graph's input
 * (--image-size): for whoever needs no more than images. */
IoptStatus cli_int8_open_images(CliInt8 *self, const CliArgs *args, IoptGraph *graph,
                                IoptError *err);

/* Reads all options, and opens the images. */
IoptStatus cli_int8_open(CliInt8 *self, const CliArgs *args, IoptGraph *graph, IoptError *err);

/* Why a graph is not to be touched at all, or NULL. */
IoptStatus cli_int8_left_alone(CliInt8 *self, IoptGraph *graph, const char **why, IoptError *err);

IoptStatus cli_int8_run(CliInt8 *self, const char *model, const IoptPipelineOptions *pipeline,
                        IoptGraph **graph, IoptPassLog *log, IoptError *err);

/* IOPT_BOUND_MISSED if there was an accuracy budget that cannot be met; `out` has been written. */
IoptStatus cli_int8_judge(const CliInt8 *self, const char *out, IoptError *err);

IoptStatus cli_int8_print(const CliInt8 *self, IoptError *err);
void cli_int8_json(const CliInt8 *self, cJSON *object);
void cli_int8_close(CliInt8 *self);

#endif
