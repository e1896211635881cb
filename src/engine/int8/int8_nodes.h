/* Making nodes on codes: what the rules of the recognizer share. */
#ifndef IOPT_ENGINE_INT8_NODES_H
#define IOPT_ENGINE_INT8_NODES_H

#include "engine/int8/int8_range.h"

/* A value that is there in codes: it is made by an _Int8Dequantize. */
typedef struct IoptInt8Value {
    IoptValue codes;
    IoptInt8Range range;
} IoptInt8Value;

/* Whether a float value is made from codes. */
bool iopt_int8_is_coded(IoptValue value);

/* The codes of such a value. */
IoptInt8Value iopt_int8_value(IoptValue value);

/* A node with inputs, for attributes to be set; it is not inferred yet. */
IoptStatus iopt_int8_add_node(IoptGraph *graph, const char *name, const char *op,
                              const IoptValue *in, size_t n_in, IoptNode **out, IoptError *err);

/* A Const next to `name`; takes the tensor, also on failure. */
IoptStatus iopt_int8_add_const(IoptGraph *graph, const char *name, IoptTensor *taken,
                               IoptValue *out, IoptError *err);

/* Copies an attribute, if it is there. */
IoptStatus iopt_int8_copy_attr(IoptNode *to, const IoptNode *from, const char *name,
                               IoptError *err);

/* Facts of a node that is made but not yet put in place. */
IoptStatus iopt_int8_infer(IoptNode *node, IoptError *err);

/* The values of codes. */
IoptStatus iopt_int8_add_values(IoptValue codes, const IoptInt8Range *range, IoptNode **out,
                                IoptError *err);

/* Infers `to` and gives it the name of `from.node`; every reader of `from` reads `to` instead, and
 * nodes that nobody needs any more go. */
IoptStatus iopt_int8_replace(IoptValue from, IoptNode *to, IoptError *err);

/* The same with the values of the codes that `to` makes. */
IoptStatus iopt_int8_replace_coded(IoptValue from, IoptNode *to, const IoptInt8Range *range,
                                   IoptError *err);

/* A node that gives what its first input is goes: its readers read that. */
IoptStatus iopt_int8_bypass(IoptNode *node, IoptError *err);

#endif
