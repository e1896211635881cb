/* A graph of the plan's own, ready to be lowered or interpreted. */
#ifndef IOPT_ENGINE_PREPARE_H
#define IOPT_ENGINE_PREPARE_H

#include "graph/graph.h"
#include "iopt/engine.h"

/* Copies the graph and leaves in the copy only what the outputs need: inputs are Placeholders of
 * the wanted shapes, what is always the same is a Const, conditions that are always the same are
 * resolved, facts are inferred.  `names` (from the copy's arena) are the inputs' own names; *int8
 * says which layers became integer ops. */
IoptStatus iopt_prepare(const IoptGraph *graph, const IoptPlanOptions *options, IoptGraph **out,
                        const char ***names, IoptPlanInt8 *int8, IoptError *err);

/* Switch and Merge whose predicate is known: the live side takes their place.  *changed says
 * whether there were any.  Facts are inferred. */
IoptStatus iopt_resolve_control(IoptGraph *graph, bool *changed, IoptError *err);

/* Conv2D, pooling and their like in NCHW are done in NHWC, with Transposes where plain NCHW is
 * asked for.  Facts are inferred before and have to be inferred again. */
IoptStatus iopt_prepare_layout(IoptGraph *graph, bool *changed, IoptError *err);

#endif
