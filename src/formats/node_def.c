/* NodeDef to node: texts first, so that the caller can make the node, then everything else. */
#include "formats/node_def.h"

#include <stdlib.h>
#include <string.h>

#include "formats/attr_value.h"
#include "formats/message_depth.h"
#include "tf_graph.pb-c.h"

enum { NODE_NAME = 1, NODE_OP, NODE_INPUT, NODE_DEVICE, NODE_ATTR };
enum { ENTRY_KEY = 1, ENTRY_VALUE = 2 };

enum { DEPTH_OF_ATTR = 3 }; /* graph, node, entry */

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

static IoptStatus read_attr(IoptNodeReader *reader, IoptBytes entry, IoptAttr *out, IoptError *err)
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
    const IoptStatus status = iopt_attr_decode(reader->graph, value, &reader->repeated, out, err);
    if (status == IOPT_BAD_MODEL && reader->lenient)
        *out = (IoptAttr){ .name = name, .kind = IOPT_ATTR_OPAQUE, .raw = value };
    else
        IOPT_TRY(iopt_while(err, status, "attribute '%s'", name));
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

static IoptStatus read_attrs(IoptNodeReader *reader, IoptNode *node, IoptBytes bytes, size_t count,
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

IoptStatus iopt_node_def_texts(IoptNodeReader *reader, IoptBytes bytes, size_t place,
                               IoptNodeTexts *out, IoptError *err)
{
    IoptGraph *const graph = reader->graph;
    IoptWire wire = iopt_wire(bytes);
    IoptWireField field;
    IoptBytes texts[NODE_ATTR] = { [NODE_NAME] = { "", 0 }, [NODE_OP] = { "", 0 } };

    *out = (IoptNodeTexts){ .device = "" };
    while (iopt_wire_next(&wire, &field)) {
        if (is_unknown_of_node(&field))
            out->has_unknown = true;
        else if (field.number == NODE_ATTR)
            out->n_attrs++;
        else
            texts[field.number] = field.bytes;
    }
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in node number %zu", place);
    IOPT_TRY(text_of(graph, texts[NODE_NAME], "a node's name", &out->name, err));
    IOPT_TRY(text_of(graph, texts[NODE_OP], "an op's name", &out->op, err));
    if (!reader->lenient)
        IOPT_TRY(check_name(out->name, out->op, place, err));
    if (texts[NODE_DEVICE].size)
        IOPT_TRY(text_of(graph, texts[NODE_DEVICE], "a device", &out->device, err));
    return IOPT_OK;
}

IoptStatus iopt_node_def_fill(IoptNodeReader *reader, IoptBytes bytes, const IoptNodeTexts *texts,
                              IoptNode *node, IoptError *err)
{
    node->device = texts->device;
    if (texts->has_unknown)
        IOPT_TRY(iopt_wire_gather(reader->graph->arena, bytes, is_unknown_of_node, true,
                                  &node->unknown, err));
    return iopt_while(err, read_attrs(reader, node, bytes, texts->n_attrs, err), "%s '%s'",
                      texts->op, texts->name);
}

bool iopt_node_def_input(IoptWire *wire, IoptBytes *out)
{
    IoptWireField field;

    while (iopt_wire_next(wire, &field))
        if (iopt_wire_is(&field, NODE_INPUT, IOPT_WIRE_LENGTH)) {
            *out = field.bytes;
            return true;
        }
    return false;
}

IoptStatus iopt_node_def_add(IoptNodeReader *reader, IoptBytes bytes, IoptNodeList *list,
                             IoptError *err)
{
    IoptNodeTexts texts;
    IoptListNode *node;
    IoptWire wire = iopt_wire(bytes);
    IoptBytes input;

    IOPT_TRY(iopt_node_def_texts(reader, bytes, list->n_nodes, &texts, err));
    IOPT_TRY(iopt_list_add(list, texts.name, texts.op, &node, err));
    IOPT_TRY(iopt_node_def_fill(reader, bytes, &texts, node->node, err));
    while (iopt_node_def_input(&wire, &input)) {
        if (!iopt_is_name_text(input))
            return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': an input is not valid UTF-8 text",
                             texts.op, texts.name);
        IOPT_TRY(iopt_list_add_input_bytes(node, input, err));
    }
    return IOPT_OK;
}
