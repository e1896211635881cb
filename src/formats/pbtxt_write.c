/* Graph to text format, node by node, so that the text is never in memory as a whole. */
#include <string.h>

#include "formats/attr_value.h"
#include "formats/pbtxt.h"
#include "platform/file.h"
#include "tf_graph.pb-c.h"

enum { INDENT = 2, FLUSH_BYTES = 1 << 20 };

static void put(IoptText *out, const char *text)
{
    iopt_text_append(out, text, strlen(text));
}

static IoptStatus put_attr(const IoptAttr *attr, IoptText *wire, IoptText *out, IoptError *err)
{
    IoptBytes tail;

    wire->size = 0;
    IOPT_TRY(iopt_attr_encode(attr, wire, &tail, err));
    if (wire->size)
        iopt_text_append(wire, tail.data, tail.size);
    if (wire->failed)
        return iopt_fail_memory(err, tail.size);
    const IoptBytes value = wire->size ? (IoptBytes){ wire->s, wire->size } : tail;
    put(out, "  attr {\n    key: ");
    iopt_pbtxt_quote(out, (IoptBytes){ attr->name, strlen(attr->name) });
    put(out, "\n    value {\n");
    IOPT_TRY(iopt_wire_to_pbtxt(&iopt__tf__attr_value__descriptor, value, 6, out, err));
    put(out, "    }\n  }\n");
    return IOPT_OK;
}

static void put_line(IoptText *out, const char *field, const char *text)
{
    put(out, "  ");
    put(out, field);
    put(out, ": ");
    iopt_pbtxt_quote(out, (IoptBytes){ text, strlen(text) });
    put(out, "\n");
}

static IoptStatus put_node(const IoptNode *node, IoptText *scratch, IoptText *out, IoptError *err)
{
    put(out, "node {\n");
    put_line(out, "name", node->name);
    put_line(out, "op", node->op);
    for (size_t i = 0; i < node->n_in + node->n_control && !scratch->failed; i++) {
        const bool control = i >= node->n_in;
        const IoptNode *const from = control ? node->control[i - node->n_in] : node->in[i].node;
        scratch->size = 0;
        put(scratch, control ? "^" : "");
        put(scratch, from->name);
        if (!control && node->in[i].port != 0)
            iopt_text_printf(scratch, ":%d", node->in[i].port);
        if (!scratch->failed)
            put_line(out, "input", scratch->s);
    }
    if (*node->device)
        put_line(out, "device", node->device);
    for (size_t i = 0; i < node->n_attrs; i++)
        IOPT_TRY(put_attr(&node->attrs[i], scratch, out, err));
    IOPT_TRY(iopt_wire_to_pbtxt(&iopt__tf__node_def__descriptor, node->unknown, INDENT, out, err));
    put(out, "}\n");
    return IOPT_OK;
}

/* Everything behind the nodes: library, version, versions. */
static IoptStatus put_rest(const IoptGraph *graph, IoptText *out, IoptError *err)
{
    IoptText wire = { 0 };

    if (graph->has_library)
        iopt_wire_put_bytes(&wire, 2, graph->library.data, graph->library.size);
    iopt_text_append(&wire, graph->unknown.data, graph->unknown.size);
    if (graph->versions.data)
        iopt_wire_put_bytes(&wire, 4, graph->versions.data, graph->versions.size);
    IoptStatus status = wire.failed ? iopt_fail_memory(err, graph->library.size) : IOPT_OK;
    if (status == IOPT_OK)
        status = iopt_wire_to_pbtxt(&iopt__tf__graph_def__descriptor,
                                    (IoptBytes){ wire.s, wire.size }, 0, out, err);
    iopt_text_free(&wire);
    return status;
}

/* Writes what has gathered. */
static IoptStatus flush(IoptText *out, IoptOutput *file, IoptError *err)
{
    if (out->failed)
        return iopt_fail_memory(err, out->size);
    IOPT_TRY(iopt_output_write(file, out->s, out->size, err));
    out->size = 0;
    return IOPT_OK;
}

static IoptStatus print_graph(const IoptGraph *graph, IoptOutput *file, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText out = { 0 }, scratch = { 0 };

    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (graph->nodes[i]->removed)
            continue;
        IOPT_DO(put_node(graph->nodes[i], &scratch, &out, err));
        if (out.size > FLUSH_BYTES)
            IOPT_DO(flush(&out, file, err));
    }
    IOPT_DO(put_rest(graph, &out, err));
    IOPT_DO(flush(&out, file, err));
done:
    iopt_text_free(&out);
    iopt_text_free(&scratch);
    return status;
}

IoptStatus iopt_pbtxt_save(const IoptGraph *graph, const char *path, IoptError *err)
{
    IoptOutput *file;

    IOPT_TRY(iopt_output_open(path, &file, err));
    const IoptStatus status = print_graph(graph, file, err);
    if (status == IOPT_OK)
        return iopt_output_commit(file, err);
    iopt_output_abandon(file);
    return status;
}
