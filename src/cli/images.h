/* A classifier and its labelled images, opened as the options say. */
#ifndef IOPT_CLI_IMAGES_H
#define IOPT_CLI_IMAGES_H

#include "cli/args.h"
#include "measure/loader.h"
#include "measure/model.h"

/* What opening a model for images takes, and finds out. */
typedef struct CliImageModel {
    const CliArgs *args;
    const char *path;
    bool sets_may_miss;        /* IoptModelRequest.sets_may_miss */
    bool takes_images;         /* else the preprocessing options are not looked at */
    IoptPreprocess preprocess; /* filled by opening */
} CliImageModel;

/* Opens the model, fixing the size of its images (--image-size); prints nothing.  An IoptOpenModel
 * (measure/solo.h) on a CliImageModel. */
IoptStatus cli_image_model_open(void *context, IoptModel *out, IoptError *err);

/* The images themselves. */
typedef struct CliImages {
    IoptDataset *dataset;
    IoptLoader *loader; /* reads ahead in it */
    IoptLoaderOptions options;
    size_t count; /* 0: not known before they are read */
} CliImages;

/* Images in a batch: --batch-size, but no more than there are of them. */
IoptStatus cli_images_batch(const CliArgs *args, size_t *out, IoptError *err);

/* Opens --data and tells what was found and guessed. */
IoptStatus cli_images_open(const CliArgs *args, const IoptPreprocess *preprocess, size_t classes,
                           size_t batch, CliImages *out, IoptError *err);

/* Starts again at the first image. */
IoptStatus cli_images_rewind(CliImages *images, IoptError *err);
void cli_images_close(CliImages *images);

#endif
