/* Attributes of a node: TensorFlow's AttrValue, decoded, with the bytes it was read from.
 *
 * `raw` holds the wire bytes of the AttrValue as they stood in the file, so that what nobody
 * touched is written back byte for byte; an attribute made here has none.
 */
#ifndef IOPT_GRAPH_ATTR_H
#define IOPT_GRAPH_ATTR_H

#include "tensor/fact.h"

typedef enum IoptAttrKind {
    IOPT_ATTR_OPAQUE, /* kept as raw bytes only: a kind or a size that we do not decode */
    IOPT_ATTR_STRING,
    IOPT_ATTR_INT,
    IOPT_ATTR_FLOAT,
    IOPT_ATTR_BOOL,
    IOPT_ATTR_TYPE,
    IOPT_ATTR_SHAPE,
    IOPT_ATTR_TENSOR,
    IOPT_ATTR_FUNC,       /* `s` is the function's name; its own attributes stay in raw */
    IOPT_ATTR_EMPTY_LIST, /* a list without elements has no type */
    IOPT_ATTR_STRINGS,
    IOPT_ATTR_INTS,
    IOPT_ATTR_FLOATS,
    IOPT_ATTR_BOOLS,
    IOPT_ATTR_TYPES,
    IOPT_ATTR_SHAPES
} IoptAttrKind;

/* Arrays and texts belong to the graph's arena. */
typedef struct IoptAttr {
    const char *name;
    IoptAttrKind kind;
    size_t count; /* of the lists */
    union {
        IoptBytes s;
        int64_t i;
        float f;
        bool b;
        IoptDType type;
        IoptShape shape;
        const IoptTensor *tensor; /* the graph's; its bytes may be mapped and unaligned */
        const IoptBytes *strings;
        const int64_t *ints;
        const float *floats;
        const bool *bools;
        const IoptDType *types;
        const IoptShape *shapes;
    } u;
    const IoptTensor *aligned; /* the tensor again, at an aligned address; made when asked for */
    IoptBytes raw;
} IoptAttr;

/* "int", "list of strings": for messages. */
const char *iopt_attr_kind_text(IoptAttrKind kind);

/* Same name and same value, by value for what is decoded and by bytes for what is not. */
bool iopt_attr_equal(const IoptAttr *a, const IoptAttr *b);

#endif
