/* What the steps of recipe int8 share; for quantize_*.c only. */
#ifndef IOPT_MEASURE_QUANTIZE_JOB_H
#define IOPT_MEASURE_QUANTIZE_JOB_H

#include "measure/quantize_run.h"

typedef struct IoptQuantizeJob {
    const IoptQuantizeRequest *request;
    IoptQuantizeReport *report;
    IoptPassLog *log;
    IoptGraph *graph;          /* the float one */
    IoptCalibration equalized; /* nothing but the factors of channels */
} IoptQuantizeJob;

void iopt_quantize_warn(const IoptQuantizeJob *job, const char *format, ...) IOPT_PRINTF(2, 3);

/* A line for the pass log: of a step that has not changed anything yet. */
IoptPassEntry iopt_quantize_entry(const IoptGraph *graph, const char *pass);
IoptStatus iopt_quantize_log(const IoptQuantizeJob *job, const IoptPassEntry *entry,
                             IoptError *err);

double iopt_seconds_since(uint64_t start_ns);

/* Loads the calibration, if one is to be loaded. */
IoptStatus iopt_quantize_load(IoptQuantizeJob *job, IoptError *err);

/* Scales channels of the float graph by what they are on images, or as the calibration that was
 * loaded tells. */
IoptStatus iopt_quantize_equalize(IoptQuantizeJob *job, IoptError *err);

/* Gets the ranges, from images if none were loaded, and tells the plan. */
IoptStatus iopt_quantize_calibrate(IoptQuantizeJob *job, IoptError *err);

#endif
