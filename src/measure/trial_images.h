/* Images in memory, with their labels: what many variants of a network are judged by. */
#ifndef IOPT_MEASURE_TRIAL_IMAGES_H
#define IOPT_MEASURE_TRIAL_IMAGES_H

#include "iopt/engine.h"
#include "measure/loader.h"

enum {
    IOPT_TRIAL_BATCH = 8,
    IOPT_FEW_TRIALS = 50 /* fewer photos than that judge too roughly */
};

/* { 0 } is none. */
typedef struct IoptTrialImages {
    IoptTensor **batches; /* float [N,height,width,channels] */
    size_t n_batches, capacity;
    int64_t *targets; /* the network's output of each image, -1 where there is no label */
    size_t images, targets_capacity;
    size_t labelled;
    bool held_out; /* none of them was there when ranges were chosen */
} IoptTrialImages;

/* Takes what a loader still has, at most `most` images; batches are the loader's. */
IOPT_MUST_USE IoptStatus iopt_trial_images_read(IoptLoader *loader, size_t most,
                                                IoptTrialImages *out, IoptError *err);

/* Reads the images behind the first `skip` ones of a data set; if fewer than IOPT_FEW_TRIALS are
 * there, the first ones after all.  Batches are of loader->batch images; 0: IOPT_TRIAL_BATCH. */
IOPT_MUST_USE IoptStatus iopt_trial_images_open(IoptDataset *dataset,
                                                const IoptLoaderOptions *loader, size_t skip,
                                                size_t most, IoptTrialImages *out, IoptError *err);

/* Adds one batch: copies the first `count` images and (unless NULL) their targets. */
IOPT_MUST_USE IoptStatus iopt_trial_images_add(IoptTrialImages *trial, const IoptTensor *images,
                                               size_t count, const int64_t *targets,
                                               IoptError *err);
void iopt_trial_images_free(IoptTrialImages *trial);

/* How many images judge a network at bearable expense.
 *
 *   macs   multiply-adds for one image
 *   bytes  of one image in memory */
size_t iopt_trial_images_wanted(double macs, double bytes);

/* The classes of the first output; fails as iopt_network_image_shape where it is no row of numbers
 * per image. */
IOPT_MUST_USE IoptStatus iopt_trial_classes(const IoptGraph *graph, const IoptPlanOptions *options,
                                            const IoptTrialImages *trial, size_t *classes,
                                            IoptError *err);

/* First outputs of the graph on the first batches: a row of `classes` values an image. */
IOPT_MUST_USE IoptStatus iopt_trial_outputs(const IoptGraph *graph, const IoptPlanOptions *options,
                                            const IoptTrialImages *trial, size_t batches,
                                            size_t classes, float *rows, IoptError *err);

#endif
