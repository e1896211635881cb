/* Reads, decodes and preprocesses ahead of the network, on a thread of its own, into a ring of
 * batches; what that costs is measured apart from the network's time.
 *
 * The order is the data set's; broken images are left out, and counted.
 */
#ifndef IOPT_MEASURE_LOADER_H
#define IOPT_MEASURE_LOADER_H

#include "iopt/tensor.h"
#include "measure/dataset.h"
#include "measure/preprocess.h"

typedef struct IoptLoaderOptions {
    size_t batch;              /* images per batch, >= 1; the last one may have fewer */
    size_t depth;              /* batches made ahead; 0: 3 */
    size_t max_bad;            /* --max-bad: so many broken images are skipped, one more fails */
    IoptPreprocess preprocess; /* height, width and channels are the network's */
    /* Called for each broken image, by the thread that calls iopt_loader_next; may be NULL. */
    void (*on_bad)(void *context, const char *text);
    void *context;
} IoptLoaderOptions;

/* Borrowed until the next call. */
typedef struct IoptBatch {
    IoptTensor images; /* float32 [count, height, width, channels] */
    size_t count;
    const size_t *indices;  /* of the items in the data set */
    const int64_t *labels;  /* as the data says; -1 where there is none */
    const int64_t *targets; /* the network's outputs; -1 where there is no label */
} IoptBatch;

typedef struct IoptLoaderStats {
    size_t images, bad;
    double preprocess_s; /* reading, decoding, resizing, on the loader's thread */
    double waited_s;     /* that iopt_loader_next waited for it */
} IoptLoaderStats;

typedef struct IoptLoader IoptLoader;

/* Starts the thread; `dataset` is the loader's until iopt_loader_destroy, and is read from where
 * it stands. */
IOPT_MUST_USE IoptStatus iopt_loader_create(IoptDataset *dataset, const IoptLoaderOptions *options,
                                            IoptLoader **out, IoptError *err);

/* Stops the thread, wherever it is; NULL is fine. */
void iopt_loader_destroy(IoptLoader *loader);

/* The next batch; *batch is NULL after the last one.  Images before an error still come out. */
IOPT_MUST_USE IoptStatus iopt_loader_next(IoptLoader *loader, const IoptBatch **batch,
                                          IoptError *err);

/* Waits until the loader's thread has nothing to do, so that what is timed next has the machine for
 * itself; the batch stays as it is. */
void iopt_loader_settle(IoptLoader *loader);

/* So far. */
IoptLoaderStats iopt_loader_stats(const IoptLoader *loader);

#endif
