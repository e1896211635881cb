/* A binary GraphDef as a plan; small plans run once, on zeros.  Quantized ones become integers. */
#include "fuzz_input.h"
#include "whole_graph.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptGraph *const graph = fuzz_graph(data, size);

    if (graph)
        fuzz_plan_and_run(graph);
    iopt_graph_destroy(graph);
    return 0;
}
