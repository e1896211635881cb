/* A model made ready to be run on batches and to be timed: plan, run and outputs in one. */
#ifndef IOPT_MEASURE_NETWORK_H
#define IOPT_MEASURE_NETWORK_H

#include <stdbool.h>

#include "graph/graph.h"
#include "iopt/engine.h"

typedef struct IoptNetwork IoptNetwork;

/* Plans the graph for batches of options->batch (0: as the graph says).  The graph and what the
 * options point to are borrowed as long as the network lives. */
IOPT_MUST_USE IoptStatus iopt_network_create(const IoptGraph *graph, const IoptPlanOptions *options,
                                             IoptNetwork **out, IoptError *err);
void iopt_network_destroy(IoptNetwork *network); /* NULL is fine */

const IoptPlan *iopt_network_plan(const IoptNetwork *network);
IoptRun *iopt_network_run(IoptNetwork *network);

/* What a classifier of images takes and gives. */
typedef struct IoptImageShape {
    size_t height, width, channels, classes;
} IoptImageShape;

/* Fails with IOPT_INVALID_ARGUMENT, telling what it takes instead, unless the network has one input
 * float [N,H,W,C] and its first output is float [N,...]. */
IOPT_MUST_USE IoptStatus iopt_network_image_shape(const IoptNetwork *network, IoptImageShape *out,
                                                  IoptError *err);

/* Runs one batch.  `ns` gets the time of the network alone; NULL is fine.  Where the first size
 * of in[0] differs from the plan's (the last batch of a data set), a second plan for it is made,
 * outside of that time, and kept; or, if the graph fixes that size, the last image is repeated:
 * outputs then have rows beyond those of the images. */
IOPT_MUST_USE IoptStatus iopt_network_feed(IoptNetwork *network, const IoptTensor *const *in,
                                           uint64_t *ns, IoptError *err);

/* Output `i` of the last batch; belongs to the network. */
const IoptTensor *iopt_network_output(const IoptNetwork *network, size_t i);

/* Lets its threads sleep, so that something else can be timed. */
void iopt_network_rest(IoptNetwork *network);

/* Inputs for a plan, the same for the same seed, as iopt_fill_seeded fills them; an open dimension
 * is 1.  Free with iopt_seeded_inputs_free. */
IOPT_MUST_USE IoptStatus iopt_seeded_inputs(const IoptPlan *plan, uint64_t seed, IoptTensor ***out,
                                            IoptError *err);
void iopt_seeded_inputs_free(IoptTensor **inputs, size_t count);

#endif
