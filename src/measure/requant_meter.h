/* Measuring what the RequantizationRange nodes of a graph give on images. */
#ifndef IOPT_MEASURE_REQUANT_METER_H
#define IOPT_MEASURE_REQUANT_METER_H

#include "iopt/engine.h"
#include "measure/loader.h"
#include "passes/gtt/gtt_requant_log.h"

typedef struct IoptRequantImages {
    IoptDataset *images;
    IoptLoaderOptions loader; /* its batch is chosen here */
    IoptPlanOptions plan;
    void (*progress)(void *context, const char *what, size_t done); /* or NULL */
    void *context;
} IoptRequantImages;

/* Adds a record for each of the nodes and each image, each image run by itself, as somebody would
 * who logs them; of the nodes that the outputs need.  The graph has one input for images.  Without
 * such nodes it is not run. */
IOPT_MUST_USE IoptStatus iopt_requant_measure(const IoptGraph *graph,
                                              const IoptRequantImages *images, IoptRequantLog *out,
                                              IoptError *err);

#endif
