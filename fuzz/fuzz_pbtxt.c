/* A graph as text: read, print, read again, print again: both prints are the same. */
#include <stdlib.h>
#include <string.h>

#include "formats/pbtxt.h"
#include "fuzz_input.h"
#include "tf_graph.pb-c.h"

static const ProtobufCMessageDescriptor *const type = &iopt__tf__graph_def__descriptor;

/* Text to wire bytes to text again. */
static bool reprint(IoptBytes text, IoptText *out)
{
    IoptText wire = { 0 };
    IoptError err;
    const bool read = iopt_pbtxt_to_wire(type, text, &wire, &err) == IOPT_OK;

    if (read && iopt_wire_to_pbtxt(type, (IoptBytes){ wire.s, wire.size }, 0, out, &err) != IOPT_OK)
        abort(); /* what we read we can print */
    iopt_text_free(&wire);
    return read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const IoptBytes text = { (const char *)data, size };
    IoptText once = { 0 }, twice = { 0 };
    IoptGraph *graph;
    IoptError err;

    if (iopt_pbtxt_parse(text, &graph, &err) == IOPT_OK)
        iopt_graph_destroy(graph);
    if (reprint(text, &once)) {
        if (!reprint((IoptBytes){ once.s, once.size }, &twice) || once.size != twice.size ||
            (once.size && memcmp(once.s, twice.s, once.size) != 0))
            abort();
    }
    iopt_text_free(&once);
    iopt_text_free(&twice);
    return 0;
}
