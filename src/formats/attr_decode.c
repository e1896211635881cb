/* AttrValue to attribute. */
#include <limits.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "formats/attr_value.h"
#include "formats/tensor_proto.h"
#include "tf_attr.pb-c.h"

/* The oneof's fields. */
enum {
    VALUE_LIST = 1,
    VALUE_S,
    VALUE_I,
    VALUE_F,
    VALUE_B,
    VALUE_TYPE,
    VALUE_SHAPE,
    VALUE_TENSOR,
    VALUE_PLACEHOLDER,
    VALUE_FUNC
};

enum { LIST_TENSOR = 8, LIST_FUNC = 9, LAST_TYPE = 31, FIRST_REF_TYPE = 101, LAST_REF_TYPE = 131 };

IoptStatus iopt_wire_gather(IoptArena *arena, IoptBytes message,
                            bool (*pick)(const IoptWireField *field), bool whole, IoptBytes *out,
                            IoptError *err)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    bool is_view = true;
    size_t at = 0;

    *out = (IoptBytes){ 0 };
    while (iopt_wire_next(&wire, &field)) {
        if (!pick(&field))
            continue;
        const IoptBytes part = whole ? field.whole : field.bytes;
        if (!out->data)
            out->data = part.data;
        is_view = is_view && out->data + out->size == part.data;
        out->size += part.size;
    }
    if (is_view)
        return IOPT_OK;
    char *const joined = iopt_arena_alloc(arena, out->size + 1, 1);
    if (!joined)
        return iopt_fail_memory(err, out->size);
    for (wire = iopt_wire(message); iopt_wire_next(&wire, &field);) {
        const IoptBytes part = whole ? field.whole : field.bytes;
        if (!pick(&field) || part.size == 0)
            continue;
        memcpy(joined + at, part.data, part.size);
        at += part.size;
    }
    out->data = joined;
    return IOPT_OK;
}

/* Contents that stand in one field number, as `pick` wants a function of its own for each. */
#define PICK(name, wanted)                                    \
    static bool name(const IoptWireField *field)              \
    {                                                         \
        return iopt_wire_is(field, wanted, IOPT_WIRE_LENGTH); \
    }
PICK(is_list, VALUE_LIST)
PICK(is_shape, VALUE_SHAPE)
PICK(is_tensor, VALUE_TENSOR)
PICK(is_func, VALUE_FUNC)

static bool type_known(uint64_t type)
{
    return type <= LAST_TYPE || (type >= FIRST_REF_TYPE && type <= LAST_REF_TYPE);
}

static IoptStatus decode_type(uint64_t type, IoptDType *out, IoptError *err)
{
    if (!type_known(type))
        return iopt_fail(err, IOPT_BAD_MODEL, "type number %llu is not known",
                         (unsigned long long)type);
    *out = (IoptDType)type;
    return IOPT_OK;
}

/* The one kind of element a list has; OPAQUE for several kinds and for those not unpacked. */
static IoptStatus list_kind(IoptBytes list, IoptAttrKind *out, IoptError *err)
{
    static const IoptAttrKind kinds[] = { [2] = IOPT_ATTR_STRINGS, IOPT_ATTR_INTS,
                                          IOPT_ATTR_FLOATS,        IOPT_ATTR_BOOLS,
                                          IOPT_ATTR_TYPES,         IOPT_ATTR_SHAPES };
    IoptWire wire = iopt_wire(list);
    IoptWireField field;

    *out = IOPT_ATTR_EMPTY_LIST;
    while (iopt_wire_next(&wire, &field)) {
        IoptAttrKind kind = IOPT_ATTR_OPAQUE;
        bool fits = true;
        if (field.number >= 2 && field.number < IOPT_COUNT(kinds))
            kind = kinds[field.number];
        if (kind == IOPT_ATTR_SHAPES && field.type == IOPT_WIRE_LENGTH) {
            IoptShape shape;
            IOPT_TRY(iopt_shape_decode(field.bytes, &shape, &fits, err));
        }
        *out = fits && (*out == IOPT_ATTR_EMPTY_LIST || *out == kind) ? kind : IOPT_ATTR_OPAQUE;
        if (*out == IOPT_ATTR_OPAQUE)
            break;
    }
    return wire.broken ? iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a list") : IOPT_OK;
}

static IoptStatus take_array(IoptGraph *graph, const void *items, size_t count, size_t size,
                             void **out, IoptError *err)
{
    *out = iopt_arena_alloc(graph->arena, count ? count : 1, size);
    if (!*out)
        return iopt_fail_memory(err, count * size);
    if (count && items)
        memcpy(*out, items, count * size);
    return IOPT_OK;
}

static IoptStatus take_strings(IoptGraph *graph, const Iopt__Tf__AttrListValue *list, IoptAttr *out,
                               IoptError *err)
{
    void *block;

    IOPT_TRY(take_array(graph, NULL, list->n_s, sizeof(IoptBytes), &block, err));
    IoptBytes *const strings = block;
    for (size_t i = 0; i < list->n_s; i++) {
        strings[i].data =
            iopt_arena_copy(graph->arena, (const char *)list->s[i].data, list->s[i].len);
        strings[i].size = list->s[i].len;
        if (!strings[i].data)
            return iopt_fail_memory(err, list->s[i].len);
    }
    out->count = list->n_s;
    out->u.strings = strings;
    return IOPT_OK;
}

static IoptStatus take_bools(IoptGraph *graph, const Iopt__Tf__AttrListValue *list, IoptAttr *out,
                             IoptError *err)
{
    void *block;

    IOPT_TRY(take_array(graph, NULL, list->n_b, sizeof(bool), &block, err));
    bool *const bools = block;
    for (size_t i = 0; i < list->n_b; i++)
        bools[i] = list->b[i] != 0;
    out->count = list->n_b;
    out->u.bools = bools;
    return IOPT_OK;
}

static IoptStatus take_types(IoptGraph *graph, const Iopt__Tf__AttrListValue *list, IoptAttr *out,
                             IoptError *err)
{
    void *block;

    IOPT_TRY(take_array(graph, NULL, list->n_type, sizeof(IoptDType), &block, err));
    IoptDType *const types = block;
    for (size_t i = 0; i < list->n_type; i++)
        IOPT_TRY(decode_type((uint64_t)(int64_t)list->type[i], &types[i], err));
    out->count = list->n_type;
    out->u.types = types;
    return IOPT_OK;
}

static IoptStatus take_shapes(IoptGraph *graph, IoptBytes list, size_t count, IoptAttr *out,
                              IoptError *err)
{
    IoptWire wire = iopt_wire(list);
    IoptWireField field;
    void *block;
    bool fits;

    IOPT_TRY(take_array(graph, NULL, count, sizeof(IoptShape), &block, err));
    IoptShape *const shapes = block;
    for (size_t i = 0; i < count && iopt_wire_next(&wire, &field);)
        if (iopt_wire_is(&field, VALUE_SHAPE, IOPT_WIRE_LENGTH))
            IOPT_TRY(iopt_shape_decode(field.bytes, &shapes[i++], &fits, err));
    out->count = count;
    out->u.shapes = shapes;
    return IOPT_OK;
}

static IoptStatus take_numbers(IoptGraph *graph, const Iopt__Tf__AttrListValue *list, IoptAttr *out,
                               IoptError *err)
{
    const bool ints = out->kind == IOPT_ATTR_INTS;
    void *block;

    out->count = ints ? list->n_i : list->n_f;
    IOPT_TRY(take_array(graph, ints ? (const void *)list->i : list->f, out->count,
                        ints ? sizeof *list->i : sizeof *list->f, &block, err));
    if (ints)
        out->u.ints = block;
    else
        out->u.floats = block;
    return IOPT_OK;
}

/* Lists without tensors and functions are two messages deep at most: protobuf-c may recurse. */
static IoptStatus decode_list(IoptGraph *graph, IoptBytes bytes, IoptAttr *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    IOPT_TRY(list_kind(bytes, &out->kind, err));
    if (out->kind == IOPT_ATTR_OPAQUE || out->kind == IOPT_ATTR_EMPTY_LIST)
        return IOPT_OK;
    Iopt__Tf__AttrListValue *const list =
        iopt__tf__attr_list_value__unpack(NULL, bytes.size, (const uint8_t *)bytes.data);
    if (!list)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a list");
    switch (out->kind) {
    case IOPT_ATTR_STRINGS: status = take_strings(graph, list, out, err); break;
    case IOPT_ATTR_BOOLS: status = take_bools(graph, list, out, err); break;
    case IOPT_ATTR_TYPES: status = take_types(graph, list, out, err); break;
    case IOPT_ATTR_SHAPES: status = take_shapes(graph, bytes, list->n_shape, out, err); break;
    default: status = take_numbers(graph, list, out, err); break;
    }
    iopt__tf__attr_list_value__free_unpacked(list, NULL);
    if (out->count == 0)
        out->kind = IOPT_ATTR_EMPTY_LIST; /* a packed list of no elements */
    return status;
}

static IoptStatus decode_tensor(IoptGraph *graph, IoptBytes message, size_t *repeated,
                                IoptAttr *out, IoptError *err)
{
    IoptTensor *tensor;

    IOPT_TRY(iopt_tensor_decode(message, graph->file, repeated, &tensor, err));
    if (!tensor)
        return IOPT_OK; /* stays opaque */
    out->kind = IOPT_ATTR_TENSOR;
    out->u.tensor = tensor;
    return iopt_graph_own(graph, tensor, err);
}

static IoptStatus decode_func(IoptGraph *graph, IoptBytes message, IoptAttr *out, IoptError *err)
{
    IoptWire wire = iopt_wire(message);
    IoptWireField field;
    IoptBytes name = { "", 0 };

    while (iopt_wire_next(&wire, &field))
        if (iopt_wire_is(&field, 1, IOPT_WIRE_LENGTH))
            name = field.bytes;
    if (wire.broken || !iopt_is_name_text(name))
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes in a function reference");
    out->kind = IOPT_ATTR_FUNC;
    out->u.s = (IoptBytes){ iopt_arena_copy(graph->arena, name.data, name.size), name.size };
    return out->u.s.data ? IOPT_OK : iopt_fail_memory(err, name.size);
}

static IoptStatus decode_string(IoptGraph *graph, IoptBytes s, IoptAttr *out, IoptError *err)
{
    out->kind = IOPT_ATTR_STRING;
    out->u.s = (IoptBytes){ iopt_arena_copy(graph->arena, s.data, s.size), s.size };
    return out->u.s.data ? IOPT_OK : iopt_fail_memory(err, s.size);
}

static IoptStatus decode_shape(IoptBytes message, IoptAttr *out, IoptError *err)
{
    IoptShape shape;
    bool fits;

    IOPT_TRY(iopt_shape_decode(message, &shape, &fits, err));
    if (!fits)
        return IOPT_OK; /* stays opaque */
    out->kind = IOPT_ATTR_SHAPE;
    out->u.shape = shape;
    return IOPT_OK;
}

/* The parts of the message that the last field began. */
static IoptStatus join(IoptGraph *graph, IoptBytes value, uint32_t number, IoptBytes *out,
                       IoptError *err)
{
    switch (number) {
    case VALUE_LIST: return iopt_wire_gather(graph->arena, value, is_list, false, out, err);
    case VALUE_SHAPE: return iopt_wire_gather(graph->arena, value, is_shape, false, out, err);
    case VALUE_TENSOR: return iopt_wire_gather(graph->arena, value, is_tensor, false, out, err);
    default: return iopt_wire_gather(graph->arena, value, is_func, false, out, err);
    }
}

static IoptStatus decode_message(IoptGraph *graph, IoptBytes value, uint32_t number,
                                 size_t *repeated, IoptAttr *out, IoptError *err)
{
    IoptBytes message;

    IOPT_TRY(join(graph, value, number, &message, err));
    switch (number) {
    case VALUE_LIST: return decode_list(graph, message, out, err);
    case VALUE_SHAPE: return decode_shape(message, out, err);
    case VALUE_TENSOR: return decode_tensor(graph, message, repeated, out, err);
    default: return decode_func(graph, message, out, err);
    }
}

static float float_of_bits(uint64_t bits)
{
    const uint32_t low = (uint32_t)bits;
    float value;

    memcpy(&value, &low, sizeof value);
    return value;
}

/* Which field of the oneof counts: the last one with its proper wire type. */
static bool is_value(const IoptWireField *field)
{
    switch (field->number) {
    case VALUE_I:
    case VALUE_B:
    case VALUE_TYPE: return field->type == IOPT_WIRE_VARINT;
    case VALUE_F: return field->type == IOPT_WIRE_FIXED32;
    default: return field->number <= VALUE_FUNC && field->type == IOPT_WIRE_LENGTH;
    }
}

IoptStatus iopt_attr_decode(IoptGraph *graph, IoptBytes value, size_t *repeated, IoptAttr *out,
                            IoptError *err)
{
    IoptWire wire = iopt_wire(value);
    IoptWireField field, last = { 0 };

    *out = (IoptAttr){ .name = out->name, .raw = value };
    while (iopt_wire_next(&wire, &field))
        if (is_value(&field))
            last = field;
    if (wire.broken)
        return iopt_fail(err, IOPT_BAD_MODEL, "broken bytes");
    switch (last.number) {
    case 0:
    case VALUE_PLACEHOLDER: return IOPT_OK; /* OPAQUE */
    case VALUE_S: return decode_string(graph, last.bytes, out, err);
    case VALUE_I:
        out->kind = IOPT_ATTR_INT;
        out->u.i = (int64_t)last.value;
        return IOPT_OK;
    case VALUE_F:
        out->kind = IOPT_ATTR_FLOAT;
        out->u.f = float_of_bits(last.value);
        return IOPT_OK;
    case VALUE_B:
        out->kind = IOPT_ATTR_BOOL;
        out->u.b = last.value != 0;
        return IOPT_OK;
    case VALUE_TYPE: out->kind = IOPT_ATTR_TYPE; return decode_type(last.value, &out->u.type, err);
    default: return decode_message(graph, value, last.number, repeated, out, err);
    }
}
