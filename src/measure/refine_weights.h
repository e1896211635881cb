/* Refining the rounding of all 8-bit layers on images (passes/int8/refine_layer.h).
 *
 * The float graph runs on the images; of each layer's input some windows per image, drawn by the
 * seed, are added to its moments.  Layers go in groups whose moments fit into `most_bytes`
 * together, a run over the images for each group; a layer that does not fit alone keeps its nearest
 * weights.
 */
#ifndef IOPT_MEASURE_REFINE_WEIGHTS_H
#define IOPT_MEASURE_REFINE_WEIGHTS_H

#include "iopt/engine.h"
#include "measure/loader.h"
#include "passes/int8/quantization.h"

typedef struct IoptRefineRun {
    const IoptGraph *graph; /* the float one that was planned, with one input */
    const IoptInt8Options *techniques;
    IoptPlanOptions plan;
    IoptTensor *const *batches; /* images, float [N,...] */
    size_t n_batches;
    size_t windows;    /* per image and layer; 0: 64 */
    size_t most_bytes; /* of moments at a time; 0: 512 MB */
    uint64_t seed;
    void (*progress)(void *context, const char *what, size_t layers); /* or NULL */
    void *context;
} IoptRefineRun;

typedef struct IoptRefineReport {
    size_t layers, too_large; /* refined; left as they are */
    double mean_gain_db;      /* of the layers' output errors */
} IoptRefineReport;

/* Fills rounded and rounded_scale of the layers of a settled plan that are in 8 bits. */
IOPT_MUST_USE IoptStatus iopt_refine_weights(const IoptRefineRun *run, IoptQuantization *plan,
                                             IoptRefineReport *report, IoptError *err);

/* The same on the first 64 images of a data set in place of run->batches. */
IOPT_MUST_USE IoptStatus iopt_refine_on_images(const IoptRefineRun *run, IoptDataset *images,
                                               const IoptLoaderOptions *loader,
                                               IoptQuantization *plan, IoptRefineReport *report,
                                               IoptError *err);

#endif
