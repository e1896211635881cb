/* Recipe int8, from a float graph to one in eight bits.
 *
 *     equalize    channels of neighbouring layers get like ranges (pass equalize_channels)
 *     plan        which values and which layers (passes/int8/quantization.h)
 *     calibrate   the graph runs on images, or a file says what was found
 *     settle      what follows from the ranges
 *     refine      on wish: weights rounded so that layers' outputs err least (refine_weights.h)
 *     apply       the new graph, with biases corrected
 *     mix         with an accuracy budget: layers become float until it holds
 *     check       both graphs on some of the images: how often they agree
 *
 * The float recipe has run before.
 */
#ifndef IOPT_MEASURE_QUANTIZE_RUN_H
#define IOPT_MEASURE_QUANTIZE_RUN_H

#include "measure/calibration.h"
#include "measure/loader.h"
#include "measure/mixed_precision.h"
#include "passes/pipeline.h"

typedef struct IoptQuantizeRequest {
    IoptInt8Options techniques;
    IoptRangeOptions range;
    IoptPlanOptions plan;              /* threads and engine of the runs on images */
    IoptDataset *images;               /* NULL: there are none, and load_file says all */
    IoptLoaderOptions loader;          /* of the images; its batch is what the graph fixes, or 0 */
    size_t check_images;               /* of these for the check; 0: no check */
    bool has_budget;                   /* layers become float until it holds: */
    double budget;                     /* points (mixed_precision.h) */
    bool keep_slow_layers;             /* 8 bits also where float is faster */
    IoptDataset *trial;                /* what it is judged on, with labels if it can be */
    size_t trial_skip;                 /* images at its beginning that ranges are chosen from */
    const char *load_file, *save_file; /* calibrations; NULL: none */
    const char *model, *data;          /* names, for the file */
    const IoptPipelineOptions *pipeline; /* how passes are compared; their progress */

    /* Each may be NULL. */
    void (*warn)(void *context, const char *text);
    void (*progress)(void *context, const char *what, size_t done); /* images of `what` */
    void *context;
} IoptQuantizeRequest;

/* Seconds. */
typedef struct IoptQuantizeTimes {
    double calibrate, choose, apply, mix, check, total;
} IoptQuantizeTimes;

/* What became of it; { 0 } before.  iopt_quantize_report_free frees it. */
typedef struct IoptQuantizeReport {
    const char *left_alone; /* why nothing was done, or NULL */
    IoptQuantization *plan;
    IoptCalibration calibration;
    IoptCalibrationFit fit;
    size_t layers_int8;
    double macs, macs_int8; /* of one image */
    size_t checked, agreed; /* images */
    double output_sqnr_db;  /* of the outputs on them */
    bool has_mixed;         /* there was a budget: */
    IoptMixedReport mixed;
    bool trial_held_out;  /* it was judged on images that ranges were not chosen from */
    IoptLayerTime *times; /* of each layer of the plan, float and now; NULL: not measured */
    IoptLayerTime whole;
    IoptQuantizeTimes seconds;
} IoptQuantizeReport;

void iopt_quantize_report_free(IoptQuantizeReport *report);

/* *graph becomes the quantized one, the old one is gone; on failure it is a valid graph.  Each step
 * is an entry of the log.  Where a budget cannot be met (report->mixed.is_met), *graph stays float.
 *
 * Fails with IOPT_BAD_DATA for images or a file that cannot be used, IOPT_INVALID_ARGUMENT without
 * both, or for a graph that does not take images. */
IOPT_MUST_USE IoptStatus iopt_quantize_run(IoptGraph **graph, const IoptQuantizeRequest *request,
                                           IoptPassLog *log, IoptQuantizeReport *report,
                                           IoptError *err);

#endif
