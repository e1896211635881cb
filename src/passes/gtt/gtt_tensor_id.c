/* Names of values. */
#include "passes/gtt/gtt_tensor_id.h"

#include <ctype.h>

enum { MAX_PORT = 1 << 24 };

IoptTensorId iopt_tensor_id(const char *text)
{
    IoptTensorId id = { .node = { text, strlen(text) } };
    size_t digits = 0;
    int64_t port = 0, place = 1;

    if (*text == '^')
        return (IoptTensorId){ { text + 1, id.node.size - 1 }, IOPT_CONTROL };
    while (digits < id.node.size && isdigit((unsigned char)text[id.node.size - 1 - digits])) {
        port += place * (text[id.node.size - 1 - digits++] - '0');
        place = place < MAX_PORT ? place * 10 : place;
        if (port > MAX_PORT)
            port = MAX_PORT;
    }
    if (digits == 0 || digits + 1 >= id.node.size || text[id.node.size - 1 - digits] != ':')
        return id;
    id.node.size -= digits + 1;
    id.port = (int)port;
    return id;
}

bool iopt_tensor_id_names(IoptTensorId id, const char *node)
{
    return strlen(node) == id.node.size && memcmp(node, id.node.data, id.node.size) == 0;
}

bool iopt_tensor_id_equal(IoptTensorId a, IoptTensorId b)
{
    return a.port == b.port && a.node.size == b.node.size &&
           memcmp(a.node.data, b.node.data, a.node.size) == 0;
}

IoptNode *iopt_tensor_id_find(const IoptGraph *graph, IoptTensorId id)
{
    return iopt_map_get_bytes(&graph->by_name, id.node.data, id.node.size);
}
