/* Running graphs through the engine. */
#ifndef IOPT_TESTS_T_ENGINE_H
#define IOPT_TESTS_T_ENGINE_H

#include "iopt/engine.h"
#include "t.h"
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

/* Plans a graph (t_graph's text) and runs it on seeded inputs, with every instruction set up to
 * this machine's and with 1, 2, 3 and 5 threads.  The results have to be those of the reference
 * engine within 1e-5 of the largest, and the same bits for any number of threads.  `steps` are the
 * steps' ops ("Conv2D+BiasAdd+Relu, MaxPool"); NULL: not looked at. */
void t_engine_check(Test *t, const char *text, const char *steps);

/* The same, but every bit has to be that of the reference engine. */
void t_engine_check_bits(Test *t, const char *text, const char *steps);

/* The same for one thread and the best instruction set alone, within `tolerance` of the largest. */
void t_engine_check_once(Test *t, const char *text, double tolerance);

#endif
