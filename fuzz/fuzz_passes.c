/* A binary GraphDef through shape inference and every pass, in the order of their list. */
#include "fuzz_input.h"
#include "passes/pass.h"
#include "whole_graph.h"

static void run_passes(IoptGraph *graph)
{
    const IoptPassOptions options = { .max_folded_bytes = 1 << 16 };
    IoptError err;
    size_t count;
    const IoptPass *const *const passes = iopt_passes(&count);

    for (size_t i = 0; i < count; i++) {
        IoptPassContext context = { .options = &options };

        if (iopt_pass_run(passes[i], graph, &context, &err) != IOPT_OK)
            return; /* a broken graph may be refused */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptGraph *const graph = fuzz_graph(data, size);

    if (graph)
        run_passes(graph);
    iopt_graph_destroy(graph);
    return 0;
}
