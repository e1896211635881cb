/* Binary GraphDef to graph, in two passes: all nodes first, then their inputs by name, because a
 * file may name a node before it defines it. */
#include "formats/graphdef.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "formats/attr_value.h"
#include "formats/message_depth.h"
#include "platform/file.h"
#include "tf_graph.pb-c.h"

enum { GRAPH_NODE = 1, GRAPH_LIBRARY = 2, GRAPH_VERSIONS = 4 };
enum { NODE_NAME = 1, NODE_OP, NODE_INPUT, NODE_DEVICE, NODE_ATTR };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };

enum {
    MAX_PORT = 65535,
    MAX_MIN_CONSUMER = 9999, /* TensorFlow counts about one version a day: 2.15 is 1645 */
    DEPTH_OF_ATTR = 3        /* graph, node, entry */
};

typedef struct Reader {
    IoptGraph *graph;
    size_t repeated;  /* bytes of tensors made by repeating values */
    IoptBytes *nodes; /* the wire bytes of graph->nodes[i] */
    size_t n_nodes;
    char *name; /* scratch for input names */
    size_t name_capacity;
} Reader;

static bool is_node(const IoptWireField *field)
{
    return iopt_wire_is(field, GRAPH_NODE, IOPT_WIRE_LENGTH);
}

static bool is_library(const IoptWireField *field)
{
    return iopt_wire_is(field, GRAPH_LIBRARY, IOPT_WIRE_LENGTH);
}

static bool is_versions(const IoptWireField *field)
{
    return iopt_wire_is(field, GRAPH_VERSIONS, IOPT_WIRE_LENGTH);
}

static bool is_other(const IoptWireField *field)
{
    return !is_node(field) && !is_library(field) && !is_versions(field);
}

static bool is_unknown_of_node(const IoptWireField *field)
{
    return field->number > NODE_ATTR || field->type != IOPT_WIRE_LENGTH;
}

static bool is_entry_value(const IoptWireField *field)
{
    return iopt_wire_is(field, ENTRY_VALUE, IOPT_WIRE_LENGTH);
}

static IoptStatus text_of(IoptGraph *graph, IoptBytes bytes, const char *what, const char **out,
                          IoptError *err)
{
    if (!iopt_is_name_text(bytes))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s is not valid UTF-8 text", what);
    *out = iopt_arena_copy(graph->arena, bytes.data, bytes.size);
    return *out ? IOPT_OK : iopt_fail_memory(err, bytes.size);
}

/* --- attributes ---------------------------------------------------------------------------- */

static IoptStatus read_attr(Reader *reader, IoptBytes entry, IoptAttr *out, IoptError *err)
{
    IoptWire wire = iopt_wire(entry);
    IoptWireField field;
    IoptBytes key = { "", 0 }, value;

    while (iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, ENTRY_KEY, IOPT_WIRE_LENGTH))
            key = field.bytes;
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in an attribute");
    IOPT_TRY(text_of(reader->graph, key, "an attribute's name", &out->name, err));
    IOPT_TRY(iopt_wire_gather(reader->graph->arena, entry, is_entry_value, false, &value, err));
    if (!value.data)
        value.data = wire.end; /* an entry without a value has an empty one */
    const char *const name = out->name;
    IOPT_TRY(iopt_while(err, iopt_attr_decode(reader->graph, value, &reader->repeated, out, err),
                        "attribute '%s'", name));
    if (out->kind == IOPT_ATTR_OPAQUE || out->kind == IOPT_ATTR_FUNC)
        return iopt_while(
            err, iopt_message_check(&iopt__tf__attr_value__descriptor, value, DEPTH_OF_ATTR, err),
            "attribute '%s'", name);
    return IOPT_OK;
}

typedef struct Ordered {
    IoptAttr attr;
    size_t place;
} Ordered;

/* By name; of equal names the one that comes later in the file is last. */
static int compare_ordered(const void *a, const void *b)
{
    const Ordered *const x = a, *const y = b;
    const int order = strcmp(x->attr.name, y->attr.name);

    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static IoptStatus read_attrs(Reader *reader, IoptNode *node, IoptBytes bytes, size_t count,
                             IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptWire wire = iopt_wire(bytes);
    IoptWireField field;
    size_t n = 0;
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, sizeof(Ordered), err));
    Ordered *const attrs = block;
    while (n < count && iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, NODE_ATTR, IOPT_WIRE_LENGTH)) {
            attrs[n].place = n;
            IOPT_DO(read_attr(reader, field.bytes, &attrs[n++].attr, err));
        }
    qsort(attrs, n, sizeof *attrs, compare_ordered);
    for (size_t i = 0; i < n; i++) /* of an attribute that is given twice the last one stays */
        IOPT_DO(iopt_node_set_attr(node, &attrs[i].attr, err));
done:
    free(block);
    return status;
}

/* --- nodes --------------------------------------------------------------------------------- */

static IoptStatus check_name(const char *name, const char *op, size_t place, IoptError *err)
{
    if (!*name)
        return iopt_fail(err, IOPT_BAD_MODEL, "node number %zu (%s) has no name", place, op);
    if (!*op)
        return iopt_fail(err, IOPT_BAD_MODEL, "node '%s' has no op", name);
    if (*name == '^' || strchr(name, ':'))
        return iopt_fail(err, IOPT_BAD_MODEL, "'%s' cannot be a node's name", name);
    return IOPT_OK;
}

static IoptStatus read_node(Reader *reader, IoptBytes bytes, IoptError *err)
{
    IoptGraph *const graph = reader->graph;
    IoptWire wire = iopt_wire(bytes);
    IoptWireField field;
    IoptBytes texts[NODE_ATTR] = { [NODE_NAME] = { "", 0 }, [NODE_OP] = { "", 0 } };
    const char *name, *op;
    size_t n_attrs = 0;
    bool has_unknown = false;
    IoptNode *node;

    while (iopt_wire_next(&wire, &field)) {
        if (is_unknown_of_node(&field))
            has_unknown = true;
        else if (field.number == NODE_ATTR)
            n_attrs++;
        else
            texts[field.number] = field.bytes;
    }
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in node number %zu", graph->n_nodes);
    IOPT_TRY(text_of(graph, texts[NODE_NAME], "a node's name", &name, err));
    IOPT_TRY(text_of(graph, texts[NODE_OP], "an op's name", &op, err));
    IOPT_TRY(check_name(name, op, graph->n_nodes, err));
    IOPT_TRY(iopt_graph_add(graph, name, op, &node, err));
    if (texts[NODE_DEVICE].size)
        IOPT_TRY(text_of(graph, texts[NODE_DEVICE], "a device", &node->device, err));
    if (has_unknown)
        IOPT_TRY(
            iopt_wire_gather(graph->arena, bytes, is_unknown_of_node, true, &node->unknown, err));
    return iopt_while(err, read_attrs(reader, node, bytes, n_attrs, err), "%s '%s'", op, name);
}

static IoptStatus read_nodes(Reader *reader, IoptBytes file, IoptError *err)
{
    IoptWire wire = iopt_wire(file);
    IoptWireField field;
    size_t count = 0;
    void *block;

    while (iopt_wire_next(&wire, &field))
        count += is_node(&field);
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "not a whole GraphDef: the bytes end, or make no sense, at %zu of %zu",
                         (size_t)(wire.at - file.data), file.size);
    if (count == 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "a graph without nodes");
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptBytes), err));
    reader->nodes = block;
    for (wire = iopt_wire(file); iopt_wire_next(&wire, &field);)
        if (is_node(&field)) {
            reader->nodes[reader->n_nodes++] = field.bytes;
            IOPT_TRY(read_node(reader, field.bytes, err));
        }
    return IOPT_OK;
}

/* --- inputs -------------------------------------------------------------------------------- */

/* Splits "name", "name:port" or "^name" (in place, zero-terminated). */
static bool split_input(char *text, const char **name, int *port)
{
    char *const colon = strrchr(text, ':');
    int value = 0;

    if (colon) {
        *colon = 0;
        if (!colon[1])
            return false;
    }
    for (const char *digit = colon ? colon + 1 : ""; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || value > MAX_PORT)
            return false;
        value = value * 10 + (*digit - '0');
    }
    *name = *text == '^' ? text + 1 : text;
    *port = *text == '^' ? IOPT_CONTROL : value; /* "^name:0" occurs, too */
    return value <= MAX_PORT;
}

static IoptStatus link_input(Reader *reader, IoptNode *node, IoptBytes text, IoptError *err)
{
    void *scratch = reader->name;
    const char *name;
    int port;

    IOPT_TRY(iopt_grow(&scratch, &reader->name_capacity, text.size + 1, 1, err));
    reader->name = scratch;
    if (text.size)
        memcpy(reader->name, text.data, text.size);
    reader->name[text.size] = 0;
    if (!iopt_is_name_text(text) || !split_input(reader->name, &name, &port))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': bad input '%.*s'", node->op, node->name,
                         (int)(text.size < 200 ? text.size : 200), text.data);
    IoptNode *const from = iopt_graph_find(reader->graph, name);
    if (!from)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': its input '%s' is not in the graph",
                         node->op, node->name, name);
    if (port == IOPT_CONTROL)
        return iopt_node_add_control(node, from, err);
    return iopt_node_add_input(node, (IoptValue){ from, port }, err);
}

static IoptStatus link_nodes(Reader *reader, IoptError *err)
{
    for (size_t i = 0; i < reader->n_nodes; i++) {
        IoptWire wire = iopt_wire(reader->nodes[i]);
        IoptWireField field;
        while (iopt_wire_next(&wire, &field))
            if (iopt_wire_is(&field, NODE_INPUT, IOPT_WIRE_LENGTH))
                IOPT_TRY(link_input(reader, reader->graph->nodes[i], field.bytes, err));
    }
    return IOPT_OK;
}

/* --- the rest of the graph ----------------------------------------------------------------- */

static IoptStatus check_versions(IoptBytes bytes, IoptError *err)
{
    Iopt__Tf__VersionDef *const versions =
        iopt__tf__version_def__unpack(NULL, bytes.size, (const uint8_t *)bytes.data);

    if (!versions)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in the graph's versions");
    const int32_t wants = versions->min_consumer;
    iopt__tf__version_def__free_unpacked(versions, NULL);
    if (wants > MAX_MIN_CONSUMER)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "the graph wants a reader of version %d: it is for a newer TensorFlow",
                         (int)wants);
    return IOPT_OK;
}

static IoptStatus read_rest(IoptGraph *graph, IoptBytes file, IoptError *err)
{
    IoptArena *const arena = graph->arena;

    IOPT_TRY(iopt_wire_gather(arena, file, is_other, true, &graph->unknown, err));
    IOPT_TRY(iopt_wire_gather(arena, file, is_versions, false, &graph->versions, err));
    if (graph->versions.data)
        IOPT_TRY(check_versions(graph->versions, err));
    IOPT_TRY(iopt_wire_gather(arena, file, is_library, false, &graph->library, err));
    graph->has_library = graph->library.data != NULL;
    return iopt_while(
        err,
        iopt_message_check(&iopt__tf__function_def_library__descriptor, graph->library, 1, err),
        "the function library");
}

IoptStatus iopt_graphdef_parse(IoptBuffer *file, IoptGraph **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    const IoptBytes bytes = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    Reader reader = { 0 };

    *out = NULL;
    IOPT_DO(iopt_graph_create(&reader.graph, err));
    reader.graph->file = iopt_buffer_ref(file);
    IOPT_DO(read_nodes(&reader, bytes, err));
    IOPT_DO(link_nodes(&reader, err));
    IOPT_DO(read_rest(reader.graph, bytes, err));
    IOPT_DO(iopt_graph_verify(reader.graph, err));
    *out = reader.graph;
    reader.graph = NULL;
done:
    iopt_graph_destroy(reader.graph);
    free(reader.nodes);
    free(reader.name);
    return status;
}

IoptStatus iopt_graphdef_load(const char *path, IoptGraph **out, IoptError *err)
{
    IoptBuffer *file;

    *out = NULL;
    IOPT_TRY(iopt_file_map(path, &file, err));
    const IoptStatus status = iopt_graphdef_parse(file, out, err);
    iopt_buffer_unref(file);
    return iopt_while(err, status, "'%s'", path);
}
