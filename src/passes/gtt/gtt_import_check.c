/* The importer's checks, node by node. */
#include "passes/gtt/gtt_import_check.h"

#include <ctype.h>

#include "formats/wire.h"
#include "passes/gtt/gtt_tensor_id.h"

/* --- names --------------------------------------------------------------------------------- */

static bool is_valid_name(const char *name)
{
    if (!isalnum((unsigned char)*name) && *name != '.')
        return false;
    for (name++; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("_.-/>\\", *name))
            return false;
    return true;
}

static IoptStatus check_controls_last(const IoptListNode *node, IoptError *err)
{
    bool control = false;

    for (size_t i = 0; i < node->n_inputs; i++) {
        if (*node->inputs[i] == '^')
            control = true;
        else if (control)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "Node '%s': Control dependencies must come after regular dependencies",
                             node->node->name);
    }
    return IOPT_OK;
}

static IoptStatus index_names(const IoptNodeList *list, IoptMap *index, IoptError *err)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        IoptListNode *const node = list->nodes[i];
        const char *const name = node->node->name;
        if (!is_valid_name(name))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "Node '%s': Node name contains invalid characters", name);
        if (iopt_map_get(index, name))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Node '%s' is not unique", name);
        if (!*node->node->op)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Node '%s' does not specify an operation",
                             name);
        IOPT_TRY(check_controls_last(node, err));
        IOPT_TRY(iopt_map_set(index, name, node, err));
    }
    return IOPT_OK;
}

static IoptStatus check_inputs_exist(const IoptNodeList *list, const IoptMap *index, IoptError *err)
{
    for (size_t i = 0; i < list->n_nodes; i++)
        for (size_t k = 0; k < list->nodes[i]->n_inputs; k++) {
            const char *const input = list->nodes[i]->inputs[k];
            const IoptTensorId id = iopt_tensor_id(input);
            if (!iopt_map_get_bytes(index, id.node.data, id.node.size))
                return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Node '%s': Unknown input node '%s'",
                                 list->nodes[i]->node->name, input);
        }
    return IOPT_OK;
}

IoptStatus iopt_gtt_check_names(const IoptNodeList *list, IoptError *err)
{
    IoptMap index = { 0 };

    IoptStatus status = index_names(list, &index, err);
    if (status == IOPT_OK)
        status = check_inputs_exist(list, &index, err);
    iopt_map_free(&index);
    return status;
}

/* --- ops and attributes -------------------------------------------------------------------- */

/* Field `number` of a message, the first one. */
static IoptBytes field_of(IoptBytes message, uint32_t number)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;

    while (iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, number, IOPT_WIRE_LENGTH))
            return field.bytes;
    return (IoptBytes){ 0 };
}

/* FunctionDefLibrary.function.signature.name */
static bool is_function(IoptBytes library, const char *op)
{
    enum { FUNCTION = 1, SIGNATURE = 1, NAME = 1 };
    const size_t size = strlen(op);
    IoptWire wire = iopt_wire(library);
    IoptWireField field;

    while (iopt_wire_next(&wire, &field)) {
        if (!iopt_wire_is(&field, FUNCTION, IOPT_WIRE_LENGTH))
            continue;
        const IoptBytes name = field_of(field_of(field.bytes, SIGNATURE), NAME);
        if (name.size == size && memcmp(name.data, op, size) == 0)
            return true;
    }
    return false;
}

IoptStatus iopt_gtt_find_op(const IoptNodeList *list, const char *op, const IoptOpDef **out,
                            IoptError *err)
{
    *out = iopt_op_def_find(op);
    return *out || is_function(list->library, op) ? IOPT_OK : iopt_op_def_fail(op, err);
}

static bool has_attr(const IoptOpDef *def, const char *name)
{
    const char *at = def->attrs;
    IoptBytes known;
    bool has_default;

    while (iopt_op_def_next_attr(&at, &known, &has_default))
        if (strlen(name) == known.size && memcmp(name, known.data, known.size) == 0)
            return true;
    return false;
}

/* The names of what is missing, as "'a', 'b'". */
static size_t list_missing(const IoptOpDef *def, const IoptNode *node, IoptText *names)
{
    const char *at = def->attrs;
    char name[128];
    IoptBytes known;
    bool has_default;
    size_t count = 0;

    while (iopt_op_def_next_attr(&at, &known, &has_default)) {
        if (has_default || known.size >= sizeof name)
            continue;
        memcpy(name, known.data, known.size);
        name[known.size] = 0;
        if (!iopt_attr(node, name))
            iopt_text_printf(names, "%s'%s'", count++ ? ", " : "", name);
    }
    return count;
}

IoptStatus iopt_gtt_check_attrs(const IoptOpDef *def, const IoptNode *node, bool later,
                                IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptText names = { 0 };

    for (size_t i = 0; i < node->n_attrs && !later; i++)
        if (*node->attrs[i].name != '_' && !has_attr(def, node->attrs[i].name))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "NodeDef mentions attr '%s' not in Op<name=%s>; NodeDef: {{node %s}}",
                             node->attrs[i].name, node->op, node->name);
    const size_t count = list_missing(def, node, &names);
    if (names.failed)
        status = iopt_fail_memory(err, names.size);
    else if (count)
        status = iopt_fail(err, IOPT_INVALID_ARGUMENT,
                           "NodeDef missing attr%s %s from Op<name=%s>; NodeDef: {{node %s}}",
                           count > 1 ? "s" : "", names.s, node->op, node->name);
    iopt_text_free(&names);
    return status;
}

/* --- types --------------------------------------------------------------------------------- */

/* The type that a reference refers to. */
static IoptDType base_type(IoptDType type)
{
    const int ref = 100;
    return (int)type > ref ? (IoptDType)((int)type - ref) : type;
}

static IoptStatus check_input(const IoptNode *node, size_t slot, IoptDType wanted,
                              const IoptOpTypes *types, IoptError *err)
{
    const IoptNode *const from = node->in[slot].node;
    const int port = node->in[slot].port;

    if ((size_t)port >= types->n_out)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Node '%s': Connecting to invalid output %d of source node %s which has "
                         "%zu outputs.",
                         node->name, port, from->name, types->n_out);
    if (wanted && base_type(types->out[port]) != base_type(wanted))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Input %zu of node %s was passed %s from %s:%d incompatible with expected "
                         "%s.",
                         slot, node->name, iopt_dtype_name(base_type(types->out[port])), from->name,
                         port, iopt_dtype_name(base_type(wanted)));
    return IOPT_OK;
}

IoptStatus iopt_gtt_check_types(const IoptGttImport *import, const IoptOpTypes *types,
                                const bool *known, IoptError *err)
{
    for (size_t i = 0; i < import->n; i++) {
        const IoptNode *const node = import->nodes[i];
        if (known[i] && types[i].n_in != node->n_in)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "NodeDef expected %zu inputs do not match %zu inputs specified; "
                             "Op<name=%s>; NodeDef: {{node %s}}",
                             types[i].n_in, node->n_in, node->op, node->name);
        for (size_t k = 0; k < node->n_in; k++) {
            const size_t from = node->in[k].node->index;
            if (known[from])
                IOPT_TRY(check_input(node, k, known[i] ? types[i].in[k] : IOPT_DTYPE_NONE,
                                     &types[from], err));
        }
    }
    return IOPT_OK;
}

IoptStatus iopt_gtt_check_colocations(const IoptGraph *graph, const IoptNode *node, IoptError *err)
{
    static const char prefix[] = "loc:@";
    const size_t size = sizeof prefix - 1;
    const IoptAttr *const classes = iopt_attr(node, "_class");

    if (!classes || classes->kind != IOPT_ATTR_STRINGS)
        return IOPT_OK;
    for (size_t i = 0; i < classes->count; i++) {
        const IoptBytes entry = classes->u.strings[i];
        if (entry.size < size || memcmp(entry.data, prefix, size) != 0)
            continue;
        if (!iopt_map_get_bytes(&graph->by_name, entry.data + size, entry.size - size))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "Node '%s' expects to be colocated with unknown node '%.*s'",
                             node->name, (int)(entry.size - size), entry.data + size);
    }
    return IOPT_OK;
}
