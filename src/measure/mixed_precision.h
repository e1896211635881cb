/* Mixed precision: which layers stay in eight bits so that an accuracy budget holds.
 *
 *   1  everything into eight bits that can be; layers that are not faster for it become float again
 *   2  the loss is judged on trial images; if it keeps the budget, that is it
 *   3  sums get 16 bits, if there are any that have 8, and that helps
 *   4  layers are ranked: the damage that those of a unit (layer_units.h) alone do to the output,
 *      for their multiply-adds (layer_ranking.h)
 *   5  the worst become float, as many as needed (budget_search.h): bisection, a trial each
 *
 * Damage is the noise of the outputs (budget_score.h), measured on a few of the images.
 */
#ifndef IOPT_MEASURE_MIXED_PRECISION_H
#define IOPT_MEASURE_MIXED_PRECISION_H

#include "measure/budget_score.h"
#include "measure/calibration.h"
#include "measure/layer_times.h"
#include "measure/trial_images.h"

typedef struct IoptMixedRequest {
    double budget; /* points of top-1, or of agreement where nothing has a label; >= 0 */
    const IoptInt8Options *techniques;
    IoptPlanOptions plan; /* threads and engine; the batch is that of the images */
    const IoptTrialImages *images;
    const IoptCalibration
        *calibration;  /* gives sums that get 16 bits all of their range; or NULL */
    bool ignore_times; /* layers that are slower in eight bits stay there: the same bits each run */
    void (*progress)(void *context, const char *what, size_t done); /* or NULL */
    void *context;
} IoptMixedRequest;

/* { 0 } before. */
typedef struct IoptMixedReport {
    bool is_met;
    bool has_labels;    /* ... that this network was taught: else it is agreement that counts */
    bool labels_differ; /* there are labels, but the float graph hardly ever gives them */
    double float_top1;  /* share of labels that it gives; NaN without any */
    IoptBudgetScore full, chosen;    /* with everything in eight bits that can be; as it is */
    double macs, macs_int8;          /* of one image */
    size_t layers_int8, layers_slow; /* layers_slow: float because eight bits are not faster */
    bool is_widened;                 /* sums that had 8 bits have 16 */
    size_t trials, experiments;      /* networks run on all, on a few images */
    double *damage;                  /* of each layer, its share of a unit; NaN: not measured */
    IoptLayerTime *times;            /* of each layer, in eight bits where it can be */
    IoptLayerTime whole;
} IoptMixedReport;

void iopt_mixed_report_free(IoptMixedReport *report);

/* Chooses the precisions of a plan's layers, and tells them why.
 *
 *   graph  the float graph that was planned, with one input and classes as its first output
 *   plan   calibrated and settled; settled again when this returns
 *   out    the quantized graph; NULL if the budget cannot be met: then all layers are float
 *
 * Fails with IOPT_BAD_DATA without images; as applying, planning and running do. */
IOPT_MUST_USE IoptStatus iopt_mixed_precision(const IoptGraph *graph, IoptQuantization *plan,
                                              const IoptMixedRequest *request, IoptGraph **out,
                                              IoptMixedReport *report, IoptError *err);

#endif
