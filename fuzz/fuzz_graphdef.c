/* A binary GraphDef: read, look at every constant, write, read again. */
#include <stdlib.h>
#include <string.h>

#include "formats/graphdef.h"
#include "fuzz_input.h"

static IoptGraph *parse(const void *data, size_t size)
{
    IoptBuffer *buffer;
    IoptGraph *graph = NULL;
    IoptError err;

    if (iopt_buffer_create(size, &buffer, &err) != IOPT_OK)
        return NULL;
    if (size)
        memcpy(iopt_buffer_data(buffer), data, size);
    const IoptStatus status = iopt_graphdef_parse(buffer, &graph, &err);

    iopt_buffer_unref(buffer);
    return status == IOPT_OK ? graph : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptText written = { 0 };
    IoptError err;
    IoptGraph *const graph = parse(data, size);

    if (!graph)
        return 0;
    for (size_t i = 0; i < graph->n_nodes; i++)
        (void)iopt_const(graph->nodes[i]);
    if (iopt_graphdef_append(graph, &written, &err) == IOPT_OK) {
        IoptGraph *const again = parse(written.s, written.size);

        if (!again || again->n_nodes != graph->n_nodes)
            abort(); /* what we write we can read */
        iopt_graph_destroy(again);
    }
    iopt_text_free(&written);
    iopt_graph_destroy(graph);
    return 0;
}
