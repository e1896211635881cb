/* Options of data and preprocessing. */
#include "cli/data_options.h"

#include <stdlib.h>
#include <string.h>

#include "measure/model.h"
#include "ops/infer.h"

static const CliOption preprocess_options[] = {
    { "--image-size", "N|HxW", "size of the network's input (default: as the graph says)",
      CLI_TEXT },
    { "--preprocess", "unit|inception|torch|caffe|none",
      "values: 0..1; -1..1; ImageNet mean and deviation; BGR minus mean; 0..255 (default unit)",
      CLI_TEXT },
    { "--mean", "M|R,G,B", "subtracted, in units of the values (default: as --preprocess says)",
      CLI_TEXT },
    { "--std", "S|R,G,B", "divided by (default: as --preprocess says)", CLI_TEXT },
    { "--resize", "bilinear|bicubic|nearest|area",
      "as TensorFlow 1's resize_images does (default bilinear)", CLI_TEXT },
    { "--keep-aspect", NULL, "crop to the network's aspect ratio before resizing", CLI_FLAG },
    { "--central-crop", "FRACTION", "keep this part of each side, the middle (default 1)",
      CLI_NUMBER },
    { 0 },
};
const CliGroup cli_preprocess_group = { "Images", preprocess_options };

static const CliOption data_options[] = {
    { "--data", "DATA",
      "TFRecords (folder, files, glob), a folder of class folders, a folder with --labels-file, or "
      "images.npy,labels.npy or a .npz",
      CLI_TEXT },
    { "--labels-file", "FILE", "labels of a folder's images: lines 'file label'", CLI_TEXT },
    { "--label-offset", "-1|0|1", "added to every label (default: guessed, and told)", CLI_CHOICE },
    { "--images", "N", "use the first N images (default: all)", CLI_COUNT },
    { "--max-bad", "N", "broken images that are skipped before giving up (default 10)", CLI_COUNT },
    { "--batch-size", "N", "images at a time (default 32)", CLI_COUNT },
    { 0 },
};
const CliGroup cli_data_group = { "Data", data_options };

static bool parse_side(const char *text, char end, int64_t *out, const char **rest)
{
    char *stop;
    const long value = strtol(text, &stop, 10);

    *out = value;
    *rest = stop + (*stop != 0);
    return stop != text && *stop == end && value > 0 && value <= 65536;
}

/* "299" or "299x331", height first. */
static IoptStatus parse_size(const char *text, int64_t *height, int64_t *width, IoptError *err)
{
    const char *rest = text;

    if (parse_side(text, 0, height, &rest)) {
        *width = *height;
        return IOPT_OK;
    }
    if (parse_side(text, 'x', height, &rest) && parse_side(rest, 0, width, &rest))
        return IOPT_OK;
    return iopt_fail(err, IOPT_INVALID_ARGUMENT, "--image-size '%s': want N or HEIGHTxWIDTH", text);
}

/* The first input that may hold images. */
static IoptStatus find_image_input(const IoptGraph *graph, size_t *out, IoptError *err)
{
    IoptShape shape = iopt_shape_unknown();

    for (size_t i = 0; i < graph->n_inputs; i++) {
        const IoptFact fact = iopt_fact_at(graph->inputs[i]);
        shape = fact.shape;
        if ((shape.rank == 4 || shape.rank < 0) && (fact.dtype == IOPT_F32 || !fact.dtype)) {
            *out = i;
            return IOPT_OK;
        }
    }
    if (graph->n_inputs == 0)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "the graph has no input; name it with --inputs if it is no placeholder");
    return iopt_fail(err, IOPT_BAD_MODEL,
                     "no input of the graph takes images, float [batch,height,width,channels]; "
                     "'%s' is %s",
                     graph->inputs[graph->n_inputs - 1].node->name, iopt_shape_text(&shape).s);
}

/* Writes --image-size to the graph and infers anew. */
static IoptStatus fix_size(const CliArgs *args, IoptGraph *graph, size_t input, IoptError *err)
{
    const char *const text = cli_text(args, "--image-size", NULL);
    const IoptInferOptions infer = { .fold = true };
    IoptShape shape = { .rank = 4, .dim = { -1, -1, -1, -1 } };

    if (!text)
        return IOPT_OK;
    IOPT_TRY(parse_size(text, &shape.dim[1], &shape.dim[2], err));
    IOPT_TRY(
        iopt_while(err, iopt_model_fix_shape(graph, input, &shape, err), "--image-size %s", text));
    return iopt_graph_infer(graph, &infer, err);
}

static IoptStatus take_shape(const IoptGraph *graph, size_t input, IoptPreprocess *out,
                             IoptError *err)
{
    const IoptShape shape = iopt_fact_at(graph->inputs[input]).shape;
    const char *const name = graph->inputs[input].node->name;

    if (shape.rank != 4 || shape.dim[1] <= 0 || shape.dim[2] <= 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the graph leaves the image size of '%s' open; give it with --image-size",
                         name);
    const int64_t channels = shape.dim[3] < 0 ? 3 : shape.dim[3];
    if (channels != 1 && channels != 3)
        return iopt_fail(
            err, IOPT_BAD_MODEL,
            "input '%s' is %s: want [batch,height,width,channels] with 1 or 3 channels", name,
            iopt_shape_text(&shape).s);
    out->height = (size_t)shape.dim[1];
    out->width = (size_t)shape.dim[2];
    out->channels = (size_t)channels;
    return IOPT_OK;
}

IoptStatus cli_preprocess_read(const CliArgs *args, IoptGraph *graph, IoptPreprocess *out,
                               size_t *input, IoptError *err)
{
    *out = (IoptPreprocess){ 0 };
    IOPT_TRY(find_image_input(graph, input, err));
    IOPT_TRY(fix_size(args, graph, *input, err));
    IOPT_TRY(take_shape(graph, *input, out, err));
    IOPT_TRY(iopt_preprocess_preset(out, cli_text(args, "--preprocess", "unit"), err));
    IOPT_TRY(iopt_preprocess_mean_std(out, cli_text(args, "--mean", NULL),
                                      cli_text(args, "--std", NULL), err));
    IOPT_TRY(iopt_resize_from_name(cli_text(args, "--resize", "bilinear"), &out->resize, err));
    out->keep_aspect = cli_flag(args, "--keep-aspect");
    out->central_crop = cli_number(args, "--central-crop", 1);
    if (!(out->central_crop > 0 && out->central_crop <= 1))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "--central-crop %g: want more than 0, at most 1", out->central_crop);
    return IOPT_OK;
}

void cli_data_read(const CliArgs *args, size_t classes, CliData *out)
{
    const char *const offset = cli_text(args, "--label-offset", NULL);
    const size_t batch = cli_count(args, "--batch-size", 32);

    *out = (CliData){ .data = cli_text(args, "--data", NULL),
                      .batch = batch ? batch : 1,
                      .max_bad = cli_count(args, "--max-bad", 10) };
    out->options =
        (IoptDatasetOptions){ .labels_file = cli_text(args, "--labels-file", NULL),
                              .classes = classes,
                              .label_offset = offset ? atoi(offset) : IOPT_LABEL_OFFSET_AUTO,
                              .limit = cli_count(args, "--images", 0) };
}
