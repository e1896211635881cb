/* A binary GraphDef through shape inference and every pass, in the order of their list; the value
 * of the last node is the output. */
#include <string.h>

#include "formats/graphdef.h"
#include "fuzz_input.h"
#include "passes/pass.h"

static void run_passes(IoptGraph *graph)
{
    const IoptPassOptions options = { .max_folded_bytes = 1 << 16 };
    IoptValue output = { graph->nodes[graph->n_nodes - 1], 0 };
    IoptError err;
    size_t count;
    const IoptPass *const *const passes = iopt_passes(&count);

    if (iopt_graph_set_outputs(graph, &output, 1, &err) != IOPT_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        IoptPassContext context = { .options = &options };

        if (iopt_pass_run(passes[i], graph, &context, &err) != IOPT_OK)
            return; /* a broken graph may be refused */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptBuffer *buffer;
    IoptGraph *graph;
    IoptError err;

    if (iopt_buffer_create(size, &buffer, &err) != IOPT_OK)
        return 0;
    if (size)
        memcpy(iopt_buffer_data(buffer), data, size);
    if (iopt_graphdef_parse(buffer, &graph, &err) == IOPT_OK) {
        if (graph->n_nodes > 0)
            run_passes(graph);
        iopt_graph_destroy(graph);
    }
    iopt_buffer_unref(buffer);
    return 0;
}
