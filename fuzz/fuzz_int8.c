/* A binary GraphDef quantized to 8 bits and run.  What is left of recipe int8 without images: every
 * value gets one of a few ranges; which one, and by which techniques, the sum of the bytes says. */
#include "base/compiler.h"
#include "fuzz_input.h"
#include "passes/int8/quantization.h"
#include "whole_graph.h"

static const float ranges[][2] = {
    { 0, 6 }, { -1, 1 }, { -3e38f, 3e38f }, { 0, 1e-44f }, { 0, 0 }, { 2, 2 }, { -5, -4 },
};

static void give_ranges(IoptQuantization *plan, unsigned seed)
{
    for (size_t i = 0; i < plan->n_points; i++) {
        const float *const range = ranges[(seed + i) % IOPT_COUNT(ranges)];
        plan->points[i].has_range = seed % 5 || i % 3; /* not of all of them */
        plan->points[i].min = range[0];
        plan->points[i].max = range[1];
        plan->points[i].power = 1;
    }
}

static IoptInt8Options techniques(unsigned seed)
{
    return (IoptInt8Options){ .weight_mse = seed & 1,
                              .bias_correction = seed & 2,
                              .unify_ranges = seed & 4,
                              .float_first = (seed & 24) == 8,
                              .float_last = (seed & 24) == 16,
                              .wide = (IoptWide)(seed >> 5) % 3 };
}

static void quantize(IoptGraph *graph, unsigned seed)
{
    const IoptInt8Options options = techniques(seed);
    IoptGraph *quantized;
    IoptQuantization *plan;
    IoptError err;

    if (iopt_quantization_plan(graph, &options, &plan, &err) != IOPT_OK)
        return;
    give_ranges(plan, seed);
    if (!plan->left_alone && iopt_quantization_settle(plan, graph, &options, &err) == IOPT_OK &&
        iopt_quantization_apply(graph, plan, &options, &quantized, &err) == IOPT_OK) {
        fuzz_plan_and_run(quantized);
        iopt_graph_destroy(quantized);
    }
    iopt_quantization_destroy(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptGraph *const graph = fuzz_graph(data, size);
    unsigned sum = 0;

    for (size_t i = 0; i < size; i++)
        sum += data[i];
    if (graph)
        quantize(graph, sum % 256);
    iopt_graph_destroy(graph);
    return 0;
}
