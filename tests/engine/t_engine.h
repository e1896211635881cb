/* Running graphs through the engine. */
#ifndef IOPT_TESTS_T_ENGINE_H
#define IOPT_TESTS_T_ENGINE_H

#include "iopt/engine.h"
#include "t_interpret.h"

/* Plans the graph for the fed shapes and runs it once, as t_interpret does; out has n_wanted
 * tensors that the caller destroys. */
IoptStatus t_engine_run(IoptGraph *graph, const IoptPlanOptions *options, const TFeed *feeds,
                        size_t n_feeds, const IoptValue *wanted, size_t n_wanted, IoptTensor **out,
                        IoptError *err);

/* The same with the defaults, as a TGoldenWay. */
IoptStatus t_engine_fast(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                         const IoptValue *wanted, size_t n_wanted, IoptTensor **out,
                         IoptError *err);

#endif
