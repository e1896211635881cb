/* The ops that TensorFlow 1.15 knows: inputs, outputs, attributes with defaults, statefulness. */
#ifndef IOPT_PASSES_GTT_OP_DEF_H
#define IOPT_PASSES_GTT_OP_DEF_H

#include "passes/gtt/gtt_transform.h"

typedef struct IoptOpDef {
    const char *name;
    const char *inputs,
        *outputs;      /* "input:T, filter:T", "values:N*T", "components:Toutput_types" */
    const char *attrs; /* "T:type=DT_FLOAT, strides:list(int), N:int" */
    bool stateful;
} IoptOpDef;

/* NULL if the op is not registered. */
const IoptOpDef *iopt_op_def_find(const char *op);

/* The same; IOPT_NOT_FOUND if it is not. */
IoptStatus iopt_op_def_get(const char *op, const IoptOpDef **out, IoptError *err);

/* TensorFlow's words for an op that is not registered: IOPT_NOT_FOUND. */
IoptStatus iopt_op_def_fail(const char *op, IoptError *err);

/* The next attribute's name; *at begins as def->attrs.  False at the end. */
bool iopt_op_def_next_attr(const char **at, IoptBytes *name, bool *has_default);

/* Gives the node each attribute that its op has a default for and that the node lacks. */
IoptStatus iopt_op_def_add_defaults(const IoptOpDef *def, IoptListNode *node, IoptError *err);

/* The types of all inputs and outputs that op and attributes ask for; free() both arrays.
 * IOPT_NOT_FOUND "No attr named 'T' in NodeDef:", IOPT_INVALID_ARGUMENT for bad attributes. */
typedef struct IoptOpTypes {
    IoptDType *in, *out;
    size_t n_in, n_out;
} IoptOpTypes;
IoptStatus iopt_op_def_types(const IoptOpDef *def, const IoptListNode *node, IoptOpTypes *out,
                             IoptError *err);
void iopt_op_types_free(IoptOpTypes *types);

#endif
