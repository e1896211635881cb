/* Running a transform string on a graph, each transform measured and compared like a pass.
 *
 * Transforms work on a list of nodes as the file spells it; what compares them runs linked graphs.
 */
#ifndef IOPT_MEASURE_TRANSFORM_RUN_H
#define IOPT_MEASURE_TRANSFORM_RUN_H

#include "measure/requant_meter.h"
#include "passes/gtt/gtt_driver.h"
#include "passes/pipeline.h"

typedef struct IoptTransformRun {
    const char *transforms;    /* a transform string */
    bool historic;             /* strip_unused_nodes is told type and shape of the graph's input */
    bool strict_compat;        /* what TensorFlow did, also where it did harm */
    const char *const *inputs; /* as given to the tool; none: the graph's */
    size_t n_inputs;
    const char *const *outputs;
    size_t n_outputs;
    const IoptGraph *graph; /* with inputs, outputs and facts: how the results are linked */
    const IoptPipelineOptions *options;
    const IoptGttLog *log;           /* warnings; NULL: they are only in the pass log */
    const IoptRequantImages *images; /* for freeze_requantization_ranges; NULL: there are none */
} IoptTransformRun;

/* Runs the transforms on `list`, which stays as it is.
 *
 *   log     gets one entry per transform: what was warned of, and what an ignored error cost
 *   out     the new list
 *   linked  the same as a graph, with inputs and outputs
 *
 * Both are NULL on failure.  A transform that fails without ignore_errors fails the run, naming
 * itself; so does a result that is no graph any more (IOPT_BAD_MODEL). */
IOPT_MUST_USE IoptStatus iopt_transforms_run(const IoptTransformRun *run, const IoptNodeList *list,
                                             IoptPassLog *log, IoptNodeList **out,
                                             IoptGraph **linked, IoptError *err);

#endif
