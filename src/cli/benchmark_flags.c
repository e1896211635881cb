/* Defaults and help of benchmark_model's flags, those of its older versions at the end. */
#include "cli/benchmark_flags.h"

#include <stdio.h>
#include <string.h>

static const BenchmarkFlags defaults = { .graph = "/data/local/tmp/tensorflow_inception_graph.pb",
                                         .init_ops = "",
                                         .input_layer = "input:0",
                                         .input_layer_shape = "1,224,224,3",
                                         .input_layer_type = "float",
                                         .input_layer_values = "",
                                         .output_layer = "output:0",
                                         .target_layer = "",
                                         .max_num_runs = 1000,
                                         .max_time = "10.0",
                                         .inference_delay = "-1.0",
                                         .inter_benchmark_delay = "-1.0",
                                         .num_threads = -1,
                                         .benchmark_name = "",
                                         .output_prefix = "",
                                         .show_run_order = true,
                                         .show_time = true,
                                         .time_limit = 10,
                                         .show_memory = true,
                                         .memory_limit = 10,
                                         .show_type = true,
                                         .show_summary = true,
                                         .warmup_runs = 1 };

void cli_benchmark_flags(BenchmarkFlags *f, ToolFlag out[BENCHMARK_FLAGS + 1])
{
    const ToolFlag flags[] = {
        { "graph", TOOL_STRING, (void *)&f->graph, "graph file name" },
        { "init_ops", TOOL_STRING, (void *)&f->init_ops, "init ops" },
        { "input_layer", TOOL_STRING, (void *)&f->input_layer, "input layer names" },
        { "input_layer_shape", TOOL_STRING, (void *)&f->input_layer_shape, "input layer shape" },
        { "input_layer_type", TOOL_STRING, (void *)&f->input_layer_type, "input layer type" },
        { "input_layer_values", TOOL_STRING, (void *)&f->input_layer_values,
          "values to initialize the inputs with" },
        { "output_layer", TOOL_STRING, (void *)&f->output_layer, "output layer name" },
        { "target_layer", TOOL_STRING, (void *)&f->target_layer, "target layer name" },
        { "max_num_runs", TOOL_INT32, &f->max_num_runs, "number of runs max" },
        { "max_time", TOOL_STRING, (void *)&f->max_time, "length to run max" },
        { "inference_delay", TOOL_STRING, (void *)&f->inference_delay,
          "delay between runs in seconds" },
        { "inter_benchmark_delay", TOOL_STRING, (void *)&f->inter_benchmark_delay,
          "delay between benchmarks in seconds" },
        { "num_threads", TOOL_INT32, &f->num_threads, "number of threads" },
        { "benchmark_name", TOOL_STRING, (void *)&f->benchmark_name, "benchmark name" },
        { "output_prefix", TOOL_STRING, (void *)&f->output_prefix, "benchmark output prefix" },
        { "show_sizes", TOOL_BOOL, &f->show_sizes, "whether to show sizes" },
        { "show_run_order", TOOL_BOOL, &f->show_run_order, "whether to list stats by run order" },
        { "run_order_limit", TOOL_INT32, &f->run_order_limit,
          "how many items to show by run order" },
        { "show_time", TOOL_BOOL, &f->show_time, "whether to list stats by time taken" },
        { "time_limit", TOOL_INT32, &f->time_limit, "how many items to show by time taken" },
        { "show_memory", TOOL_BOOL, &f->show_memory, "whether to list stats by memory used" },
        { "memory_limit", TOOL_INT32, &f->memory_limit, "how many items to show by memory used" },
        { "show_type", TOOL_BOOL, &f->show_type, "whether to list stats by op type" },
        { "show_summary", TOOL_BOOL, &f->show_summary, "whether to show a summary of the stats" },
        { "show_flops", TOOL_BOOL, &f->show_flops, "whether to estimate the model's FLOPs" },
        { "warmup_runs", TOOL_INT32, &f->warmup_runs, "how many runs to initialize model" },
        { "num_runs", TOOL_INT32, &f->max_num_runs, "older name of max_num_runs" },
        { "run_delay", TOOL_STRING, (void *)&f->inference_delay, "older name of inference_delay" },
        { 0 },
    };

    _Static_assert(sizeof flags == sizeof(ToolFlag[BENCHMARK_FLAGS + 1]), "all flags");
    *f = defaults;
    memcpy(out, flags, sizeof flags);
}

void cli_benchmark_flags_log(const BenchmarkFlags *flags)
{
    (void)fprintf(stderr,
                  "Graph: [%s]\n"
                  "Init ops:%s\n"
                  "Input layers: [%s]\n"
                  "Input shapes: [%s]\n"
                  "Input types: [%s]\n"
                  "Output layers: [%s]\n"
                  "Target layers: [%s]\n"
                  "Num runs: [%d]\n"
                  "Inter-inference delay (seconds): [%s]\n"
                  "Inter-benchmark delay (seconds): [%s]\n"
                  "Num threads: [%d]\n"
                  "Benchmark name: [%s]\n"
                  "Output prefix: [%s]\n"
                  "Show sizes: [%d]\n"
                  "Warmup runs: [%d]\n",
                  flags->graph, flags->init_ops, flags->input_layer, flags->input_layer_shape,
                  flags->input_layer_type, flags->output_layer, flags->target_layer,
                  (int)flags->max_num_runs, flags->inference_delay, flags->inter_benchmark_delay,
                  (int)flags->num_threads, flags->benchmark_name, flags->output_prefix,
                  flags->show_sizes, (int)flags->warmup_runs);
}
