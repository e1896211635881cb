/* Graph to binary GraphDef, node by node: only one node's small parts are ever in memory. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "formats/attr_value.h"
#include "formats/graphdef.h"
#include "platform/file.h"

enum { SMALL_BYTES = 4096 }; /* attributes up to this are copied together, larger ones streamed */

/* Where bytes go: a file, a text, or nowhere but the count. */
typedef struct Sink {
    IoptOutput *file;
    IoptText *text;
    size_t bytes;
} Sink;

/* A node being put together: `small` with the big parts to be put in at their offsets. */
typedef struct BigPart {
    size_t at;
    IoptBytes bytes;
} BigPart;

typedef struct Writer {
    Sink sink;
    IoptText small, head, name;
    void *big; /* BigPart[] */
    size_t n_big, big_capacity, big_bytes;
} Writer;

static IoptStatus emit(Sink *sink, const void *bytes, size_t size, IoptError *err)
{
    sink->bytes += size;
    if (sink->text)
        iopt_text_append(sink->text, bytes, size);
    return sink->file ? iopt_output_write(sink->file, bytes, size, err) : IOPT_OK;
}

static IoptStatus put_part(Writer *writer, IoptBytes part, IoptError *err)
{
    if (part.size <= SMALL_BYTES) {
        iopt_text_append(&writer->small, part.data, part.size);
        return IOPT_OK;
    }
    IOPT_TRY(
        iopt_grow(&writer->big, &writer->big_capacity, writer->n_big + 1, sizeof(BigPart), err));
    ((BigPart *)writer->big)[writer->n_big++] = (BigPart){ writer->small.size, part };
    writer->big_bytes += part.size;
    return IOPT_OK;
}

static IoptStatus put_attr(Writer *writer, const IoptAttr *attr, IoptError *err)
{
    const size_t key = strlen(attr->name), key_bytes = 1 + iopt_wire_varint_bytes(key) + key;
    IoptText *const small = &writer->small, *const head = &writer->head;
    IoptBytes tail;

    head->size = 0;
    IOPT_TRY(iopt_attr_encode(attr, head, &tail, err));
    const size_t value = head->size + tail.size;
    iopt_wire_put_tag(small, 5, IOPT_WIRE_LENGTH);
    iopt_wire_put_varint(small, key_bytes + 1 + iopt_wire_varint_bytes(value) + value);
    iopt_wire_put_bytes(small, 1, attr->name, key);
    iopt_wire_put_tag(small, 2, IOPT_WIRE_LENGTH);
    iopt_wire_put_varint(small, value);
    iopt_text_append(small, head->s, head->size);
    return put_part(writer, tail, err);
}

static void put_links(Writer *writer, const IoptNode *node)
{
    for (size_t i = 0; i < node->n_in + node->n_control; i++) {
        const IoptNode *const from =
            i < node->n_in ? node->in[i].node : node->control[i - node->n_in];
        writer->name.size = 0;
        if (i >= node->n_in)
            iopt_text_append(&writer->name, "^", 1);
        iopt_text_append(&writer->name, from->name, strlen(from->name));
        if (i < node->n_in && node->in[i].port != 0)
            iopt_text_printf(&writer->name, ":%d", node->in[i].port);
        iopt_wire_put_bytes(&writer->small, 3, writer->name.s, writer->name.size);
    }
}

static void put_spelled(Writer *writer, const IoptListNode *node)
{
    for (size_t i = 0; i < node->n_inputs; i++)
        iopt_wire_put_bytes(&writer->small, 3, node->inputs[i], strlen(node->inputs[i]));
}

static IoptStatus emit_node(Writer *writer, IoptError *err)
{
    IoptText tag = { 0 };
    size_t at = 0;

    if (writer->small.failed || writer->name.failed || writer->head.failed)
        return iopt_fail_memory(err, writer->small.size);
    iopt_wire_put_tag(&tag, 1, IOPT_WIRE_LENGTH);
    iopt_wire_put_varint(&tag, writer->small.size + writer->big_bytes);
    const IoptStatus status =
        tag.failed ? iopt_fail_memory(err, 16) : emit(&writer->sink, tag.s, tag.size, err);
    iopt_text_free(&tag);
    IOPT_TRY(status);
    for (size_t i = 0; i < writer->n_big; i++) {
        const BigPart *const part = &((const BigPart *)writer->big)[i];
        IOPT_TRY(emit(&writer->sink, writer->small.s + at, part->at - at, err));
        IOPT_TRY(emit(&writer->sink, part->bytes.data, part->bytes.size, err));
        at = part->at;
    }
    return emit(&writer->sink, writer->small.s + at, writer->small.size - at, err);
}

/* `spelled`: the node of a list, whose inputs are texts; NULL: they are links. */
static IoptStatus write_node(Writer *writer, const IoptNode *node, const IoptListNode *spelled,
                             IoptError *err)
{
    IoptText *const small = &writer->small;

    small->size = 0;
    writer->n_big = writer->big_bytes = 0;
    iopt_wire_put_bytes(small, 1, node->name, strlen(node->name));
    iopt_wire_put_bytes(small, 2, node->op, strlen(node->op));
    if (spelled)
        put_spelled(writer, spelled);
    else
        put_links(writer, node);
    if (*node->device)
        iopt_wire_put_bytes(small, 4, node->device, strlen(node->device));
    for (size_t i = 0; i < node->n_attrs; i++)
        IOPT_TRY(put_attr(writer, &node->attrs[i], err));
    IOPT_TRY(put_part(writer, node->unknown, err));
    return emit_node(writer, err);
}

static IoptStatus write_message(Writer *writer, uint32_t number, IoptBytes message, IoptError *err)
{
    writer->small.size = 0;
    iopt_wire_put_tag(&writer->small, number, IOPT_WIRE_LENGTH);
    iopt_wire_put_varint(&writer->small, message.size);
    if (writer->small.failed)
        return iopt_fail_memory(err, message.size);
    IOPT_TRY(emit(&writer->sink, writer->small.s, writer->small.size, err));
    return emit(&writer->sink, message.data, message.size, err);
}

/* Fields of the graph that we do not know, those numbered below or from `border`. */
static IoptStatus write_unknown(Writer *writer, IoptBytes unknown, uint32_t border, bool below,
                                IoptError *err)
{
    IoptWire wire = iopt_wire(unknown);
    IoptWireField field;

    while (iopt_wire_next(&wire, &field))
        if ((field.number < border) == below)
            IOPT_TRY(emit(&writer->sink, field.whole.data, field.whole.size, err));
    return IOPT_OK;
}

/* Everything behind the nodes, by number; data is NULL where a field is absent. */
typedef struct Rest {
    IoptBytes library, unknown, versions;
    bool has_library, has_versions;
} Rest;

static IoptStatus write_rest(Writer *writer, const Rest *rest, IoptError *err)
{
    enum { VERSIONS = 4 };

    if (rest->has_library)
        IOPT_TRY(write_message(writer, 2, rest->library, err));
    IOPT_TRY(write_unknown(writer, rest->unknown, VERSIONS, true, err));
    if (rest->has_versions)
        IOPT_TRY(write_message(writer, VERSIONS, rest->versions, err));
    return write_unknown(writer, rest->unknown, VERSIONS, false, err);
}

static IoptStatus write_graph(Writer *writer, const IoptGraph *graph, IoptError *err)
{
    const Rest rest = { graph->library, graph->unknown, graph->versions, graph->has_library,
                        graph->versions.data != NULL };

    for (size_t i = 0; i < graph->n_nodes; i++)
        if (!graph->nodes[i]->removed)
            IOPT_TRY(write_node(writer, graph->nodes[i], NULL, err));
    return write_rest(writer, &rest, err);
}

static IoptStatus write_list(Writer *writer, const IoptNodeList *list, IoptError *err)
{
    const Rest rest = { list->library, list->unknown, list->versions, list->has_library,
                        list->has_versions };

    for (size_t i = 0; i < list->n_nodes; i++)
        IOPT_TRY(write_node(writer, list->nodes[i]->node, list->nodes[i], err));
    return write_rest(writer, &rest, err);
}

/* One of graph and list is given. */
static IoptStatus write_to(Sink sink, const IoptGraph *graph, const IoptNodeList *list,
                           size_t *bytes, IoptError *err)
{
    Writer writer = { .sink = sink };

    const IoptStatus status =
        graph ? write_graph(&writer, graph, err) : write_list(&writer, list, err);
    *bytes = writer.sink.bytes;
    iopt_text_free(&writer.small);
    iopt_text_free(&writer.head);
    iopt_text_free(&writer.name);
    free(writer.big);
    return status;
}

static IoptStatus save(const IoptGraph *graph, const IoptNodeList *list, const char *path,
                       IoptError *err)
{
    IoptOutput *file;
    size_t bytes;

    IOPT_TRY(iopt_output_open(path, &file, err));
    const IoptStatus status = write_to((Sink){ .file = file }, graph, list, &bytes, err);
    if (status == IOPT_OK)
        return iopt_output_commit(file, err);
    iopt_output_abandon(file);
    return status;
}

static IoptStatus append(const IoptGraph *graph, const IoptNodeList *list, IoptText *out,
                         IoptError *err)
{
    size_t bytes;

    IOPT_TRY(write_to((Sink){ .text = out }, graph, list, &bytes, err));
    return out->failed ? iopt_fail_memory(err, bytes) : IOPT_OK;
}

IoptStatus iopt_graphdef_save(const IoptGraph *graph, const char *path, IoptError *err)
{
    return save(graph, NULL, path, err);
}

IoptStatus iopt_graphdef_save_list(const IoptNodeList *list, const char *path, IoptError *err)
{
    return save(NULL, list, path, err);
}

IoptStatus iopt_graphdef_append(const IoptGraph *graph, IoptText *out, IoptError *err)
{
    return append(graph, NULL, out, err);
}

IoptStatus iopt_graphdef_append_list(const IoptNodeList *list, IoptText *out, IoptError *err)
{
    return append(NULL, list, out, err);
}

IoptStatus iopt_graphdef_size(const IoptGraph *graph, size_t *out, IoptError *err)
{
    return write_to((Sink){ 0 }, graph, NULL, out, err);
}
