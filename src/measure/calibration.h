/* What calibration found out about a graph: the range of every value that is to be quantized, the
 * mean input of every layer.  It can be written to a file, edited, and read again.
 *
 *     iopt_calibration_watches(plan, graph, &watches, &err)       what has to be watched
 *     iopt_calibrate(...)                                         watches it
 *     iopt_calibration_choose(&statistics, ..., &calibration)     chooses the ranges
 *     iopt_calibration_fill(&calibration, plan, &filled, &err)    tells the plan
 */
#ifndef IOPT_MEASURE_CALIBRATION_H
#define IOPT_MEASURE_CALIBRATION_H

#include "measure/calibrate.h"
#include "measure/range_choice.h"
#include "passes/int8/quantization.h"

/* How one value is to be quantized, and what was seen of it. */
typedef struct IoptValueRange {
    const char *value;  /* "node" or "node:port" */
    int bits;           /* that the range was chosen for */
    float min, max;     /* contains 0 and is nudged, unless somebody edited it */
    const char *method; /* "mse", "percentile 99.99"; "given" if a file does not say */
    float seen_min, seen_max;
    double count, zeros, nans, infinities; /* values */
    double mean, power;                    /* of all values, and of their squares */
    double sqnr_db;                        /* infinite without any error */
    double cut;                            /* share of the values beyond the range */
} IoptValueRange;

/* A number for each channel of a layer. */
typedef struct IoptChannelNumbers {
    const char *layer;
    size_t channels;
    const float *numbers;
} IoptChannelNumbers;

/* { 0 } is an empty one; iopt_calibration_free frees it. */
typedef struct IoptCalibration {
    IoptArena *arena;                         /* of all texts and arrays */
    const char *model, *data, *preprocessing; /* for the reader; NULL: not known */
    const char *input;                        /* "x float[?,28,28,3]"; NULL: not known */
    size_t images;
    IoptValueRange *ranges;
    size_t n_ranges;
    IoptChannelNumbers *means; /* of layers' inputs */
    size_t n_means;
    IoptChannelNumbers *factors; /* by which layers' outputs were divided to equalize channels;
                                    layers whose factors are all 1 are left out */
    size_t n_factors;
} IoptCalibration;

void iopt_calibration_free(IoptCalibration *calibration);

/* --- from images ------------------------------------------------------------------------------ */

/* What a plan's calibration has to watch: the values of all points and the inputs of all layers,
 * each once.  free() the array; its texts are the plan's. */
IOPT_MUST_USE IoptStatus iopt_calibration_watches(const IoptQuantization *plan,
                                                  const IoptGraph *graph, IoptWatch **out,
                                                  size_t *count, IoptError *err);

typedef struct IoptRangeOptions {
    IoptRangeMethod method;
    double percentile; /* of that method */
    size_t threads;    /* 0: all cores */
} IoptRangeOptions;

/* Chooses a range for each point, and takes the mean input of each layer, from the statistics of
 * those watches. */
IOPT_MUST_USE IoptStatus iopt_calibration_choose(const IoptQuantization *plan,
                                                 const IoptGraph *graph,
                                                 const IoptStatistics *statistics,
                                                 const IoptRangeOptions *options,
                                                 IoptCalibration *out, IoptError *err);

/* --- to a plan -------------------------------------------------------------------------------- */

/* How far calibration and plan agree. */
typedef struct IoptCalibrationFit {
    size_t filled;             /* points that have a range now */
    size_t missing;            /* points that the calibration does not have; they stay float */
    const char *missing_value; /* one of them; NULL: none */
    size_t unknown;            /* ranges of values that the plan does not quantize */
    const char *unknown_value;
    size_t dead, constant; /* points that were always zero, or always another value */
    const char *dead_value, *constant_value;
    size_t infinite; /* points that had a value that is not finite; they stay float */
    const char *infinite_value;
    size_t unfit; /* layers whose mean input has another number of channels; it is not used */
    const char *unfit_layer;
} IoptCalibrationFit;

/* Fills ranges of points and mean inputs of layers. */
IOPT_MUST_USE IoptStatus iopt_calibration_fill(const IoptCalibration *calibration,
                                               IoptQuantization *plan, IoptCalibrationFit *fit,
                                               IoptError *err);

/* Points that settling made wide take all that was seen of them: with so many steps nothing has to
 * be cut off.  *changed: settle again. */
void iopt_calibration_widen(const IoptCalibration *calibration, IoptQuantization *plan,
                            bool *changed);

/* --- files (JSON) ----------------------------------------------------------------------------- */

/* The file appears when it is whole. */
IOPT_MUST_USE IoptStatus iopt_calibration_save(const IoptCalibration *calibration, const char *path,
                                               IoptError *err);

/* Fails with IOPT_NOT_FOUND or IOPT_IO for the file; IOPT_BAD_DATA names the line of what is no
 * JSON, or value and field of what makes no sense.  *out is to be freed in any case. */
IOPT_MUST_USE IoptStatus iopt_calibration_load(const char *path, IoptCalibration *out,
                                               IoptError *err);

#endif
