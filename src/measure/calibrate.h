/* Watching values of a graph while images go through it, in memory that does not grow with them.
 *
 * The graph is planned with the watched values as its outputs and run on the engine; of a value a
 * histogram is kept, the means of its channels, or both.  Counts do not depend on the
 * order of the images, nor on how they are cut into batches; nothing depends on the number of
 * threads.
 */
#ifndef IOPT_MEASURE_CALIBRATE_H
#define IOPT_MEASURE_CALIBRATE_H

#include <stdbool.h>

#include "graph/graph.h"
#include "iopt/engine.h"
#include "measure/histogram.h"

typedef struct IoptWatch {
    const char *value;   /* "node" or "node:port"; float */
    bool by_value;       /* a histogram */
    bool by_channel;     /* means and peaks of its channels */
    bool channels_first; /* they lie along axis 1, as in NCHW; else along the last one */
} IoptWatch;

/* What a value was. */
typedef struct IoptWatched {
    const char *value;
    bool by_value;
    IoptHistogram histogram; /* empty, without bins, if it is not watched by value */
    double sum, squares;
    size_t channels; /* 0: not watched by channel */
    double rows;     /* images and positions: values of each channel */
    double *channel_sum, *channel_squares;
    float *channel_peak; /* largest magnitude; NaN is left out */
} IoptWatched;

typedef struct IoptStatistics {
    IoptWatched *values; /* in the order of the watches */
    size_t n_values;
    size_t images;
} IoptStatistics;

void iopt_statistics_free(IoptStatistics *statistics);

/* The next images, float [N,...]; *images is NULL after the last ones, borrowed until the next
 * call. */
typedef IoptStatus IoptNextImages(void *context, const IoptTensor **images, IoptError *err);

typedef struct IoptCalibrateRun {
    const IoptGraph *graph;   /* one input; untouched */
    const IoptWatch *watches; /* texts and graph outlive the statistics */
    size_t n_watches;
    IoptPlanOptions plan;
    size_t batch; /* how many images `next` gives, but for the last ones */
    IoptNextImages *next;
    void *next_context;
    void (*progress)(void *context, size_t images); /* or NULL */
    void *progress_context;
} IoptCalibrateRun;

/* How many images at a time keep the watched values in bounds, 1 .. 16; or as many as the graph
 * fixes. */
size_t iopt_calibrate_batch(const IoptGraph *graph, const IoptWatch *watches, size_t n_watches);

/* Fails with IOPT_NOT_FOUND for a value that the graph does not have, IOPT_INVALID_ARGUMENT for one
 * that is not float; as planning and running do; IOPT_CANCELLED between two batches.
 * *out is to be freed in any case. */
IOPT_MUST_USE IoptStatus iopt_calibrate(const IoptCalibrateRun *run, IoptStatistics *out,
                                        IoptError *err);

#endif
