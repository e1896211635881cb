/* Binary GraphDef to graph, in two passes: all nodes first, then their inputs by name, because a
 * file may name a node before it defines it. */
#include "formats/graphdef.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "formats/attr_value.h"
#include "formats/message_depth.h"
#include "formats/node_def.h"
#include "platform/file.h"
#include "tf_graph.pb-c.h"

enum { GRAPH_NODE = 1, GRAPH_LIBRARY = 2, GRAPH_VERSIONS = 4 };

enum {
    MAX_PORT = 65535,
    MAX_MIN_CONSUMER = 9999 /* TensorFlow counts about one version a day: 2.15 is 1645 */
};

typedef struct Reader {
    IoptNodeReader node;
    IoptGraph *graph;
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

/* Counts the nodes of a whole file; at least one. */
static IoptStatus count_nodes(IoptBytes file, bool may_be_empty, size_t *out, IoptError *err)
{
    IoptWire wire = iopt_wire(file);
    IoptWireField field;

    *out = 0;
    while (iopt_wire_next(&wire, &field))
        *out += is_node(&field);
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "not a whole GraphDef: the bytes end, or make no sense, at %zu of %zu",
                         (size_t)(wire.at - file.data), file.size);
    if (*out == 0 && !may_be_empty)
        return iopt_fail(err, IOPT_BAD_MODEL, "a graph without nodes");
    return IOPT_OK;
}

static IoptStatus read_nodes(Reader *reader, IoptBytes file, IoptError *err)
{
    IoptWire wire = iopt_wire(file);
    IoptWireField field;
    IoptNodeTexts texts;
    IoptNode *node;
    size_t count;
    void *block;

    IOPT_TRY(count_nodes(file, false, &count, err));
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptBytes), err));
    reader->nodes = block;
    while (iopt_wire_next(&wire, &field))
        if (is_node(&field)) {
            const size_t place = reader->n_nodes++;
            reader->nodes[place] = field.bytes;
            IOPT_TRY(iopt_node_def_texts(&reader->node, field.bytes, place, &texts, err));
            IOPT_TRY(iopt_graph_add(reader->graph, texts.name, texts.op, &node, err));
            IOPT_TRY(iopt_node_def_fill(&reader->node, field.bytes, &texts, node, err));
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
        IoptBytes input;
        while (iopt_node_def_input(&wire, &input))
            IOPT_TRY(link_input(reader, reader->graph->nodes[i], input, err));
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

typedef struct Rest {
    IoptBytes unknown, versions, library; /* data is NULL where the field is absent */
} Rest;

static IoptStatus read_rest(IoptArena *arena, IoptBytes file, Rest *out, IoptError *err)
{
    IOPT_TRY(iopt_wire_gather(arena, file, is_other, true, &out->unknown, err));
    IOPT_TRY(iopt_wire_gather(arena, file, is_versions, false, &out->versions, err));
    if (out->versions.data)
        IOPT_TRY(check_versions(out->versions, err));
    IOPT_TRY(iopt_wire_gather(arena, file, is_library, false, &out->library, err));
    return iopt_while(
        err, iopt_message_check(&iopt__tf__function_def_library__descriptor, out->library, 1, err),
        "the function library");
}

IoptStatus iopt_graphdef_parse(IoptBuffer *file, IoptGraph **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    const IoptBytes bytes = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    Reader reader = { 0 };
    Rest rest;

    *out = NULL;
    IOPT_DO(iopt_graph_create(&reader.graph, err));
    reader.node.graph = reader.graph;
    reader.graph->file = iopt_buffer_ref(file);
    IOPT_DO(read_nodes(&reader, bytes, err));
    IOPT_DO(link_nodes(&reader, err));
    IOPT_DO(read_rest(reader.graph->arena, bytes, &rest, err));
    reader.graph->unknown = rest.unknown;
    reader.graph->versions = rest.versions;
    reader.graph->library = rest.library;
    reader.graph->has_library = rest.library.data != NULL;
    IOPT_DO(iopt_graph_verify(reader.graph, err));
    *out = reader.graph;
    reader.graph = NULL;
done:
    iopt_graph_destroy(reader.graph);
    free(reader.nodes);
    free(reader.name);
    return status;
}

/* --- a list of nodes ----------------------------------------------------------------------- */

static IoptStatus read_list(IoptBuffer *file, IoptNodeList *list, IoptError *err)
{
    const IoptBytes bytes = { iopt_buffer_data(file), iopt_buffer_bytes(file) };
    IoptNodeReader reader = { .graph = list->carrier, .lenient = true };
    IoptWire wire = iopt_wire(bytes);
    IoptWireField field;
    size_t count;
    Rest rest;

    list->carrier->file = iopt_buffer_ref(file);
    IOPT_TRY(count_nodes(bytes, true, &count, err));
    while (iopt_wire_next(&wire, &field))
        if (is_node(&field))
            IOPT_TRY(iopt_node_def_add(&reader, field.bytes, list, err));
    IOPT_TRY(read_rest(list->carrier->arena, bytes, &rest, err));
    list->unknown = rest.unknown;
    list->versions = rest.versions;
    list->has_versions = rest.versions.data != NULL;
    list->library = rest.library;
    list->has_library = rest.library.data != NULL;
    return IOPT_OK;
}

IoptStatus iopt_graphdef_parse_list(IoptBuffer *file, IoptNodeList **out, IoptError *err)
{
    IoptNodeList *list;

    *out = NULL;
    IOPT_TRY(iopt_list_create(NULL, &list, err));
    const IoptStatus status = read_list(file, list, err);
    if (status == IOPT_OK)
        *out = list;
    else
        iopt_list_destroy(list);
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
