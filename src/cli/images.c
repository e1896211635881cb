/* A classifier and its images. */
#include "cli/images.h"

#include "cli/data_options.h"
#include "cli/model_options.h"
#include "cli/terminal.h"
#include "ops/infer.h"

/* Channels that the graph leaves open are three. */
static IoptStatus fix_channels(IoptGraph *graph, size_t input, const IoptPreprocess *preprocess,
                               IoptError *err)
{
    const IoptInferOptions infer = { .fold = true };
    const int64_t dims[] = { -1, (int64_t)preprocess->height, (int64_t)preprocess->width,
                             (int64_t)preprocess->channels };
    const IoptShape shape = iopt_shape(4, dims);

    if (iopt_fact_at(graph->inputs[input]).shape.dim[3] > 0)
        return IOPT_OK;
    IOPT_TRY(iopt_model_fix_shape(graph, input, &shape, err));
    return iopt_graph_infer(graph, &infer, err);
}

IoptStatus cli_image_model_open(void *context, IoptModel *out, IoptError *err)
{
    CliImageModel *const self = context;
    IoptModelRequest request = cli_model_request(self->args);
    IoptStatus status = IOPT_OK;
    size_t input;

    request.sets_may_miss = self->sets_may_miss;
    IOPT_TRY(iopt_model_open(self->path, &request, out, err));
    if (!self->takes_images)
        return IOPT_OK;
    IOPT_DO(cli_preprocess_read(self->args, out->graph, &self->preprocess, &input, err));
    IOPT_DO(fix_channels(out->graph, input, &self->preprocess, err));
done:
    if (status != IOPT_OK)
        iopt_model_close(out);
    return status;
}

static IoptStatus open_dataset(const CliArgs *args, size_t classes, CliData *data,
                               IoptDataset **out, IoptError *err)
{
    cli_data_read(args, classes, data);
    return iopt_dataset_open(data->data, &data->options, out, err);
}

IoptStatus cli_images_batch(const CliArgs *args, size_t *out, IoptError *err)
{
    IoptDataset *dataset;
    CliData data;

    IOPT_TRY(open_dataset(args, 0, &data, &dataset, err));
    size_t count = iopt_dataset_count(dataset); /* 0: not known */
    if (data.options.limit && (count == 0 || count > data.options.limit))
        count = data.options.limit;
    *out = count && count < data.batch ? count : data.batch;
    iopt_dataset_close(dataset);
    return IOPT_OK;
}

static void warn_of_bad(void *context, const char *text)
{
    (void)context;
    cli_warn("left out: %s", text);
}

IoptStatus cli_images_open(const CliArgs *args, const IoptPreprocess *preprocess, size_t classes,
                           size_t batch, CliImages *out, IoptError *err)
{
    CliData data;

    *out = (CliImages){ .options = {
                            .batch = batch, .on_bad = warn_of_bad, .preprocess = *preprocess } };
    IOPT_TRY(open_dataset(args, classes, &data, &out->dataset, err));
    out->options.max_bad = data.max_bad;
    out->count = iopt_dataset_count(out->dataset);
    cli_note("data: %s; %s", iopt_dataset_kind_text(out->dataset),
             iopt_preprocess_text(preprocess).s);
    if (iopt_dataset_has_labels(out->dataset))
        cli_note("%s", iopt_dataset_label_text(out->dataset));
    else
        cli_warn("the data has no labels: nothing can be said about accuracy");
    const IoptStatus status = iopt_loader_create(out->dataset, &out->options, &out->loader, err);
    if (status != IOPT_OK)
        cli_images_close(out);
    return status;
}

IoptStatus cli_images_rewind(CliImages *images, IoptError *err)
{
    iopt_loader_destroy(images->loader);
    images->loader = NULL;
    IOPT_TRY(iopt_dataset_rewind(images->dataset, err));
    return iopt_loader_create(images->dataset, &images->options, &images->loader, err);
}

void cli_images_close(CliImages *images)
{
    iopt_loader_destroy(images->loader);
    iopt_dataset_close(images->dataset);
    *images = (CliImages){ 0 };
}
