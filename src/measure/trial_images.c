/* Keeping images. */
#include "measure/trial_images.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/memory.h"
#include "measure/network.h"
#include "tensor/tensor.h"

static const double macs_of_a_trial = 4e12; /* some 40 seconds of two cores */
static const double bytes_of_trials = 512e6;
enum { FEWEST = 200, MOST = 1000 }; /* 200: one of them is half a point */

size_t iopt_trial_images_wanted(double macs, double bytes)
{
    const double by_work = macs > 0 ? fmax(macs_of_a_trial / macs, FEWEST) : MOST;

    return (size_t)fmin(fmin(by_work, bytes_of_trials / bytes), MOST);
}

IoptStatus iopt_trial_images_add(IoptTrialImages *trial, const IoptTensor *images, size_t count,
                                 const int64_t *targets, IoptError *err)
{
    IoptShape shape = images->shape;
    void *block = trial->batches, *labels = trial->targets;

    IOPT_TRY(iopt_grow(&block, &trial->capacity, trial->n_batches + 1, sizeof(IoptTensor *), err));
    trial->batches = block;
    IOPT_TRY(
        iopt_grow(&labels, &trial->targets_capacity, trial->images + count, sizeof(int64_t), err));
    trial->targets = labels;
    shape.dim[0] = (int64_t)count;
    IoptTensor **const batch = &trial->batches[trial->n_batches];
    IOPT_TRY(iopt_tensor_create(images->dtype, &shape, batch, err));
    memcpy((*batch)->data, images->data, (*batch)->bytes);
    trial->n_batches++;
    for (size_t i = 0; i < count; i++) {
        const int64_t target = targets ? targets[i] : -1;
        trial->targets[trial->images++] = target;
        trial->labelled += target >= 0;
    }
    return IOPT_OK;
}

IoptStatus iopt_trial_images_read(IoptLoader *loader, size_t most, IoptTrialImages *out,
                                  IoptError *err)
{
    const IoptBatch *batch;

    while (out->images < most) {
        IOPT_TRY(iopt_check_cancelled(err));
        IOPT_TRY(iopt_loader_next(loader, &batch, err));
        if (!batch)
            break;
        const size_t left = most - out->images;
        IOPT_TRY(iopt_trial_images_add(
            out, &batch->images, batch->count < left ? batch->count : left, batch->targets, err));
    }
    return IOPT_OK;
}

static IoptStatus read_from(IoptDataset *dataset, const IoptLoaderOptions *options, size_t skip,
                            size_t most, IoptTrialImages *out, IoptError *err)
{
    IoptLoaderOptions own = *options;
    const IoptDataItem *item;
    IoptLoader *loader;

    own.batch = options->batch ? options->batch : IOPT_TRIAL_BATCH;
    IOPT_TRY(iopt_dataset_rewind(dataset, err));
    for (size_t i = 0; i < skip; i++) {
        IOPT_TRY(iopt_dataset_next(dataset, &item, err));
        if (!item)
            return IOPT_OK;
    }
    IOPT_TRY(iopt_loader_create(dataset, &own, &loader, err));
    const IoptStatus status = iopt_trial_images_read(loader, most, out, err);
    iopt_loader_destroy(loader);
    return status;
}

IoptStatus iopt_trial_images_open(IoptDataset *dataset, const IoptLoaderOptions *loader,
                                  size_t skip, size_t most, IoptTrialImages *out, IoptError *err)
{
    IOPT_TRY(read_from(dataset, loader, skip, most, out, err));
    out->held_out = true;
    if (skip == 0 || out->images >= IOPT_FEW_TRIALS)
        return IOPT_OK;
    iopt_trial_images_free(out);
    return read_from(dataset, loader, 0, most, out, err);
}

void iopt_trial_images_free(IoptTrialImages *trial)
{
    for (size_t i = 0; i < trial->n_batches; i++)
        iopt_tensor_destroy(trial->batches[i]);
    free(trial->batches);
    free(trial->targets);
    *trial = (IoptTrialImages){ 0 };
}

/* A network for batches of the first one's size. */
static IoptStatus open_network(const IoptGraph *graph, const IoptPlanOptions *options,
                               const IoptTrialImages *trial, IoptNetwork **out, IoptError *err)
{
    IoptPlanOptions planned = *options;

    planned.batch = trial->batches[0]->shape.dim[0];
    return iopt_network_create(graph, &planned, out, err);
}

IoptStatus iopt_trial_classes(const IoptGraph *graph, const IoptPlanOptions *options,
                              const IoptTrialImages *trial, size_t *classes, IoptError *err)
{
    IoptImageShape shape;
    IoptNetwork *network;

    *classes = 0;
    IOPT_TRY(open_network(graph, options, trial, &network, err));
    const IoptStatus status = iopt_network_image_shape(network, &shape, err);
    if (status == IOPT_OK)
        *classes = shape.classes;
    iopt_network_destroy(network);
    return status;
}

IoptStatus iopt_trial_outputs(const IoptGraph *graph, const IoptPlanOptions *options,
                              const IoptTrialImages *trial, size_t batches, size_t classes,
                              float *rows, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNetwork *network;

    IOPT_TRY(open_network(graph, options, trial, &network, err));
    for (size_t i = 0; i < batches; i++) {
        const IoptTensor *const in = trial->batches[i];
        const size_t count = (size_t)in->shape.dim[0] * classes;
        IOPT_DO(iopt_check_cancelled(err));
        IOPT_DO(iopt_network_feed(network, &in, NULL, err));
        const IoptTensor *const out = iopt_network_output(network, 0);
        if (out->dtype != IOPT_F32 || iopt_elems(out) < count) {
            status = iopt_fail(err, IOPT_BAD_MODEL, "the output is %s; want %zu floats",
                               iopt_tensor_text(out).s, count);
            goto done;
        }
        memcpy(rows, out->data, count * sizeof *rows);
        rows += count;
    }
done:
    iopt_network_destroy(network);
    return status;
}
