/* Functions, by the wire fields of FunctionDefLibrary, FunctionDef and OpDef. */
#include "passes/gtt/gtt_functions.h"

#include <stdlib.h>

#include "formats/attr_value.h"
#include "formats/node_def.h"

enum { LIBRARY_FUNCTION = 1 };
enum { FUNCTION_SIGNATURE = 1, FUNCTION_NODE = 3, FUNCTION_RET = 4 };
enum { SIGNATURE_NAME = 1, SIGNATURE_INPUT, SIGNATURE_OUTPUT, SIGNATURE_ATTR };
enum { ATTR_NAME = 1, ATTR_DEFAULT = 3 };
enum { ARG_NAME = 1, ENTRY_KEY = 1, ENTRY_VALUE = 2 };

/* The last field `number` of a message; empty if there is none. */
static IoptBytes field_of(IoptBytes message, uint32_t number)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    IoptBytes found = { "", 0 };

    while (iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, number, IOPT_WIRE_LENGTH))
            found = field.bytes;
    return found;
}

static bool find(const IoptNodeList *list, const char *name, IoptBytes *out)
{
    IoptWire wire = iopt_wire(list->library);
    IoptWireField field;
    const size_t size = strlen(name);

    while (iopt_wire_next(&wire, &field)) {
        if (!iopt_wire_is(&field, LIBRARY_FUNCTION, IOPT_WIRE_LENGTH))
            continue;
        const IoptBytes found = field_of(field_of(field.bytes, FUNCTION_SIGNATURE), SIGNATURE_NAME);
        if (found.size == size && memcmp(found.data, name, size) == 0) {
            *out = field.bytes;
            return true;
        }
    }
    return false;
}

static IoptStatus copy_text(IoptArena *arena, IoptBytes text, const char **out, IoptError *err)
{
    if (!iopt_is_name_text(text))
        return iopt_fail(err, IOPT_BAD_MODEL, "a name is not valid UTF-8 text");
    *out = iopt_arena_copy(arena, text.data, text.size);
    return *out ? IOPT_OK : iopt_fail_memory(err, text.size);
}

/* --- defaults ------------------------------------------------------------------------------ */

static IoptStatus add_default(IoptListNode *node, IoptBytes definition, IoptError *err)
{
    IoptGraph *const carrier = node->node->graph;
    const IoptBytes value = field_of(definition, ATTR_DEFAULT);
    IoptAttr attr;
    const char *name;
    size_t repeated = 0;

    IOPT_TRY(copy_text(carrier->arena, field_of(definition, ATTR_NAME), &name, err));
    if (value.size == 0 || iopt_attr(node->node, name))
        return IOPT_OK;
    IOPT_TRY(iopt_attr_decode(carrier, value, &repeated, &attr, err));
    attr.name = name;
    return iopt_node_set_attr(node->node, &attr, err);
}

IoptStatus iopt_gtt_function_defaults(const IoptNodeList *list, IoptListNode *node, bool *found,
                                      IoptError *err)
{
    IoptBytes function;
    IoptWireField field;

    *found = find(list, node->node->op, &function);
    if (!*found)
        return IOPT_OK;
    IoptWire wire = iopt_wire(field_of(function, FUNCTION_SIGNATURE));
    while (iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, SIGNATURE_ATTR, IOPT_WIRE_LENGTH))
            IOPT_TRY(add_default(node, field.bytes, err));
    return IOPT_OK;
}

/* --- a whole function ---------------------------------------------------------------------- */

/* The names of a signature's arguments, which are its fields `number`. */
static IoptStatus read_args(IoptArena *arena, IoptBytes signature, uint32_t number,
                            const char ***out, size_t *count, IoptError *err)
{
    IoptWire wire = iopt_wire(signature);
    IoptWireField field;
    size_t n = 0;

    while (iopt_wire_next(&wire, &field))
        n += iopt_wire_is(&field, number, IOPT_WIRE_LENGTH);
    *out = iopt_arena_alloc(arena, n, sizeof **out);
    if (!*out)
        return iopt_fail_memory(err, n * sizeof **out);
    for (wire = iopt_wire(signature); iopt_wire_next(&wire, &field);)
        if (iopt_wire_is(&field, number, IOPT_WIRE_LENGTH))
            IOPT_TRY(copy_text(arena, field_of(field.bytes, ARG_NAME), &(*out)[(*count)++], err));
    return IOPT_OK;
}

static IoptStatus read_body(IoptBytes bytes, IoptFunction *function, IoptError *err)
{
    IoptGraph *const carrier = function->nodes->carrier;
    IoptNodeReader reader = { .graph = carrier, .lenient = true };
    IoptWire wire = iopt_wire(bytes);
    IoptWireField field;

    while (iopt_wire_next(&wire, &field)) {
        if (iopt_wire_is(&field, FUNCTION_NODE, IOPT_WIRE_LENGTH))
            IOPT_TRY(iopt_node_def_add(&reader, field.bytes, function->nodes, err));
        if (!iopt_wire_is(&field, FUNCTION_RET, IOPT_WIRE_LENGTH))
            continue;
        const char *key, *value;
        IOPT_TRY(copy_text(carrier->arena, field_of(field.bytes, ENTRY_KEY), &key, err));
        IOPT_TRY(copy_text(carrier->arena, field_of(field.bytes, ENTRY_VALUE), &value, err));
        IOPT_TRY(iopt_map_set(&function->returns, key, (void *)(uintptr_t)value, err));
    }
    return IOPT_OK;
}

static IoptStatus read_function(IoptBytes bytes, IoptFunction *function, IoptError *err)
{
    const IoptBytes signature = field_of(bytes, FUNCTION_SIGNATURE);
    IoptArena *const arena = function->nodes->carrier->arena;

    IOPT_TRY(
        read_args(arena, signature, SIGNATURE_INPUT, &function->inputs, &function->n_inputs, err));
    IOPT_TRY(read_args(arena, signature, SIGNATURE_OUTPUT, &function->outputs, &function->n_outputs,
                       err));
    return read_body(bytes, function, err);
}

IoptStatus iopt_gtt_read_function(const IoptNodeList *list, const char *name, IoptFunction *out,
                                  IoptError *err)
{
    IoptBytes bytes;

    *out = (IoptFunction){ .name = name };
    if (!find(list, name, &bytes))
        return iopt_fail(err, IOPT_NOT_FOUND, "function %s Not found", name);
    IOPT_TRY(iopt_list_create(list, &out->nodes, err));
    const IoptStatus status = read_function(bytes, out, err);
    if (status != IOPT_OK)
        iopt_gtt_function_free(out);
    return iopt_while(err, status, "function '%s'", name);
}

void iopt_gtt_function_free(IoptFunction *function)
{
    iopt_list_destroy(function->nodes);
    iopt_map_free(&function->returns);
    *function = (IoptFunction){ 0 };
}
