/* benchmark_model: TensorFlow's tool on this engine: its flags, its three loops, its tables.
 *
 * What TensorFlow's tool writes to its log goes to stderr, without the log's time stamps.  Flags of
 * the tool's first versions (num_runs, run_delay) are other names of what replaced them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cancel.h"
#include "cli/benchmark_flags.h"
#include "cli/benchmark_record.h"
#include "cli/exit.h"
#include "cli/tool_help.h"
#include "cli/tools.h"
#include "formats/tensor_text.h"
#include "measure/flops.h"
#include "measure/model.h"
#include "measure/network.h"
#include "measure/step_stats.h"
#include "ops/infer.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"
#include "platform/clock.h"
#include "tensor/tensor.h"

typedef struct Names {
    const char *const *at;
    size_t n;
} Names;

typedef struct Loop {
    int64_t us, runs;
} Loop;

typedef struct Tool {
    BenchmarkFlags flags;
    const char *usage;
    IoptArena *arena;
    IoptError err;

    Names init_ops, inputs, shapes, types, values, outputs, targets;
    IoptModel model;
    IoptNetwork *network;
    IoptTensor **in;
    IoptStepStats stats;
    double init_s;
    Loop warmup, no_stats, with_stats;
} Tool;

/* --- flags ----------------------------------------------------------------------------------- */

static IoptStatus split(Tool *tool, const char *text, char separator, Names *out)
{
    return tool_split(tool->arena, text, separator, &out->at, &out->n, &tool->err);
}

static IoptStatus split_lists(Tool *tool)
{
    const BenchmarkFlags *const flags = &tool->flags;

    IOPT_TRY(split(tool, flags->init_ops, ',', &tool->init_ops));
    IOPT_TRY(split(tool, flags->input_layer, ',', &tool->inputs));
    IOPT_TRY(split(tool, flags->input_layer_shape, ':', &tool->shapes));
    IOPT_TRY(split(tool, flags->input_layer_type, ',', &tool->types));
    IOPT_TRY(split(tool, flags->input_layer_values, ':', &tool->values));
    IOPT_TRY(split(tool, flags->output_layer, ',', &tool->outputs));
    return split(tool, flags->target_layer, ',', &tool->targets);
}

static bool counts_agree(const Tool *tool)
{
    const BenchmarkFlags *const flags = &tool->flags;

    if (tool->inputs.n == tool->shapes.n && tool->inputs.n == tool->types.n)
        return true;
    (void)fprintf(stderr,
                  "There must be the same number of items in --input_layer, --input_layer_shape, "
                  "and --input_layer_type, for example --input_layer=input1,input2 "
                  "--input_layer_type=float,float --input_layer_shape=1,224,224,4:1,20\n"
                  "--input_layer=%s (%zu items)\n"
                  "--input_layer_type=%s (%zu items)\n"
                  "--input_layer_shape=%s (%zu items)\n",
                  flags->input_layer, tool->inputs.n, flags->input_layer_type, tool->types.n,
                  flags->input_layer_shape, tool->shapes.n);
    return false;
}

/* --- inputs ---------------------------------------------------------------------------------- */

/* "1,224,224,3"; nothing is a scalar. */
static IoptStatus read_shape(const char *text, IoptShape *out, IoptError *err)
{
    *out = iopt_shape_scalar();
    if (*text == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_shape_parse(text, out, err));
    for (int i = 0; i < out->rank; i++)
        if (out->dim[i] < 0)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "Any unknown sizes in the shapes (-1's) must be replaced with the "
                             "size you want to benchmark with.");
    return IOPT_OK;
}

static IoptStatus read_type(const char *text, IoptDType *out, IoptError *err)
{
    *out = iopt_dtype_from_name(text);
    if (*out == IOPT_DTYPE_NONE)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%s was an invalid type", text);
    if (iopt_dtype_bytes(*out) == 0 || *out == IOPT_C64 || *out == IOPT_C128)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Unsupported input type: %s", text);
    return IOPT_OK;
}

/* Zeros, with the values given from the front. */
static IoptStatus fill(Tool *tool, IoptTensor *tensor, const char *text)
{
    Names values;
    float value;

    IOPT_TRY(split(tool, text, ',', &values));
    if (values.n > iopt_elems(tensor) || (values.n && tensor->dtype == IOPT_STRING))
        return iopt_fail(&tool->err, IOPT_INVALID_ARGUMENT, "%zu values for an input that is %s",
                         values.n, iopt_tensor_text(tensor).s);
    for (size_t i = 0; i < values.n; i++) {
        if (!iopt_gtt_read_float(values.at[i], &value))
            return iopt_fail(&tool->err, IOPT_INVALID_ARGUMENT,
                             "Incorrect initialization values string specified: %s", text);
        iopt_tensor_set_f64(tensor, i, (double)value);
    }
    return IOPT_OK;
}

static IoptStatus make_inputs(Tool *tool)
{
    IoptShape shape;
    IoptDType dtype;
    void *block;

    IOPT_TRY(iopt_alloc(&block, tool->inputs.n, sizeof *tool->in, &tool->err));
    tool->in = block;
    for (size_t i = 0; i < tool->inputs.n; i++) {
        IOPT_TRY(read_type(tool->types.at[i], &dtype, &tool->err));
        IOPT_TRY(read_shape(tool->shapes.at[i], &shape, &tool->err));
        IOPT_TRY(iopt_tensor_create(dtype, &shape, &tool->in[i], &tool->err));
        IOPT_TRY(fill(tool, tool->in[i], i < tool->values.n ? tool->values.at[i] : ""));
    }
    return IOPT_OK;
}

/* --- the session ----------------------------------------------------------------------------- */

/* Outputs and targets are both computed; a name that is in both lists once. */
static IoptStatus open_model(Tool *tool)
{
    const size_t n = tool->outputs.n + tool->targets.n;
    size_t count = 0;
    const char **const wanted = iopt_arena_alloc(tool->arena, n, sizeof *wanted);

    if (!wanted)
        return iopt_fail_memory(&tool->err, n * sizeof *wanted);
    for (size_t i = 0; i < n; i++) {
        const char *const name =
            i < tool->outputs.n ? tool->outputs.at[i] : tool->targets.at[i - tool->outputs.n];
        bool is_new = true;
        for (size_t k = 0; k < count; k++)
            is_new = is_new && !iopt_gtt_same_value(wanted[k], name);
        if (is_new)
            wanted[count++] = name;
    }
    if (count == 0)
        return iopt_fail(&tool->err, IOPT_INVALID_ARGUMENT,
                         "--output_layer and --target_layer are empty: nothing to run");
    const IoptModelRequest request = {
        .inputs = tool->inputs.at, .n_inputs = tool->inputs.n, .outputs = wanted, .n_outputs = count
    };
    return iopt_model_open(tool->flags.graph, &request, &tool->model, &tool->err);
}

/* As in TensorFlow, what is fed decides the shapes, whatever the graph says of its placeholders. */
static IoptStatus set_shapes(Tool *tool)
{
    const IoptInferOptions infer = { .fold = true };
    IoptGraph *const graph = tool->model.graph;

    for (size_t i = 0; i < graph->n_inputs; i++)
        IOPT_TRY(iopt_model_set_shape(graph, i, &tool->in[i]->shape, &tool->err));
    return iopt_graph_infer(graph, &infer, &tool->err);
}

static IoptStatus start_session(Tool *tool)
{
    const uint64_t start = iopt_now_ns();
    IoptPlanOptions options = { 0 };
    IoptStatus status = open_model(tool);

    if (status == IOPT_OK)
        status = set_shapes(tool);
    if (status != IOPT_OK)
        return iopt_while(&tool->err, status, "Could not create TensorFlow Graph");
    if (tool->flags.num_threads > 0)
        options.threads = (size_t)tool->flags.num_threads;
    status = iopt_network_create(tool->model.graph, &options, &tool->network, &tool->err);
    tool->init_s = (double)(iopt_now_ns() - start) * 1e-9;
    if (status != IOPT_OK)
        return iopt_while(&tool->err, status, "Could not create TensorFlow Session");
    (void)fprintf(stderr, "Initialized session in %gs\n", tool->init_s);
    return IOPT_OK;
}

/* A frozen graph has no variables: the ops must be there, but have nothing to do. */
static IoptStatus run_init_ops(Tool *tool)
{
    IoptValue value;

    for (size_t i = 0; i < tool->init_ops.n; i++)
        IOPT_TRY(iopt_while(
            &tool->err,
            iopt_graph_find_value(tool->model.graph, tool->init_ops.at[i], &value, &tool->err),
            "--init_ops"));
    if (tool->init_ops.n)
        (void)fprintf(stderr, "The graph is frozen: init ops have nothing to do\n");
    return IOPT_OK;
}

/* --- loops ----------------------------------------------------------------------------------- */

static void sleep_seconds(const char *text)
{
    const double seconds = strtod(text, NULL);

    if (!(seconds > 0) || seconds > 1e9)
        return;
    struct timespec left = { .tv_sec = (time_t)seconds };
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (!iopt_cancelled() && nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

/* One run; its time goes to the loop, its steps to the stats if they are wanted. */
static IoptStatus run_once(Tool *tool, bool with_stats, Loop *loop, IoptStat *stat)
{
    IoptRun *const run = iopt_network_run(tool->network);
    uint64_t ns;

    iopt_run_set_profile(run, with_stats);
    IOPT_TRY(
        iopt_network_feed(tool->network, (const IoptTensor *const *)tool->in, &ns, &tool->err));
    if (with_stats)
        iopt_step_stats_add(&tool->stats, run);
    loop->us += (int64_t)(ns / 1000);
    loop->runs++;
    iopt_stat_add(stat, (double)(ns / 1000));
    return IOPT_OK;
}

static IoptStatus run_loop(Tool *tool, int32_t max_runs, double max_s, bool with_stats, Loop *loop)
{
    const char *const delay = tool->flags.inference_delay;
    IoptStat stat = { 0 };
    IoptText text = { 0 };

    if (max_runs <= 0 && !(max_s > 0))
        return iopt_fail(&tool->err, IOPT_INVALID_ARGUMENT,
                         "neither --max_num_runs nor --max_time bounds the benchmark");
    (void)fprintf(stderr,
                  "Running benchmark for max %d iterations, max %g seconds %s detailed stat "
                  "logging, with %gs sleep between inferences\n",
                  (int)max_runs, max_s, with_stats ? "with" : "without", strtod(delay, NULL));
    for (;;) {
        IOPT_TRY(run_once(tool, with_stats, loop, &stat));
        if ((max_runs > 0 && loop->runs >= max_runs) ||
            (max_s > 0 && (double)loop->us > max_s * 1e6))
            break;
        sleep_seconds(delay);
    }
    iopt_stat_text(&stat, &text);
    if (!text.failed)
        (void)fprintf(stderr, "%s\n\n", text.s);
    iopt_text_free(&text);
    return IOPT_OK;
}

static IoptStatus run_loops(Tool *tool)
{
    const BenchmarkFlags *const flags = &tool->flags;
    const double max_s = strtod(flags->max_time, NULL);

    if (flags->warmup_runs > 0)
        IOPT_TRY(run_loop(tool, flags->warmup_runs, -1, false, &tool->warmup));
    sleep_seconds(flags->inter_benchmark_delay);
    IOPT_TRY(run_loop(tool, flags->max_num_runs, max_s, false, &tool->no_stats));
    sleep_seconds(flags->inter_benchmark_delay);
    return run_loop(tool, flags->max_num_runs, max_s, true, &tool->with_stats);
}

/* --- the report ------------------------------------------------------------------------------ */

static long long mean_us(const Loop *loop)
{
    return loop->runs ? (long long)(loop->us / loop->runs) : 0;
}

static size_t limit(int32_t value)
{
    return value > 0 ? (size_t)value : 0;
}

static IoptStatus put_tables(const Tool *tool, IoptText *out, IoptError *err)
{
    const BenchmarkFlags *const flags = &tool->flags;
    const IoptStepStats *const stats = &tool->stats;

    if (flags->show_run_order)
        IOPT_TRY(iopt_step_stats_table(stats, "Run Order", IOPT_BY_RUN_ORDER,
                                       limit(flags->run_order_limit), out, err));
    if (flags->show_time)
        IOPT_TRY(iopt_step_stats_table(stats, "Top by Computation Time", IOPT_BY_TIME,
                                       limit(flags->time_limit), out, err));
    if (flags->show_memory)
        IOPT_TRY(iopt_step_stats_table(stats, "Top by Memory Use", IOPT_BY_MEMORY,
                                       limit(flags->memory_limit), out, err));
    if (flags->show_type)
        IOPT_TRY(iopt_step_stats_type_table(stats, out, err));
    if (flags->show_summary)
        iopt_step_stats_summary(stats, out);
    return IOPT_OK;
}

static IoptStatus put_flops(const Tool *tool, IoptText *out, IoptError *err)
{
    const double run_s = (double)tool->no_stats.us / (double)tool->no_stats.runs * 1e-6;
    int64_t flops;

    IOPT_TRY(iopt_while(err, iopt_graph_flops(tool->model.graph, &flops, err),
                        "FLOPs calculation failed"));
    iopt_text_printf(out, "FLOPs estimate: ");
    iopt_count_text(flops, out);
    iopt_text_printf(out, "\nFLOPs/second: ");
    iopt_count_text(run_s > 0 ? (int64_t)((double)flops / run_s) : 0, out);
    iopt_text_printf(out, "\n");
    return IOPT_OK;
}

static IoptStatus report(Tool *tool)
{
    IoptText out = { 0 };
    IoptStatus status = IOPT_OK;

    iopt_text_printf(&out,
                     "Average inference timings in us: Warmup: %lld, no stats: %lld, with stats: "
                     "%lld\n",
                     mean_us(&tool->warmup), mean_us(&tool->no_stats), mean_us(&tool->with_stats));
    IOPT_DO(put_tables(tool, &out, &tool->err));
    if (tool->flags.show_sizes)
        iopt_step_stats_sizes(iopt_network_plan(tool->network), &out);
    if (tool->flags.show_flops)
        IOPT_DO(put_flops(tool, &out, &tool->err));
    if (out.failed)
        status = iopt_fail_memory(&tool->err, out.size);
    else
        (void)fwrite(out.s, 1, out.size, stderr);
done:
    iopt_text_free(&out);
    return status;
}

/* --- records --------------------------------------------------------------------------------- */

static IoptStatus record(Tool *tool, const char *part, int64_t runs, double total_s, double rate)
{
    return cli_benchmark_record(tool->flags.output_prefix, tool->flags.benchmark_name, part, runs,
                                total_s, rate, &tool->err);
}

static IoptStatus record_types(Tool *tool)
{
    IoptTypeStat *types;
    size_t count;
    const int64_t runs = tool->with_stats.runs;

    IoptStatus status = iopt_step_stats_types(&tool->stats, &types, &count, &tool->err);
    for (size_t i = 0; i < count && status == IOPT_OK; i++) {
        (void)fprintf(stderr, "Outputting: [%s]\n", types[i].type);
        status = record(tool, types[i].type, runs, (double)(types[i].us * runs) * 1e-6, -1);
    }
    free(types);
    return status;
}

static IoptStatus record_all(Tool *tool)
{
    const double warmup_s = (double)tool->warmup.us * 1e-6,
                 run_s = (double)tool->no_stats.us * 1e-6;
    const int64_t runs = tool->no_stats.runs, warmups = tool->warmup.runs ? tool->warmup.runs : 1;
    const double bytes = tool->inputs.n ? (double)tool->in[0]->bytes : 0;

    if (!*tool->flags.benchmark_name || !*tool->flags.output_prefix)
        return IOPT_OK;
    IOPT_TRY(record(tool, "", runs, run_s,
                    run_s > 0 ? bytes * (double)runs / run_s / (1024 * 1024) : -1));
    IOPT_TRY(record(tool, "meta-init", 1, tool->init_s, -1));
    IOPT_TRY(record(tool, "meta-first-inference", warmups, warmup_s, -1));
    IOPT_TRY(record(tool, "meta-init-plus-first-inference", 1,
                    tool->init_s + warmup_s / (double)warmups, -1));
    return record_types(tool);
}

/* --- the tool -------------------------------------------------------------------------------- */

static IoptStatus benchmark(Tool *tool)
{
    IOPT_TRY(start_session(tool));
    IOPT_TRY(iopt_step_stats_create(iopt_network_plan(tool->network), &tool->stats, &tool->err));
    IOPT_TRY(run_init_ops(tool));
    IOPT_TRY(iopt_while(&tool->err, run_loops(tool), "Timing failed"));
    IOPT_TRY(report(tool));
    return record_all(tool);
}

static int run(Tool *tool, const ToolFlag *flags, int n_words, char **words)
{
    if (!tool_flags_parse(flags, &n_words, words))
        return tool_refuse(tool->usage, "%s", "");
    if (split_lists(tool) != IOPT_OK)
        return tool_refuse(NULL, "%s", tool->err.text);
    if (!counts_agree(tool))
        return TOOL_FAILED;
    if (n_words > 0)
        return tool_refuse(tool->usage, "Unknown argument %s", words[0]);
    cli_benchmark_flags_log(&tool->flags);
    IoptStatus status = make_inputs(tool);
    if (status == IOPT_OK)
        status = benchmark(tool);
    if (status == IOPT_CANCELLED)
        return cli_exit(status, &tool->err);
    return status == IOPT_OK ? 0 : tool_refuse(NULL, "%s", tool->err.text);
}

int tool_benchmark_model(int n_words, char **words)
{
    Tool tool = { 0 };
    ToolFlag flags[BENCHMARK_FLAGS + 1];
    IoptText usage = { 0 };
    int exit_status = TOOL_FAILED;

    cli_benchmark_flags(&tool.flags, flags);
    tool_flags_usage(flags, "benchmark_model", &usage);
    tool.usage = usage.s;
    if (iopt_arena_create(&tool.arena, &tool.err) == IOPT_OK)
        exit_status = run(&tool, flags, n_words, words);
    else
        (void)tool_refuse(NULL, "%s", tool.err.text);
    iopt_step_stats_free(&tool.stats);
    iopt_network_destroy(tool.network);
    iopt_model_close(&tool.model);
    iopt_seeded_inputs_free(tool.in, tool.inputs.n);
    iopt_arena_destroy(tool.arena);
    iopt_text_free(&usage);
    return exit_status;
}
