/* Photos through a network, one by one. */
#include "cli/run_images.h"

#include <math.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "cli/data_options.h"
#include "cli/json.h"
#include "cli/labels.h"
#include "cli/model_options.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/trace.h"
#include "platform/file.h"

typedef struct Session {
    const CliArgs *args;
    IoptPreprocess preprocess;
    IoptPreprocessor *preprocessor;
    IoptPlan *plan;
    IoptRun *run;
    IoptTensor *input, **outputs; /* outputs: all of the plan, of the current image */
    CliLabels labels;
    size_t top;
    CliTable table;
    cJSON *json; /* the list of images, or NULL */
} Session;

static IoptStatus read_image(Session *s, const char *path, IoptError *err)
{
    const IoptImageOptions options = { .channels = (int)s->preprocess.channels };
    IoptImage image = { 0 };
    IoptBuffer *file;

    IOPT_TRY(iopt_file_map(path, &file, err));
    IoptStatus status =
        iopt_image_decode(iopt_buffer_data(file), iopt_buffer_bytes(file), &options, &image, err);
    iopt_buffer_unref(file);
    if (status == IOPT_OK)
        status = iopt_preprocessor_run(s->preprocessor, &image, iopt_f32_mut(s->input), err);
    iopt_image_free(&image);
    return iopt_while(err, status, "'%s'", path);
}

/* The next best class below the one at `last`; equal values in index order. */
static size_t next_best(const IoptTensor *scores, size_t last, bool is_first)
{
    const size_t n = iopt_elems(scores);
    size_t best = n;

    for (size_t i = 0; i < n; i++) {
        const double x = iopt_tensor_get_f64(scores, i);
        const double bar = is_first ? INFINITY : iopt_tensor_get_f64(scores, last);
        const bool is_below = is_first || x < bar || (x == bar && i > last);
        if (is_below && (best == n || x > iopt_tensor_get_f64(scores, best)))
            best = i;
    }
    return best;
}

static void report(Session *s, const char *path, const IoptTensor *scores)
{
    const size_t n = iopt_elems(scores);
    cJSON *classes = NULL;
    size_t at = 0;

    if (s->json) {
        cJSON *const image = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(s->json, image);
        cli_json_text(image, "image", path);
        classes = cli_json_array(image, "classes");
    }
    for (size_t rank = 0; rank < s->top && rank < n; rank++) {
        at = next_best(scores, at, rank == 0);
        if (at == n)
            break; /* the rest is NaN */
        const char *const label = cli_label(&s->labels, at, n);
        const double score = iopt_tensor_get_f64(scores, at);
        cJSON *const entry = cJSON_CreateObject();
        cli_json_number(entry, "class", (double)at);
        cli_json_text(entry, "label", *label ? label : NULL);
        cli_json_number(entry, "score", score);
        if (classes)
            (void)cJSON_AddItemToArray(classes, entry);
        else
            cJSON_Delete(entry);
        cli_cell(&s->table, "%s", rank == 0 ? path : "");
        cli_cell(&s->table, "%.4f", score);
        cli_cell(&s->table, "%zu", at);
        cli_cell(&s->table, "%s", label);
    }
}

static IoptStatus classify(Session *s, const char *path, IoptError *err)
{
    const IoptTensor *const in = s->input;

    IOPT_TRY(iopt_check_cancelled(err));
    IOPT_TRY(read_image(s, path, err));
    IOPT_TRY(iopt_run_new(s->run, &in, s->outputs, err));
    report(s, path, s->outputs[0]);
    for (size_t i = 0; i < iopt_plan_outputs(s->plan); i++) {
        iopt_tensor_destroy(s->outputs[i]);
        s->outputs[i] = NULL;
    }
    return IOPT_OK;
}

/* Plan, run and the tensors around it, for one image at a time. */
static IoptStatus prepare(Session *s, IoptGraph *graph, IoptError *err)
{
    IoptPlanOptions options = cli_plan_options(s->args);
    size_t input;
    void *block;

    IOPT_TRY(cli_preprocess_read(s->args, graph, &s->preprocess, &input, err));
    IOPT_TRY(iopt_preprocessor_create(&s->preprocess, &s->preprocessor, err));
    const int64_t dims[] = { 1, (int64_t)s->preprocess.height, (int64_t)s->preprocess.width,
                             (int64_t)s->preprocess.channels };
    const IoptShape shape = iopt_shape(4, dims);
    const IoptInputShape fixed = { .name = graph->inputs[input].node->name, .shape = shape };
    options.shapes = &fixed;
    options.n_shapes = 1;
    IOPT_TRY(iopt_plan_create(graph, &options, &s->plan, err));
    if (iopt_plan_inputs(s->plan) != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the graph has %zu inputs, an image fills one; give the others constants "
                         "with --set",
                         iopt_plan_inputs(s->plan));
    IOPT_TRY(cli_trace_plan(s->plan, cli_operand(s->args, 0), err));
    IOPT_TRY(iopt_run_create(s->plan, &s->run, err));
    IOPT_TRY(iopt_alloc(&block, iopt_plan_outputs(s->plan), sizeof(IoptTensor *), err));
    s->outputs = block;
    return iopt_tensor_create(IOPT_F32, &shape, &s->input, err);
}

IoptStatus cli_run_images(const CliArgs *args, IoptGraph *graph, IoptError *err)
{
    static const CliColumn columns[] = {
        { "image", CLI_LEFT }, { "score", CLI_RIGHT }, { "class", CLI_RIGHT }, { "label", CLI_LEFT }
    };
    IoptStatus status = IOPT_OK;
    Session s = { .args = args, .top = cli_count(args, "--top", 5), .table = CLI_TABLE(columns) };
    const char *const labels = cli_text(args, "--labels", NULL);
    const char *const *images;
    const size_t n_images = cli_values(args, "--image", &images);
    cJSON *object = NULL;

    if (labels)
        IOPT_DO(cli_labels_read(labels, &s.labels, err));
    IOPT_DO(prepare(&s, graph, err));
    cli_detail("%s", iopt_preprocess_text(&s.preprocess).s);
    if (args->json) {
        object = cJSON_CreateObject();
        s.json = cli_json_array(object, "images");
    }
    cli_trace_run_begin(s.run);
    for (size_t i = 0; i < n_images; i++)
        IOPT_DO(classify(&s, images[i], err));
    IOPT_DO(cli_trace_run_end(s.run, s.plan, err));
    if (object) {
        cli_json_print(object);
        object = NULL;
    } else {
        IOPT_DO(cli_table_print(&s.table, stdout, err));
    }
done:
    cJSON_Delete(object);
    cli_table_free(&s.table);
    cli_labels_free(&s.labels);
    iopt_tensor_destroy(s.input);
    free(s.outputs);
    iopt_run_destroy(s.run);
    iopt_plan_destroy(s.plan);
    iopt_preprocessor_destroy(s.preprocessor);
    return status;
}
