/* Variants of the quantized graph, built and judged; for mixed_*.c only. */
#ifndef IOPT_MEASURE_MIXER_H
#define IOPT_MEASURE_MIXER_H

#include "measure/layer_units.h"
#include "measure/mixed_precision.h"

/* The first `returned` units of a list are float. */
typedef struct IoptCandidate {
    const IoptLayerUnit *units;
    size_t returned;
} IoptCandidate;

typedef struct IoptMixer {
    const IoptGraph *graph; /* the float one */
    IoptQuantization *plan;
    const IoptMixedRequest *request;
    IoptMixedReport *report;
    size_t classes;
    float *before, *after;  /* outputs on all images */
    const int64_t *targets; /* NULL: agreement counts */
    bool *base;             /* layers that are in eight bits in candidate 0 */
    bool *wanted;           /* scratch: those of the variant that is built */
    IoptTrialImages sample; /* few images, the first ones: what an experiment runs on */

    IoptLayerUnits units;      /* sorted, the worst first */
    IoptLayerUnit *small;      /* the same, large ones postponed (layer_ranking.h) */
    IoptCandidate *candidates; /* while enough is left in eight bits of `small`, then of `units` */
    double *int8;              /* share of the work in eight bits of each */
    double *left;              /* share of the damage that each leaves */
    size_t n_candidates;
    IoptBudgetScore *scores;
} IoptMixer;

void iopt_mixer_tell(const IoptMixer *m, const char *what, size_t done);

/* Settles the plan as it is. */
IOPT_MUST_USE IoptStatus iopt_mixer_settle(IoptMixer *m, IoptError *err);

/* The graph that has the wanted layers in eight bits, as far as they can be. */
IOPT_MUST_USE IoptStatus iopt_mixer_build(IoptMixer *m, const bool *wanted, IoptGraph **out,
                                          IoptError *err);

/* Runs a graph, or a variant, on all images. */
IOPT_MUST_USE IoptStatus iopt_mixer_try_graph(IoptMixer *m, const IoptGraph *graph,
                                              IoptBudgetScore *score, IoptError *err);
IOPT_MUST_USE IoptStatus iopt_mixer_try(IoptMixer *m, const bool *wanted, IoptBudgetScore *score,
                                        IoptError *err);

/* *noise of a variant on the sample (budget_score.h). */
IOPT_MUST_USE IoptStatus iopt_mixer_experiment(IoptMixer *m, const bool *wanted, double *noise,
                                               IoptError *err);

/* Candidate 0 is not good enough: ranks its layers, and returns as many to float as the budget
 * asks for.  *out is NULL if that does not help: then all layers are float (mixed_return.c). */
IOPT_MUST_USE IoptStatus iopt_mixer_return_layers(IoptMixer *m, IoptGraph **out, IoptError *err);

#endif
