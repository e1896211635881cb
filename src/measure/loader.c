/* The thread that decodes ahead of the network.
 *
 * A ring of slots goes round: the loader's thread fills a slot, the caller takes it and hands it
 * back with its next call.  `made` and `taken` count slots since the start; slot k is k % depth.
 */
#include "measure/loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "formats/image.h"
#include "platform/clock.h"
#include "tensor/tensor.h"

enum { DEFAULT_DEPTH = 3 };

typedef struct Slot {
    IoptTensor *images; /* of a whole batch */
    IoptBatch batch;
    size_t *indices;
    int64_t *labels, *targets;
    IoptText bad; /* lines about images left out */
} Slot;

struct IoptLoader {
    IoptLoaderOptions options;
    IoptDataset *dataset;
    IoptPreprocessor *preprocessor;
    Slot *slots;
    size_t image_values;
    IoptImage image; /* what was decoded last; the thread's */

    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* for all that follows */
    pthread_cond_t changed;
    size_t made, taken; /* slots; taken <= made <= taken + depth */
    bool holding;       /* the caller has slot taken - 1 */
    bool ended, cancelled;
    IoptStatus status; /* of the end */
    IoptError error;
    IoptLoaderStats stats;
};

/* A gray picture for a network that wants colours. */
static void spread_gray(const unsigned char *gray, size_t pixels, unsigned char *rgb)
{
    for (size_t i = 0; i < pixels; i++)
        memset(rgb + 3 * i, gray[i], 3);
}

/* All images of the array are like that: no broken one that could be left out. */
static IoptStatus fail_array(const IoptLoader *loader, const IoptDataItem *item, IoptError *err)
{
    const IoptPreprocess *const how = &loader->options.preprocess;

    return iopt_fail(err, IOPT_UNSUPPORTED, "'%s' is %s%s; the network wants images [%zu,%zu,%zu]",
                     item->name, iopt_dtype_name(item->array.dtype),
                     iopt_shape_text(&item->array.shape).s, how->height, how->width, how->channels);
}

/* float values are ready for the network; bytes are pixels like decoded ones. */
static IoptStatus load_array(IoptLoader *loader, const IoptDataItem *item, float *out,
                             IoptError *err)
{
    const IoptPreprocess *const how = &loader->options.preprocess;
    const int64_t *const dim = item->array.shape.dim;
    const size_t height = (size_t)dim[0], width = (size_t)dim[1], channels = (size_t)dim[2];
    IoptImage image = { height, width, channels, 1, item->array.data, 0, 0 };

    if (item->array.dtype == IOPT_F32) {
        if (height != how->height || width != how->width || channels != how->channels)
            return fail_array(loader, item, err);
        memcpy(out, item->array.data, item->array.bytes);
        return IOPT_OK;
    }
    if (channels == how->channels)
        return iopt_preprocessor_run(loader->preprocessor, &image, out, err);
    if (channels != 1 || how->channels != 3)
        return fail_array(loader, item, err);
    if (loader->image.capacity < 3 * item->array.bytes) {
        void *pixels;
        iopt_image_free(&loader->image);
        IOPT_TRY(iopt_alloc_aligned(&pixels, 3 * item->array.bytes, err));
        loader->image.data = pixels;
        loader->image.capacity = 3 * item->array.bytes;
    }
    spread_gray(item->array.data, item->array.bytes, loader->image.data);
    image.data = loader->image.data;
    image.channels = 3;
    return iopt_preprocessor_run(loader->preprocessor, &image, out, err);
}

static IoptStatus load_image(IoptLoader *loader, const IoptDataItem *item, float *out,
                             IoptError *err)
{
    const IoptImageOptions options = { .channels = (int)loader->options.preprocess.channels };

    if (item->problem)
        return iopt_fail(err, IOPT_BAD_DATA, "%s", item->problem);
    if (item->array.data)
        return load_array(loader, item, out, err);
    IOPT_TRY(
        iopt_image_decode(item->encoded.data, item->encoded.size, &options, &loader->image, err));
    return iopt_preprocessor_run(loader->preprocessor, &loader->image, out, err);
}

/* Notes a broken image; fails if there were too many. */
static IoptStatus leave_out(IoptLoader *loader, Slot *slot, const IoptDataItem *item,
                            IoptError *err)
{
    const size_t allowed = loader->options.max_bad;

    (void)pthread_mutex_lock(&loader->lock);
    const size_t bad = ++loader->stats.bad;
    (void)pthread_mutex_unlock(&loader->lock);
    if (bad > allowed && allowed == 0)
        return iopt_while(err, IOPT_BAD_DATA, "broken image '%s' (--max-bad N skips some)",
                          item->name);
    if (bad > allowed)
        return iopt_while(err, IOPT_BAD_DATA, "more than %zu broken images: '%s'", allowed,
                          item->name);
    iopt_text_printf(&slot->bad, "'%s': %s\n", item->name, err->text);
    return IOPT_OK;
}

static bool is_cancelled(IoptLoader *loader)
{
    (void)pthread_mutex_lock(&loader->lock);
    const bool cancelled = loader->cancelled;
    (void)pthread_mutex_unlock(&loader->lock);
    return cancelled;
}

/* Fills one slot, up to a whole batch; *more is false when the data is at its end. */
static IoptStatus fill_slot(IoptLoader *loader, Slot *slot, bool *more, IoptError *err)
{
    float *const images = iopt_f32_mut(slot->images);
    const IoptDataItem *item;
    size_t n = 0;
    IoptStatus status = IOPT_OK;

    iopt_text_free(&slot->bad);
    while (n < loader->options.batch && !is_cancelled(loader)) {
        IOPT_DO(iopt_dataset_next(loader->dataset, &item, err));
        *more = item != NULL;
        if (!item)
            break;
        status = load_image(loader, item, images + n * loader->image_values, err);
        if (status == IOPT_OK) {
            slot->indices[n] = item->index;
            slot->labels[n] = item->has_label ? item->label : -1;
            slot->targets[n] = item->has_label ? item->target : -1;
            n++;
        } else if (status == IOPT_BAD_DATA) {
            IOPT_DO(leave_out(loader, slot, item, err));
        } else {
            goto done;
        }
    }
done:
    slot->batch.count = n;
    return status;
}

/* Waits for a free slot; NULL if the caller gave up. */
static Slot *wait_for_slot(IoptLoader *loader)
{
    (void)pthread_mutex_lock(&loader->lock);
    /* the slot that the caller holds is not free */
    while (!loader->cancelled &&
           loader->made - loader->taken + loader->holding >= loader->options.depth)
        (void)pthread_cond_wait(&loader->changed, &loader->lock);
    Slot *const slot =
        loader->cancelled ? NULL : &loader->slots[loader->made % loader->options.depth];
    (void)pthread_mutex_unlock(&loader->lock);
    return slot;
}

static void *load(void *argument)
{
    IoptLoader *const loader = argument;
    IoptStatus status = IOPT_OK;
    IoptError error = { 0 };
    bool more = true;

    while (more && status == IOPT_OK) {
        Slot *const slot = wait_for_slot(loader);
        if (!slot)
            break;
        const uint64_t start = iopt_now_ns();
        status = fill_slot(loader, slot, &more, &error);
        const double seconds = (double)(iopt_now_ns() - start) * 1e-9;
        (void)pthread_mutex_lock(&loader->lock);
        loader->stats.preprocess_s += seconds;
        loader->stats.images += slot->batch.count;
        if (slot->batch.count || slot->bad.size)
            loader->made++;
        (void)pthread_cond_signal(&loader->changed);
        (void)pthread_mutex_unlock(&loader->lock);
    }
    (void)pthread_mutex_lock(&loader->lock);
    loader->ended = true;
    loader->status = status;
    loader->error = error;
    (void)pthread_cond_signal(&loader->changed);
    (void)pthread_mutex_unlock(&loader->lock);
    return NULL;
}

/* Waits for the next filled slot; NULL at the end. */
static Slot *take_slot(IoptLoader *loader)
{
    const uint64_t start = iopt_now_ns();
    Slot *slot = NULL;

    (void)pthread_mutex_lock(&loader->lock);
    loader->holding = false;
    (void)pthread_cond_signal(&loader->changed);
    while (!loader->ended && loader->made == loader->taken)
        (void)pthread_cond_wait(&loader->changed, &loader->lock);
    if (loader->made > loader->taken) {
        slot = &loader->slots[loader->taken++ % loader->options.depth];
        loader->holding = true;
    }
    loader->stats.waited_s += (double)(iopt_now_ns() - start) * 1e-9;
    (void)pthread_mutex_unlock(&loader->lock);
    return slot;
}

static void report_bad(const IoptLoader *loader, Slot *slot)
{
    char *line = slot->bad.s;

    while (loader->options.on_bad && line && *line) {
        char *const end = strchr(line, '\n');
        if (end)
            *end = 0;
        loader->options.on_bad(loader->options.context, line);
        line = end ? end + 1 : NULL;
    }
}

IoptStatus iopt_loader_next(IoptLoader *loader, const IoptBatch **batch, IoptError *err)
{
    *batch = NULL;
    for (;;) {
        Slot *const slot = take_slot(loader);
        if (!slot)
            break;
        report_bad(loader, slot);
        if (slot->batch.count) {
            slot->batch.images = *slot->images;
            slot->batch.images.owner = NULL;
            slot->batch.images.shape.dim[0] = (int64_t)slot->batch.count;
            slot->batch.images.bytes = slot->batch.count * loader->image_values * sizeof(float);
            *batch = &slot->batch;
            return IOPT_OK;
        }
    }
    if (loader->status != IOPT_OK) /* the thread is done: nobody writes these any more */
        return iopt_fail(err, loader->status, "%s", loader->error.text);
    return IOPT_OK;
}

void iopt_loader_settle(IoptLoader *loader)
{
    (void)pthread_mutex_lock(&loader->lock);
    while (!loader->ended && loader->made - loader->taken + loader->holding < loader->options.depth)
        (void)pthread_cond_wait(&loader->changed, &loader->lock);
    (void)pthread_mutex_unlock(&loader->lock);
}

IoptLoaderStats iopt_loader_stats(const IoptLoader *loader)
{
    pthread_mutex_t *const lock = (pthread_mutex_t *)(uintptr_t)&loader->lock;

    (void)pthread_mutex_lock(lock);
    const IoptLoaderStats stats = loader->stats;
    (void)pthread_mutex_unlock(lock);
    return stats;
}

static IoptStatus make_slot(const IoptLoader *loader, Slot *slot, IoptError *err)
{
    const IoptPreprocess *const how = &loader->options.preprocess;
    const size_t batch = loader->options.batch;
    const int64_t dims[4] = { (int64_t)batch, (int64_t)how->height, (int64_t)how->width,
                              (int64_t)how->channels };
    const IoptShape shape = iopt_shape(4, dims);
    void *block;

    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, &slot->images, err));
    IOPT_TRY(iopt_alloc(&block, batch, sizeof(size_t), err));
    slot->indices = block;
    IOPT_TRY(iopt_alloc(&block, batch, sizeof(int64_t), err));
    slot->labels = block;
    IOPT_TRY(iopt_alloc(&block, batch, sizeof(int64_t), err));
    slot->targets = block;
    slot->batch.indices = slot->indices;
    slot->batch.labels = slot->labels;
    slot->batch.targets = slot->targets;
    return IOPT_OK;
}

static IoptStatus start(IoptLoader *loader, IoptError *err)
{
    const IoptPreprocess *const how = &loader->options.preprocess;
    void *block;

    IOPT_TRY(iopt_preprocessor_create(how, &loader->preprocessor, err));
    loader->image_values = how->height * how->width * how->channels;
    IOPT_TRY(iopt_alloc(&block, loader->options.depth, sizeof(Slot), err));
    loader->slots = block;
    for (size_t i = 0; i < loader->options.depth; i++)
        IOPT_TRY(make_slot(loader, &loader->slots[i], err));
    if (pthread_create(&loader->thread, NULL, load, loader) != 0)
        return iopt_fail(err, IOPT_NO_MEMORY, "cannot start the loader's thread");
    loader->started = true;
    return IOPT_OK;
}

IoptStatus iopt_loader_create(IoptDataset *dataset, const IoptLoaderOptions *options,
                              IoptLoader **out, IoptError *err)
{
    void *block;

    *out = NULL;
    if (options->batch < 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "a batch has at least one image");
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptLoader), err));
    IoptLoader *const loader = block;
    loader->options = *options;
    loader->options.depth = options->depth ? options->depth : DEFAULT_DEPTH;
    if (loader->options.depth < 2) /* one is the caller's */
        loader->options.depth = 2;
    loader->dataset = dataset;
    (void)pthread_mutex_init(&loader->lock, NULL);
    (void)pthread_cond_init(&loader->changed, NULL);
    const IoptStatus status = start(loader, err);
    if (status != IOPT_OK)
        iopt_loader_destroy(loader);
    else
        *out = loader;
    return status;
}

void iopt_loader_destroy(IoptLoader *loader)
{
    if (!loader)
        return;
    if (loader->started) {
        (void)pthread_mutex_lock(&loader->lock);
        loader->cancelled = true;
        (void)pthread_cond_signal(&loader->changed);
        (void)pthread_mutex_unlock(&loader->lock);
        (void)pthread_join(loader->thread, NULL);
    }
    for (size_t i = 0; loader->slots && i < loader->options.depth; i++) {
        iopt_tensor_destroy(loader->slots[i].images);
        free(loader->slots[i].indices);
        free(loader->slots[i].labels);
        free(loader->slots[i].targets);
        iopt_text_free(&loader->slots[i].bad);
    }
    free(loader->slots);
    iopt_preprocessor_destroy(loader->preprocessor);
    iopt_image_free(&loader->image);
    (void)pthread_cond_destroy(&loader->changed);
    (void)pthread_mutex_destroy(&loader->lock);
    free(loader);
}
