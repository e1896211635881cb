/* The loader gives the same batches in the same order, whatever the thread does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/example.h"
#include "formats/npy.h"
#include "formats/tfrecord.h"
#include "measure/loader.h"
#include "measure/trial_images.h"
#include "t_bytes.h"
#include "tensor/tensor.h"

/* A TFRecord file of `count` images with labels 0, 1, ...; every `broken`-th is cut (0: none). */
static const char *make_records(Test *t, size_t count, size_t broken)
{
    const char *const path = t_path(t_temp_dir(), "loader.rec");
    IoptOutput *output;
    IoptTensor *jpeg;

    T_OK(t, iopt_npy_read(t_path(t_data_dir(), "decode/DecodeJpeg-rgb420_ch3.in.npy"), IOPT_STRING,
                          &jpeg, &t->err));
    const IoptBytes *const bytes = jpeg->data;
    T_OK(t, iopt_output_open(path, &output, &t->err));
    for (size_t i = 0; i < count; i++) {
        const int64_t label = (int64_t)i;
        const size_t size = broken && i % broken == broken - 1 ? bytes->size / 2 : bytes->size;
        void *example;
        size_t example_size;
        T_OK(t, iopt_example_make(bytes->data, size, &label, &example, &example_size, &t->err));
        T_OK(t, iopt_tfrecord_write(output, example, example_size, &t->err));
        free(example);
    }
    T_OK(t, iopt_output_commit(output, &t->err));
    iopt_tensor_destroy(jpeg);
    return path;
}

static IoptDataset *open_data(Test *t, const char *path)
{
    const IoptDatasetOptions options = { .label_offset = 0 };
    IoptDataset *dataset;

    T_OK(t, iopt_dataset_open(path, &options, &dataset, &t->err));
    return dataset;
}

static IoptLoaderOptions options_for(Test *t, size_t batch)
{
    IoptLoaderOptions options = { .batch = batch };

    options.preprocess = (IoptPreprocess){ .height = 8, .width = 9, .channels = 3 };
    T_OK(t, iopt_preprocess_preset(&options.preprocess, "unit", &t->err));
    return options;
}

static void batches_are_in_order(Test *t)
{
    IoptDataset *const dataset = open_data(t, make_records(t, 20, 0));
    const IoptLoaderOptions options = options_for(t, 6);
    IoptLoader *loader;
    const IoptBatch *batch;
    size_t next = 0;

    T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
    for (;;) {
        T_OK(t, iopt_loader_next(loader, &batch, &t->err));
        if (!batch)
            break;
        T_SAME_INT(t, batch->count, next < 18 ? 6 : 2);
        T_SAME_INT(t, batch->images.shape.dim[0], batch->count);
        T_SAME_INT(t, batch->images.bytes, batch->count * 8 * 9 * 3 * 4);
        for (size_t i = 0; i < batch->count; i++, next++) {
            T_SAME_INT(t, batch->indices[i], next);
            T_SAME_INT(t, batch->labels[i], next);
            T_SAME_INT(t, batch->targets[i], next);
        }
    }
    T_SAME_INT(t, next, 20);
    T_OK(t, iopt_loader_next(loader, &batch, &t->err)); /* and again */
    T_CHECK(t, !batch);
    const IoptLoaderStats stats = iopt_loader_stats(loader);
    T_SAME_INT(t, stats.images, 20);
    T_SAME_INT(t, stats.bad, 0);
    T_CHECK(t, stats.preprocess_s > 0);
    iopt_loader_destroy(loader);
    iopt_dataset_close(dataset);
}

static void note_bad(void *context, const char *text)
{
    char *const all = context;

    (void)snprintf(all + strlen(all), 2048 - strlen(all), "%s|", text);
}

static void broken_images_are_counted_and_named(Test *t)
{
    IoptDataset *const dataset = open_data(t, make_records(t, 9, 3));
    IoptLoaderOptions options = options_for(t, 4);
    IoptLoader *loader;
    const IoptBatch *batch;
    char bad[2048] = "";

    options.max_bad = 3;
    options.on_bad = note_bad;
    options.context = bad;
    T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
    T_OK(t, iopt_loader_next(loader, &batch, &t->err));
    T_SAME_INT(t, batch->indices[2], 3); /* 2 is broken */
    T_OK(t, iopt_loader_next(loader, &batch, &t->err));
    T_SAME_INT(t, batch->count, 2);
    T_OK(t, iopt_loader_next(loader, &batch, &t->err));
    T_CHECK(t, !batch);
    T_SAME_INT(t, iopt_loader_stats(loader).bad, 3);
    T_CHECK(t, strstr(bad, "'loader.rec, record 2': truncated JPEG"));
    T_CHECK(t, strstr(bad, "'loader.rec, record 8': truncated JPEG"));
    iopt_loader_destroy(loader);
    iopt_dataset_close(dataset);
}

static void too_many_broken_images_fail(Test *t)
{
    for (size_t allowed = 0; allowed < 2; allowed++) {
        IoptDataset *const dataset = open_data(t, make_records(t, 9, 3));
        IoptLoaderOptions options = options_for(t, 2);
        IoptLoader *loader;
        const IoptBatch *batch;
        options.max_bad = allowed;
        T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
        for (size_t i = 0; i <= allowed; i++) {
            T_OK(t, iopt_loader_next(loader, &batch, &t->err)); /* what was good before */
            T_CHECK(t, batch && batch->count == 2);
        }
        T_FAILS(t, iopt_loader_next(loader, &batch, &t->err), IOPT_BAD_DATA,
                allowed ? "more than 1 broken images: 'loader.rec, record 5': truncated"
                        : "broken image 'loader.rec, record 2'");
        T_CHECK(t, !batch);
        iopt_loader_destroy(loader);
        iopt_dataset_close(dataset);
    }
}

static void a_loader_can_be_stopped(Test *t)
{
    for (size_t taken = 0; taken < 3; taken++) {
        IoptDataset *const dataset = open_data(t, make_records(t, 50, 0));
        const IoptLoaderOptions options = options_for(t, 3);
        IoptLoader *loader;
        const IoptBatch *batch;
        T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
        for (size_t i = 0; i < taken; i++)
            T_OK(t, iopt_loader_next(loader, &batch, &t->err));
        iopt_loader_destroy(loader);
        iopt_dataset_close(dataset);
    }
}

static void arrays_need_no_decoding(Test *t)
{
    IoptDataset *dataset = open_data(t, t_path(t_data_dir(), "arrays/stored.npz"));
    IoptLoaderOptions options = options_for(t, 5);
    IoptLoader *loader;
    const IoptBatch *batch;

    options.preprocess.height = options.preprocess.width = 4;
    T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
    T_OK(t, iopt_loader_next(loader, &batch, &t->err));
    T_SAME_INT(t, batch->count, 2);
    T_CHECK(t, iopt_f32(&batch->images)[95] == 95.0f * (1.0f / 255.0f));
    iopt_loader_destroy(loader);
    iopt_dataset_close(dataset);
    dataset = open_data(t, t_path(t_data_dir(), "arrays/f4.npy")); /* [2,3,4] */
    T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
    T_FAILS(t, iopt_loader_next(loader, &batch, &t->err), IOPT_UNSUPPORTED,
            "is float[3,4,1]; the network wants images [4,4,3]");
    iopt_loader_destroy(loader);
    iopt_dataset_close(dataset);
    dataset = open_data(t, t_path(t_data_dir(), "arrays/u1.npy")); /* gray becomes RGB */
    T_OK(t, iopt_loader_create(dataset, &options, &loader, &t->err));
    T_OK(t, iopt_loader_next(loader, &batch, &t->err));
    T_CHECK(t, iopt_f32(&batch->images)[4] == iopt_f32(&batch->images)[5]);
    iopt_loader_destroy(loader);
    iopt_dataset_close(dataset);
}

/* Images that judge are those behind the calibrated ones, or the first where too few are left. */
static void trial_images_are_held_out_where_possible(Test *t)
{
    IoptDataset *const dataset = open_data(t, make_records(t, 80, 0));
    const IoptLoaderOptions options = options_for(t, 0);
    IoptTrialImages trial = { 0 };

    T_OK(t, iopt_trial_images_open(dataset, &options, 20, 55, &trial, &t->err));
    T_SAME_INT(t, trial.images, 55);
    T_SAME_INT(t, trial.labelled, 55);
    T_CHECK(t, trial.held_out);
    T_SAME_INT(t, trial.targets[0], 20);
    T_SAME_INT(t, trial.n_batches, 7);
    T_SAME_INT(t, trial.batches[6]->shape.dim[0], 55 % IOPT_TRIAL_BATCH);
    iopt_trial_images_free(&trial);
    T_OK(t, iopt_trial_images_open(dataset, &options, 60, 1000, &trial, &t->err));
    T_SAME_INT(t, trial.images, 80);
    T_CHECK(t, !trial.held_out);
    T_SAME_INT(t, trial.targets[0], 0);
    iopt_trial_images_free(&trial);
    T_OK(t, iopt_trial_images_open(dataset, &options, 100, 1000, &trial, &t->err));
    T_SAME_INT(t, trial.images, 80);
    iopt_trial_images_free(&trial);
    iopt_dataset_close(dataset);
}

const TestCase tests_loader[] = {
    TEST(batches_are_in_order),
    TEST(broken_images_are_counted_and_named),
    TEST(too_many_broken_images_fail),
    TEST(a_loader_can_be_stopped),
    TEST(arrays_need_no_decoding),
    TEST(trial_images_are_held_out_where_possible),
    { 0 },
};
