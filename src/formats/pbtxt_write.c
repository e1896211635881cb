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

static void put_links(const IoptNode *node, IoptText *scratch, IoptText *out)
{
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
}

/* `spelled`: the node of a list, whose inputs are texts; NULL: they are links. */
static IoptStatus put_node(const IoptNode *node, const IoptListNode *spelled, IoptText *scratch,
                           IoptText *out, IoptError *err)
{
    put(out, "node {\n");
    put_line(out, "name", node->name);
    put_line(out, "op", node->op);
    if (!spelled)
        put_links(node, scratch, out);
    for (size_t i = 0; spelled && i < spelled->n_inputs; i++)
        put_line(out, "input", spelled->inputs[i]);
    if (*node->device)
        put_line(out, "device", node->device);
    for (size_t i = 0; i < node->n_attrs; i++)
        IOPT_TRY(put_attr(&node->attrs[i], scratch, out, err));
    IOPT_TRY(iopt_wire_to_pbtxt(&iopt__tf__node_def__descriptor, node->unknown, INDENT, out, err));
    put(out, "}\n");
    return IOPT_OK;
}

/* Everything behind the nodes: library, version, versions. */
typedef struct Rest {
    IoptBytes library, unknown, versions;
    bool has_library, has_versions;
} Rest;

static IoptStatus put_rest(const Rest *rest, IoptText *out, IoptError *err)
{
    IoptText wire = { 0 };

    if (rest->has_library)
        iopt_wire_put_bytes(&wire, 2, rest->library.data, rest->library.size);
    iopt_text_append(&wire, rest->unknown.data, rest->unknown.size);
    if (rest->has_versions)
        iopt_wire_put_bytes(&wire, 4, rest->versions.data, rest->versions.size);
    IoptStatus status = wire.failed ? iopt_fail_memory(err, rest->library.size) : IOPT_OK;
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

/* One of graph and list is given. */
static IoptStatus print_nodes(const IoptGraph *graph, const IoptNodeList *list, IoptText *scratch,
                              IoptText *out, IoptOutput *file, IoptError *err)
{
    for (size_t i = 0; i < (graph ? graph->n_nodes : list->n_nodes); i++) {
        const IoptNode *const node = graph ? graph->nodes[i] : list->nodes[i]->node;
        if (graph && node->removed)
            continue;
        IOPT_TRY(put_node(node, graph ? NULL : list->nodes[i], scratch, out, err));
        if (out->size > FLUSH_BYTES)
            IOPT_TRY(flush(out, file, err));
    }
    return IOPT_OK;
}

static IoptStatus print(const IoptGraph *graph, const IoptNodeList *list, const Rest *rest,
                        IoptOutput *file, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText out = { 0 }, scratch = { 0 };

    IOPT_DO(print_nodes(graph, list, &scratch, &out, file, err));
    IOPT_DO(put_rest(rest, &out, err));
    IOPT_DO(flush(&out, file, err));
done:
    iopt_text_free(&out);
    iopt_text_free(&scratch);
    return status;
}

static IoptStatus save(const IoptGraph *graph, const IoptNodeList *list, const Rest *rest,
                       const char *path, IoptError *err)
{
    IoptOutput *file;

    IOPT_TRY(iopt_output_open(path, &file, err));
    const IoptStatus status = print(graph, list, rest, file, err);
    if (status == IOPT_OK)
        return iopt_output_commit(file, err);
    iopt_output_abandon(file);
    return status;
}

IoptStatus iopt_pbtxt_save(const IoptGraph *graph, const char *path, IoptError *err)
{
    const Rest rest = { graph->library, graph->unknown, graph->versions, graph->has_library,
                        graph->versions.data != NULL };

    return save(graph, NULL, &rest, path, err);
}

IoptStatus iopt_pbtxt_save_list(const IoptNodeList *list, const char *path, IoptError *err)
{
    const Rest rest = { list->library, list->unknown, list->versions, list->has_library,
                        list->has_versions };

    return save(NULL, list, &rest, path, err);
}
