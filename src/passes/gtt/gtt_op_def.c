/* Op definitions: small texts, read when they are needed. */
#include "passes/gtt/gtt_op_def.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "passes/gtt/gtt_params.h"

enum { STATEFUL = 1 };

static const IoptOpDef defs[] = {
#define IOPT_OP_DEF(name, in, out, attrs, stateful) { name, in, out, attrs, stateful },
#include "passes/gtt/gtt_op_defs.inc"
#undef IOPT_OP_DEF
};

static int compare_def(const void *key, const void *def)
{
    return strcmp(key, ((const IoptOpDef *)def)->name);
}

const IoptOpDef *iopt_op_def_find(const char *op)
{
    return bsearch(op, defs, IOPT_COUNT(defs), sizeof *defs, compare_def);
}

IoptStatus iopt_op_def_fail(const char *op, IoptError *err)
{
    return iopt_fail(err, IOPT_NOT_FOUND,
                     "Op type not registered '%s' in binary running on this machine: TensorFlow "
                     "1.15 has no such op, and the graph defines no function of this name",
                     op);
}

IoptStatus iopt_op_def_get(const char *op, const IoptOpDef **out, IoptError *err)
{
    *out = iopt_op_def_find(op);
    return *out ? IOPT_OK : iopt_op_def_fail(op, err);
}

/* --- the texts ----------------------------------------------------------------------------- */

/* One entry of a list "a:b, c:[1,2]='x'"; commas within brackets and quotes are its own. */
static bool next_entry(const char **at, IoptBytes *out)
{
    const char *end = *at;
    int depth = 0;
    bool quoted = false;

    if (!*end)
        return false;
    for (; *end && (quoted || depth || *end != ','); end++) {
        quoted = quoted != (*end == '\'');
        depth += !quoted && (*end == '[' || *end == '(');
        depth -= !quoted && (*end == ']' || *end == ')');
    }
    *out = (IoptBytes){ *at, (size_t)(end - *at) };
    while (*end == ',' || *end == ' ')
        end++;
    *at = end;
    return true;
}

typedef struct AttrSpec {
    char name[64], kind[24], value[192]; /* value "" with has_default: an empty text */
    bool has_default;
} AttrSpec;

static void copy_part(char *out, size_t capacity, const char *from, size_t size)
{
    if (size >= capacity)
        size = capacity - 1;
    memcpy(out, from, size);
    out[size] = 0;
}

static AttrSpec read_spec(IoptBytes entry)
{
    const char *const end = entry.data + entry.size;
    const char *const colon = memchr(entry.data, ':', entry.size);
    const char *const equals = memchr(entry.data, '=', entry.size);
    AttrSpec spec = { .has_default = equals != NULL };

    copy_part(spec.name, sizeof spec.name, entry.data, (size_t)(colon - entry.data));
    copy_part(spec.kind, sizeof spec.kind, colon + 1,
              (size_t)((equals ? equals : end) - colon - 1));
    if (equals)
        copy_part(spec.value, sizeof spec.value, equals + 1, (size_t)(end - equals - 1));
    return spec;
}

bool iopt_op_def_next_attr(const char **at, IoptBytes *name, bool *has_default)
{
    IoptBytes entry;

    if (!next_entry(at, &entry))
        return false;
    const char *const colon = memchr(entry.data, ':', entry.size);
    *name = (IoptBytes){ entry.data, colon ? (size_t)(colon - entry.data) : entry.size };
    *has_default = memchr(entry.data, '=', entry.size) != NULL;
    return true;
}

/* --- defaults ------------------------------------------------------------------------------ */

/* The text without the pair of characters around it. */
static void unwrap(char *text)
{
    const size_t size = strlen(text);

    if (size >= 2) {
        memmove(text, text + 1, size - 2);
        text[size - 2] = 0;
    }
}

/* "[1,2]" or "?" */
static IoptShape read_shape(const char *text)
{
    IoptShape shape = iopt_shape_unknown();

    if (*text != '[')
        return shape;
    shape.rank = 0;
    for (text++; *text && *text != ']'; text += *text == ',') {
        char *stop;
        shape.dim[shape.rank++] = strtoll(text, &stop, 10);
        text = stop;
    }
    return shape;
}

enum { MAX_LIST = 16 };

/* Lists of ints, floats and types: the only ones that have defaults with elements. */
static IoptStatus set_list(IoptNode *node, AttrSpec *spec, IoptError *err)
{
    IoptAttr attr = { .name = spec->name, .kind = IOPT_ATTR_EMPTY_LIST };
    int64_t ints[MAX_LIST];
    float floats[MAX_LIST];
    IoptDType types[MAX_LIST];
    IoptBytes entry;
    char text[32];

    unwrap(spec->value);
    for (const char *at = spec->value; attr.count < MAX_LIST && next_entry(&at, &entry);) {
        copy_part(text, sizeof text, entry.data, entry.size);
        ints[attr.count] = strtoll(text, NULL, 10);
        floats[attr.count] = strtof(text, NULL);
        types[attr.count++] = iopt_dtype_from_name(text);
    }
    if (attr.count && strcmp(spec->kind, "list(int)") == 0) {
        attr.kind = IOPT_ATTR_INTS;
        attr.u.ints = ints;
    } else if (attr.count && strcmp(spec->kind, "list(float)") == 0) {
        attr.kind = IOPT_ATTR_FLOATS;
        attr.u.floats = floats;
    } else if (attr.count && strcmp(spec->kind, "list(type)") == 0) {
        attr.kind = IOPT_ATTR_TYPES;
        attr.u.types = types;
    }
    return iopt_node_set_attr(node, &attr, err);
}

/* "uint8[255,0,0,255]" */
static IoptStatus set_tensor(IoptNode *node, AttrSpec *spec, IoptError *err)
{
    char *const bracket = strchr(spec->value, '[');
    const IoptShape values = read_shape(bracket);
    const int64_t count = values.rank;
    const IoptShape shape = iopt_shape(1, &count);
    IoptTensor *tensor;

    *bracket = 0;
    IOPT_TRY(iopt_tensor_create(iopt_dtype_from_name(spec->value), &shape, &tensor, err));
    for (int i = 0; i < values.rank; i++)
        iopt_tensor_set_i64(tensor, (size_t)i, values.dim[i]);
    return iopt_node_set_tensor(node, spec->name, tensor, err);
}

static IoptStatus set_default(IoptNode *node, AttrSpec *spec, IoptError *err)
{
    const char *const kind = spec->kind;

    if (strcmp(kind, "int") == 0)
        return iopt_node_set_int(node, spec->name, strtoll(spec->value, NULL, 10), err);
    if (strcmp(kind, "float") == 0)
        return iopt_node_set_float(node, spec->name, strtof(spec->value, NULL), err);
    if (strcmp(kind, "bool") == 0)
        return iopt_node_set_bool(node, spec->name, strcmp(spec->value, "true") == 0, err);
    if (strcmp(kind, "type") == 0)
        return iopt_node_set_type(node, spec->name, iopt_dtype_from_name(spec->value), err);
    if (strcmp(kind, "shape") == 0) {
        const IoptShape shape = read_shape(spec->value);
        return iopt_node_set_shape(node, spec->name, &shape, err);
    }
    if (strcmp(kind, "string") == 0) {
        unwrap(spec->value);
        return iopt_node_set_string(node, spec->name, spec->value, err);
    }
    if (strcmp(kind, "tensor") == 0)
        return set_tensor(node, spec, err);
    return set_list(node, spec, err);
}

IoptStatus iopt_op_def_add_defaults(const IoptOpDef *def, IoptListNode *node, IoptError *err)
{
    IoptBytes entry;

    for (const char *at = def->attrs; next_entry(&at, &entry);) {
        AttrSpec spec = read_spec(entry);
        if (spec.has_default && !iopt_attr(node->node, spec.name))
            IOPT_TRY(set_default(node->node, &spec, err));
    }
    return IOPT_OK;
}

/* --- types --------------------------------------------------------------------------------- */

enum { REF = 100 }; /* a reference type's number is its type's plus this */

typedef struct TypeList {
    IoptDType *at;
    size_t n, capacity;
} TypeList;

static IoptStatus add_type(TypeList *list, IoptDType type, size_t times, IoptError *err)
{
    void *at = list->at;

    IOPT_TRY(iopt_grow(&at, &list->capacity, list->n + times, sizeof(IoptDType), err));
    list->at = at;
    for (size_t i = 0; i < times; i++)
        list->at[list->n++] = type;
    return IOPT_OK;
}

static IoptStatus find_attr(const IoptListNode *node, const char *name, const IoptAttr **out,
                            IoptError *err)
{
    *out = iopt_attr(node->node, name);
    if (!*out)
        return iopt_fail(err, IOPT_NOT_FOUND, "No attr named '%s' in NodeDef: '%s' (%s)", name,
                         node->node->name, node->node->op);
    return IOPT_OK;
}

static IoptStatus fail_kind(const IoptListNode *node, const IoptAttr *attr, const char *wanted,
                            IoptError *err)
{
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "AttrValue had value with type '%s' when '%s' expected for attr '%s' of '%s'",
                     iopt_attr_kind_text(attr->kind), wanted, attr->name, node->node->name);
}

/* "T", "N*T", "&T", "float"; a T that is a list of types stands for all of them. */
static IoptStatus add_types(const IoptListNode *node, IoptBytes entry, TypeList *list,
                            IoptError *err)
{
    enum { MOST_VALUES = 1 << 20 };
    const IoptAttr *attr;
    char text[64], *name = text;
    int64_t times = 1;

    copy_part(text, sizeof text, entry.data, entry.size);
    const bool is_ref = *name == '&';
    name += is_ref;
    char *const star = strchr(name, '*');
    if (star) {
        *star = 0;
        IOPT_TRY(find_attr(node, name, &attr, err));
        if (attr->kind != IOPT_ATTR_INT || attr->u.i < 0 || attr->u.i > MOST_VALUES)
            return fail_kind(node, attr, "int", err);
        times = attr->u.i;
        name = star + 1;
    }
    IoptDType type = iopt_dtype_from_name(name);
    if (!islower((unsigned char)*name) || type == IOPT_DTYPE_NONE) {
        IOPT_TRY(find_attr(node, name, &attr, err));
        if (attr->kind == IOPT_ATTR_EMPTY_LIST)
            return IOPT_OK;
        if (attr->kind == IOPT_ATTR_TYPES) {
            for (size_t i = 0; i < attr->count; i++)
                IOPT_TRY(add_type(list, attr->u.types[i], (size_t)times, err));
            return IOPT_OK;
        }
        if (attr->kind != IOPT_ATTR_TYPE)
            return fail_kind(node, attr, "type", err);
        type = attr->u.type;
    }
    return add_type(list, is_ref ? (IoptDType)(type + REF) : type, (size_t)times, err);
}

static IoptStatus read_types(const IoptListNode *node, const char *text, TypeList *list,
                             IoptError *err)
{
    IoptBytes entry;

    while (next_entry(&text, &entry))
        IOPT_TRY(add_types(node, entry, list, err));
    return IOPT_OK;
}

IoptStatus iopt_op_def_types(const IoptOpDef *def, const IoptListNode *node, IoptOpTypes *out,
                             IoptError *err)
{
    TypeList in = { 0 }, to = { 0 };

    IoptStatus status = read_types(node, def->inputs, &in, err);
    if (status == IOPT_OK)
        status = read_types(node, def->outputs, &to, err);
    *out = (IoptOpTypes){ in.at, to.at, in.n, to.n };
    if (status != IOPT_OK)
        iopt_op_types_free(out);
    return status;
}

void iopt_op_types_free(IoptOpTypes *types)
{
    free(types->in);
    free(types->out);
    *types = (IoptOpTypes){ 0 };
}
