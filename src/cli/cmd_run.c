/* iopt run: arrays or photos through a graph. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/data_options.h"
#include "cli/json.h"
#include "cli/model_options.h"
#include "cli/run_images.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "cli/trace.h"
#include "formats/npy.h"
#include "measure/outputs.h"

/* --- arrays ---------------------------------------------------------------------------------- */

/* "NAME=FILE" taken apart: names[i] in the arguments' arena, files[i] behind the last '='. */
typedef struct Bindings {
    const char **names, **files;
    size_t count;
} Bindings;

static IoptStatus read_bindings(const CliArgs *args, const char *option, Bindings *out,
                                IoptError *err)
{
    const char *const *texts;

    out->count = cli_values(args, option, &texts);
    out->names = iopt_arena_alloc(args->arena, out->count + 1, sizeof(char *));
    out->files = iopt_arena_alloc(args->arena, out->count + 1, sizeof(char *));
    if (!out->names || !out->files)
        return iopt_fail_memory(err, out->count);
    for (size_t i = 0; i < out->count; i++) {
        const char *const equals = strchr(texts[i], '=');
        if (!equals || equals == texts[i] || !equals[1])
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "run: %s '%s': want NAME=FILE.npy", option,
                             texts[i]);
        out->names[i] = iopt_arena_copy(args->arena, texts[i], (size_t)(equals - texts[i]));
        out->files[i] = equals + 1;
        if (!out->names[i])
            return iopt_fail_memory(err, strlen(texts[i]));
    }
    return IOPT_OK;
}

typedef struct ArrayRun {
    IoptTensor **in;
    IoptInputShape *shapes;
    size_t n_in;
    IoptPlan *plan;
    IoptRun *run;
    IoptTensor **out;
} ArrayRun;

static void free_array_run(ArrayRun *a)
{
    for (size_t i = 0; a->in && i < a->n_in; i++)
        iopt_tensor_destroy(a->in[i]);
    for (size_t i = 0; a->out && i < iopt_plan_outputs(a->plan); i++)
        iopt_tensor_destroy(a->out[i]);
    free(a->in);
    free(a->out);
    free(a->shapes);
    iopt_run_destroy(a->run);
    iopt_plan_destroy(a->plan);
}

/* Reads the arrays in the types that the graph wants. */
static IoptStatus read_arrays(ArrayRun *a, const IoptGraph *graph, const Bindings *in,
                              IoptError *err)
{
    void *tensors, *shapes;

    IOPT_TRY(iopt_alloc(&tensors, in->count, sizeof(IoptTensor *), err));
    a->in = tensors;
    IOPT_TRY(iopt_alloc(&shapes, in->count, sizeof(IoptInputShape), err));
    a->shapes = shapes;
    for (size_t i = 0; i < in->count; i++) {
        const IoptDType want = iopt_fact_at(graph->inputs[i]).dtype;
        IOPT_TRY(iopt_while(err, iopt_npy_read(in->files[i], want, &a->in[i], err), "input '%s'",
                            in->names[i]));
        a->shapes[i] = (IoptInputShape){ .name = in->names[i], .shape = a->in[i]->shape };
        a->n_in++;
    }
    return IOPT_OK;
}

static IoptStatus compute(ArrayRun *a, const CliArgs *args, const IoptGraph *graph, IoptError *err)
{
    IoptPlanOptions options = cli_plan_options(args);
    void *block;

    options.shapes = a->shapes;
    options.n_shapes = a->n_in;
    IOPT_TRY(iopt_plan_create(graph, &options, &a->plan, err));
    if (iopt_plan_inputs(a->plan) != a->n_in)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "run: input '%s' is missing; feed it with --input %s=FILE.npy",
                         iopt_plan_input(a->plan, a->n_in)->name,
                         iopt_plan_input(a->plan, a->n_in)->name);
    IOPT_TRY(cli_trace_plan(a->plan, cli_operand(args, 0), err));
    IOPT_TRY(iopt_run_create(a->plan, &a->run, err));
    IOPT_TRY(iopt_alloc(&block, iopt_plan_outputs(a->plan), sizeof(IoptTensor *), err));
    a->out = block;
    cli_trace_run_begin(a->run);
    IOPT_TRY(iopt_run_new(a->run, (const IoptTensor *const *)a->in, a->out, err));
    return cli_trace_run_end(a->run, a->plan, err);
}

/* Smallest, largest and mean of what is a number; NaN where there is none. */
static void measure_values(const IoptTensor *tensor, double *min, double *max, double *mean)
{
    const size_t n = iopt_elems(tensor);
    const bool is_number = tensor->dtype != IOPT_STRING && tensor->dtype != IOPT_C64 &&
                           tensor->dtype != IOPT_C128 && iopt_dtype_bytes(tensor->dtype);

    *min = *max = *mean = NAN;
    if (!is_number || n == 0)
        return;
    *mean = 0;
    for (size_t i = 0; i < n; i++) {
        const double x = iopt_tensor_get_f64(tensor, i);
        *min = fmin(*min, x);
        *max = fmax(*max, x);
        *mean += x / (double)n;
    }
}

/* What came out: name, type, extremes, and the file that it went to. */
static IoptStatus report(const CliArgs *args, const ArrayRun *a, const Bindings *out,
                         IoptError *err)
{
    static const CliColumn columns[] = { { "output", CLI_LEFT }, { "type", CLI_LEFT },
                                         { "min", CLI_RIGHT },   { "max", CLI_RIGHT },
                                         { "mean", CLI_RIGHT },  { "file", CLI_LEFT } };
    CliTable table = CLI_TABLE(columns);
    cJSON *const object = cJSON_CreateObject(), *const list = cli_json_array(object, "outputs");

    for (size_t i = 0; i < iopt_plan_outputs(a->plan); i++) {
        const char *const name = iopt_plan_output(a->plan, i)->name;
        const char *const file = i < out->count ? out->files[i] : NULL;
        double min, max, mean;
        measure_values(a->out[i], &min, &max, &mean);
        cli_cell(&table, "%s", name);
        cli_cell(&table, "%s", iopt_tensor_text(a->out[i]).s);
        cli_cell(&table, "%g", min);
        cli_cell(&table, "%g", max);
        cli_cell(&table, "%g", mean);
        cli_cell(&table, "%s", file ? file : "");
        cJSON *const entry = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(list, entry);
        cli_json_text(entry, "name", name);
        cli_json_text(entry, "type", iopt_dtype_name(a->out[i]->dtype));
        cJSON *const shape = cli_json_array(entry, "shape");
        for (int d = 0; d < a->out[i]->shape.rank; d++)
            (void)cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)a->out[i]->shape.dim[d]));
        cli_json_number(entry, "min", min);
        cli_json_number(entry, "max", max);
        cli_json_number(entry, "mean", mean);
        cli_json_text(entry, "file", file);
    }
    if (args->json) {
        cli_table_free(&table);
        cli_json_print(object);
        return IOPT_OK;
    }
    cJSON_Delete(object);
    return cli_table_print(&table, stdout, err);
}

static IoptStatus run_arrays(const CliArgs *args, const IoptGraph *graph, const Bindings *in,
                             const Bindings *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    ArrayRun a = { 0 };

    IOPT_DO(read_arrays(&a, graph, in, err));
    IOPT_DO(compute(&a, args, graph, err));
    for (size_t i = 0; i < out->count; i++)
        IOPT_DO(iopt_npy_write(out->files[i], a.out[i], err));
    if (!args->quiet || out->count == 0)
        IOPT_DO(report(args, &a, out, err));
done:
    free_array_run(&a);
    return status;
}

/* --- the command ----------------------------------------------------------------------------- */

/* The model whose inputs and outputs are those that files are given for. */
static IoptStatus open_model(const CliArgs *args, const Bindings *in, const Bindings *out,
                             IoptModel *model, IoptError *err)
{
    IoptModelRequest request = cli_model_request(args);

    if (in->count) {
        request.inputs = in->names;
        request.n_inputs = in->count;
    }
    if (out->count) {
        request.outputs = out->names;
        request.n_outputs = out->count;
    }
    return cli_model_open_request(cli_operand(args, 0), &request, model, err);
}

static IoptStatus run(const CliArgs *args, IoptError *err)
{
    const bool has_image = cli_text(args, "--image", NULL) != NULL;
    IoptModel model = { 0 };
    Bindings in, out;

    IOPT_TRY(read_bindings(args, "--input", &in, err));
    IOPT_TRY(read_bindings(args, "--output", &out, err));
    if (has_image && (in.count || out.count))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "run: --image goes without --input and --output");
    IOPT_TRY(open_model(args, &in, &out, &model, err));
    const IoptStatus status = has_image ? cli_run_images(args, model.graph, err)
                                        : run_arrays(args, model.graph, &in, &out, err);
    iopt_model_close(&model);
    return status;
}

static const CliOption options[] = {
    { "--input", "NAME=FILE.npy", "feeds an array to a node or tensor; once per input", CLI_MANY },
    { "--output", "NAME=FILE.npy", "writes an output as an array; once per output", CLI_MANY },
    { "--image", "FILE", "classifies a JPEG or PNG; may be repeated", CLI_MANY },
    { "--labels", "FILE", "names of the classes, a line each", CLI_TEXT },
    { "--top", "N", "classes to print for each image (default 5)", CLI_COUNT },
    { 0 },
};
static const CliGroup group = { "Options", options };
static const CliGroup *const groups[] = { &group, &cli_model_group, &cli_preprocess_group,
                                          &cli_engine_group, NULL };
static const char *const operands[] = { "MODEL", NULL };
static const char *const examples[] = {
    "iopt run models/demo/fashion.pb --image photo.jpg --labels models/demo/labels.txt --top 3",
    "iopt run models/demo/fashion.pb --input input=x.npy --output softmax=y.npy",
    "iopt run models/demo/fashion.pb --input input:0=x.npy --engine reference --json",
    NULL,
};

const CliCommand cli_cmd_run = {
    .name = "run",
    .usage = "MODEL --input NAME=FILE.npy --output NAME=FILE.npy | --image FILE",
    .brief = "runs a graph on arrays or photos",
    .about =
        "Arrays have the type that the graph wants; types that numpy lacks are stored as their "
        "bits (bfloat16 as uint16, quint8 as uint8). Without --output the outputs are only "
        "described.",
    .groups = groups,
    .examples = examples,
    .operands = operands,
    .run = run,
};
