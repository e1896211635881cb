/* The flags of benchmark_model. */
#ifndef IOPT_CLI_BENCHMARK_FLAGS_H
#define IOPT_CLI_BENCHMARK_FLAGS_H

#include "cli/tool_flags.h"

enum { BENCHMARK_FLAGS = 28 };

typedef struct BenchmarkFlags {
    const char *graph, *init_ops;
    const char *input_layer, *input_layer_shape, *input_layer_type, *input_layer_values;
    const char *output_layer, *target_layer;
    int32_t max_num_runs;
    const char *max_time, *inference_delay, *inter_benchmark_delay;
    int32_t num_threads;
    const char *benchmark_name, *output_prefix;
    bool show_sizes, show_run_order, show_time, show_memory, show_type, show_summary, show_flops;
    int32_t run_order_limit, time_limit, memory_limit, warmup_runs;
} BenchmarkFlags;

/* Sets the defaults; `out` are the flags that change them, and the end behind. */
void cli_benchmark_flags(BenchmarkFlags *f, ToolFlag out[BENCHMARK_FLAGS + 1]);

/* The lines that TensorFlow's tool begins its log with. */
void cli_benchmark_flags_log(const BenchmarkFlags *flags);

#endif
