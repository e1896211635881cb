/* One or two networks on the same batches, in turn, each timed by itself.
 *
 * Each batch goes through both sides before the next one; which side begins alternates, so that
 * whatever drifts (clock, temperature, neighbours) hits both alike.  The idle side's threads sleep.
 * Only the network is timed: images are ready in memory when the clock starts.
 */
#ifndef IOPT_MEASURE_BENCHMARK_H
#define IOPT_MEASURE_BENCHMARK_H

#include "measure/accuracy.h"
#include "measure/loader.h"
#include "measure/network.h"
#include "measure/timing.h"

typedef struct IoptBenchmarkSide {
    IoptNetwork *network; /* borrowed */
    IoptTally tally;
    IoptSamples ms;     /* of each timed run of a whole batch; a smaller last one gives none */
    double inference_s; /* for all images, the last batch included; a mean where runs > 1 */
} IoptBenchmarkSide;

enum { IOPT_BEFORE, IOPT_AFTER, IOPT_SIDES };

/* Zeroed, then filled down to `classes` by the caller. */
typedef struct IoptBenchmark {
    IoptBenchmarkSide side[IOPT_SIDES];
    size_t n_sides; /* 1 or 2 */
    size_t runs;    /* timed runs of each batch, >= 1 */
    size_t batch;   /* images of a whole batch */
    size_t classes; /* 0: outputs are not looked at */

    IoptPair pair;
    size_t images, batches;
} IoptBenchmark;

/* Runs all sides `times` times without counting anything. */
IOPT_MUST_USE IoptStatus iopt_benchmark_warm_up(IoptBenchmark *benchmark,
                                                const IoptTensor *const *in, size_t times,
                                                IoptError *err);

/* Runs, times and judges one batch of `count` images.  `targets` is NULL where nothing has a label.
 * On failure (IOPT_CANCELLED in particular) the batch does not count. */
IOPT_MUST_USE IoptStatus iopt_benchmark_batch(IoptBenchmark *benchmark, const IoptTensor *const *in,
                                              size_t count, const int64_t *targets, IoptError *err);

/* Frees the samples. */
void iopt_benchmark_free(IoptBenchmark *benchmark);

/* Whether the times can be trusted, in words that fit behind "invalid: "; NULL if they can.
 * They cannot if nothing was run, if fewer than 3 whole batches were timed, or if the interval of
 * the speedup is wider than a quarter of it (for one side: p90 above 1.5 times the median). */
const char *iopt_benchmark_doubt(const IoptBenchmark *benchmark, const IoptSpeedup *speedup,
                                 const IoptSpread *spread, char *buffer, size_t size);

#endif
