/* Attributes: names of kinds, equality. */
#include "graph/attr.h"

#include <string.h>

static const char *const kind_texts[] = {
    [IOPT_ATTR_OPAQUE] = "opaque",
    [IOPT_ATTR_STRING] = "string",
    [IOPT_ATTR_INT] = "int",
    [IOPT_ATTR_FLOAT] = "float",
    [IOPT_ATTR_BOOL] = "bool",
    [IOPT_ATTR_TYPE] = "type",
    [IOPT_ATTR_SHAPE] = "shape",
    [IOPT_ATTR_TENSOR] = "tensor",
    [IOPT_ATTR_FUNC] = "function",
    [IOPT_ATTR_EMPTY_LIST] = "empty list",
    [IOPT_ATTR_STRINGS] = "list of strings",
    [IOPT_ATTR_INTS] = "list of ints",
    [IOPT_ATTR_FLOATS] = "list of floats",
    [IOPT_ATTR_BOOLS] = "list of bools",
    [IOPT_ATTR_TYPES] = "list of types",
    [IOPT_ATTR_SHAPES] = "list of shapes",
};

const char *iopt_attr_kind_text(IoptAttrKind kind)
{
    return kind_texts[kind];
}

static bool bytes_equal(const IoptBytes *a, const IoptBytes *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool arrays_equal(const void *a, const void *b, size_t count, size_t size)
{
    return count == 0 || memcmp(a, b, count * size) == 0;
}

static bool strings_equal(const IoptAttr *a, const IoptAttr *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!bytes_equal(&a->u.strings[i], &b->u.strings[i]))
            return false;
    return true;
}

static bool shapes_equal(const IoptAttr *a, const IoptAttr *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!iopt_shape_equal(&a->u.shapes[i], &b->u.shapes[i]))
            return false;
    return true;
}

bool iopt_attr_equal(const IoptAttr *a, const IoptAttr *b)
{
    if (a->kind != b->kind || a->count != b->count || strcmp(a->name, b->name) != 0)
        return false;
    switch (a->kind) {
    case IOPT_ATTR_STRING: return bytes_equal(&a->u.s, &b->u.s);
    case IOPT_ATTR_INT: return a->u.i == b->u.i;
    case IOPT_ATTR_FLOAT: return memcmp(&a->u.f, &b->u.f, sizeof a->u.f) == 0;
    case IOPT_ATTR_BOOL: return a->u.b == b->u.b;
    case IOPT_ATTR_TYPE: return a->u.type == b->u.type;
    case IOPT_ATTR_SHAPE: return iopt_shape_equal(&a->u.shape, &b->u.shape);
    case IOPT_ATTR_TENSOR: return iopt_tensor_equal(a->u.tensor, b->u.tensor);
    case IOPT_ATTR_EMPTY_LIST: return true;
    case IOPT_ATTR_STRINGS: return strings_equal(a, b);
    case IOPT_ATTR_INTS: return arrays_equal(a->u.ints, b->u.ints, a->count, sizeof(int64_t));
    case IOPT_ATTR_FLOATS: return arrays_equal(a->u.floats, b->u.floats, a->count, sizeof(float));
    case IOPT_ATTR_BOOLS: return arrays_equal(a->u.bools, b->u.bools, a->count, sizeof(bool));
    case IOPT_ATTR_TYPES: return arrays_equal(a->u.types, b->u.types, a->count, sizeof(IoptDType));
    case IOPT_ATTR_SHAPES: return shapes_equal(a, b);
    case IOPT_ATTR_FUNC:
    case IOPT_ATTR_OPAQUE: return bytes_equal(&a->raw, &b->raw);
    }
    return false;
}
