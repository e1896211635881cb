/* Reading and setting the attributes of a node. */
#include "base/compiler.h"
#include "graph/graph.h"

/* Index of the attribute, or where it would be inserted. */
static size_t find(const IoptNode *node, const char *name, bool *found)
{
    size_t low = 0, high = node->n_attrs;

    *found = false;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(node->attrs[middle].name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const IoptAttr *iopt_attr(const IoptNode *node, const char *name)
{
    bool found;
    const size_t at = find(node, name, &found);

    return found ? &node->attrs[at] : NULL;
}

static const IoptAttr *attr_of(const IoptNode *node, const char *name, IoptAttrKind kind)
{
    const IoptAttr *const attr = iopt_attr(node, name);
    return attr && attr->kind == kind ? attr : NULL;
}

int64_t iopt_attr_int(const IoptNode *node, const char *name, int64_t fallback)
{
    const IoptAttr *const attr = attr_of(node, name, IOPT_ATTR_INT);
    return attr ? attr->u.i : fallback;
}

float iopt_attr_float(const IoptNode *node, const char *name, float fallback)
{
    const IoptAttr *const attr = attr_of(node, name, IOPT_ATTR_FLOAT);
    return attr ? attr->u.f : fallback;
}

bool iopt_attr_bool(const IoptNode *node, const char *name, bool fallback)
{
    const IoptAttr *const attr = attr_of(node, name, IOPT_ATTR_BOOL);
    return attr ? attr->u.b : fallback;
}

IoptDType iopt_attr_type(const IoptNode *node, const char *name, IoptDType fallback)
{
    const IoptAttr *const attr = attr_of(node, name, IOPT_ATTR_TYPE);
    return attr ? attr->u.type : fallback;
}

const char *iopt_attr_string(const IoptNode *node, const char *name, const char *fallback)
{
    const IoptAttr *const attr = attr_of(node, name, IOPT_ATTR_STRING);
    return attr ? attr->u.s.data : fallback; /* the arena's copies end in a zero */
}

size_t iopt_attr_ints(const IoptNode *node, const char *name, const int64_t **out)
{
    const IoptAttr *const attr = attr_of(node, name, IOPT_ATTR_INTS);

    *out = attr ? attr->u.ints : NULL;
    return attr ? attr->count : 0;
}

/* The payload in the arena: the caller's arrays may go away. */
static bool copy_payload(IoptArena *arena, IoptAttr *attr)
{
    static const struct {
        IoptAttrKind kind;
        size_t size;
    } lists[] = {
        { IOPT_ATTR_INTS, sizeof(int64_t) },     { IOPT_ATTR_FLOATS, sizeof(float) },
        { IOPT_ATTR_BOOLS, sizeof(bool) },       { IOPT_ATTR_TYPES, sizeof(IoptDType) },
        { IOPT_ATTR_SHAPES, sizeof(IoptShape) }, { IOPT_ATTR_STRINGS, sizeof(IoptBytes) },
    };

    if (attr->kind == IOPT_ATTR_STRING || attr->kind == IOPT_ATTR_FUNC) {
        attr->u.s.data = iopt_arena_copy(arena, attr->u.s.data, attr->u.s.size);
        return attr->u.s.data != NULL;
    }
    for (size_t i = 0; i < IOPT_COUNT(lists); i++) {
        if (attr->kind != lists[i].kind)
            continue;
        void *const copy = iopt_arena_alloc(arena, attr->count, lists[i].size);
        if (!copy)
            return false;
        if (attr->count)
            memcpy(copy, attr->u.ints, attr->count * lists[i].size);
        attr->u.ints = copy;
    }
    if (attr->kind == IOPT_ATTR_STRINGS)
        for (size_t i = 0; i < attr->count; i++) {
            IoptBytes *const s = (IoptBytes *)(uintptr_t)&attr->u.strings[i];
            s->data = iopt_arena_copy(arena, s->data, s->size);
            if (!s->data)
                return false;
        }
    return true;
}

IoptStatus iopt_node_set_attr(IoptNode *node, const IoptAttr *attr, IoptError *err)
{
    IoptArena *const arena = node->graph->arena;
    IoptAttr copy = *attr;
    bool found;
    const size_t at = find(node, attr->name, &found);

    if (!copy_payload(arena, &copy))
        return iopt_fail_memory(err, sizeof copy);
    if (found) {
        copy.name = node->attrs[at].name;
        node->attrs[at] = copy;
        return IOPT_OK;
    }
    copy.name = iopt_arena_text(arena, attr->name);
    IoptAttr *attrs = node->attrs;
    /* room for eight, then for twice as many */
    if (node->n_attrs == 0 || (node->n_attrs >= 8 && (node->n_attrs & (node->n_attrs - 1)) == 0)) {
        attrs = iopt_arena_alloc(arena, node->n_attrs ? node->n_attrs * 2 : 8, sizeof *attrs);
        if (attrs && node->n_attrs)
            memcpy(attrs, node->attrs, node->n_attrs * sizeof *attrs);
    }
    if (!copy.name || !attrs)
        return iopt_fail_memory(err, sizeof copy);
    memmove(attrs + at + 1, attrs + at, (node->n_attrs - at) * sizeof *attrs);
    attrs[at] = copy;
    node->attrs = attrs;
    node->n_attrs++;
    return IOPT_OK;
}

void iopt_node_remove_attr(IoptNode *node, const char *name)
{
    bool found;
    const size_t at = find(node, name, &found);

    if (!found)
        return;
    IoptAttr *attrs = node->attrs;
    /* A removal leaves the room as it is; where the next insertion would think that the array is
     * full, it is copied once more, which is harmless. */
    memmove(attrs + at, attrs + at + 1, (node->n_attrs - at - 1) * sizeof *attrs);
    node->n_attrs--;
}

IoptStatus iopt_node_set_int(IoptNode *node, const char *name, int64_t value, IoptError *err)
{
    const IoptAttr attr = { .name = name, .kind = IOPT_ATTR_INT, .u.i = value };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_float(IoptNode *node, const char *name, float value, IoptError *err)
{
    const IoptAttr attr = { .name = name, .kind = IOPT_ATTR_FLOAT, .u.f = value };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_bool(IoptNode *node, const char *name, bool value, IoptError *err)
{
    const IoptAttr attr = { .name = name, .kind = IOPT_ATTR_BOOL, .u.b = value };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_type(IoptNode *node, const char *name, IoptDType value, IoptError *err)
{
    const IoptAttr attr = { .name = name, .kind = IOPT_ATTR_TYPE, .u.type = value };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_string(IoptNode *node, const char *name, const char *value, IoptError *err)
{
    const IoptAttr attr = { .name = name,
                            .kind = IOPT_ATTR_STRING,
                            .u.s = { value, strlen(value) } };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_shape(IoptNode *node, const char *name, const IoptShape *value,
                               IoptError *err)
{
    const IoptAttr attr = { .name = name, .kind = IOPT_ATTR_SHAPE, .u.shape = *value };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_ints(IoptNode *node, const char *name, const int64_t *values, size_t count,
                              IoptError *err)
{
    const IoptAttr attr = { .name = name,
                            .kind = count ? IOPT_ATTR_INTS : IOPT_ATTR_EMPTY_LIST,
                            .count = count,
                            .u.ints = values };
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_node_set_tensor(IoptNode *node, const char *name, IoptTensor *taken, IoptError *err)
{
    const IoptAttr attr = { .name = name, .kind = IOPT_ATTR_TENSOR, .u.tensor = taken };

    IOPT_TRY(iopt_graph_own(node->graph, taken, err));
    return iopt_node_set_attr(node, &attr, err);
}

IoptStatus iopt_graph_add_const(IoptGraph *graph, const char *name, IoptTensor *taken,
                                IoptNode **out, IoptError *err)
{
    const IoptDType dtype = taken->dtype;
    IoptStatus status = iopt_graph_add(graph, name, "Const", out, err);

    if (status != IOPT_OK) {
        iopt_tensor_destroy(taken);
        return status;
    }
    IOPT_TRY(iopt_node_set_tensor(*out, "value", taken, err));
    return iopt_node_set_type(*out, "dtype", dtype, err);
}

static const IoptAttr *const_attr(const IoptNode *node)
{
    return iopt_is_op(node, "Const") ? attr_of(node, "value", IOPT_ATTR_TENSOR) : NULL;
}

const IoptTensor *iopt_const_mapped(const IoptNode *node)
{
    const IoptAttr *const attr = const_attr(node);
    return attr ? attr->u.tensor : NULL;
}

const IoptTensor *iopt_const(const IoptNode *node)
{
    const IoptAttr *const attr = const_attr(node);
    IoptTensor *copy;

    if (!attr || attr->aligned)
        return attr ? attr->aligned : NULL;
    if ((uintptr_t)attr->u.tensor->data % 16 == 0)
        return attr->u.tensor;
    if (iopt_tensor_clone(attr->u.tensor, &copy, NULL) != IOPT_OK ||
        iopt_graph_own(node->graph, copy, NULL) != IOPT_OK)
        return NULL;
    /* A cache: the node is the same to everybody else. */
    ((IoptAttr *)(uintptr_t)attr)->aligned = copy;
    return copy;
}

const IoptTensor *iopt_const_input(const IoptNode *node, size_t slot)
{
    if (slot >= node->n_in || node->in[slot].port != 0)
        return NULL;
    return iopt_const(node->in[slot].node);
}

IoptFact iopt_fact_at(IoptValue value)
{
    if (value.node->facts && value.port >= 0 && (size_t)value.port < value.node->n_out)
        return value.node->facts[value.port];
    return iopt_fact(IOPT_DTYPE_NONE, iopt_shape_unknown());
}
