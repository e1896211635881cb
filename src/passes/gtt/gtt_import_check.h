/* What the import of a node checks. */
#ifndef IOPT_PASSES_GTT_IMPORT_CHECK_H
#define IOPT_PASSES_GTT_IMPORT_CHECK_H

#include "passes/gtt/gtt_import.h"
#include "passes/gtt/gtt_op_def.h"

/* Names, inputs that exist, control inputs behind the others. */
IoptStatus iopt_gtt_check_names(const IoptNodeList *list, IoptError *err);

/* The op's definition, or NULL for a function of the library; IOPT_NOT_FOUND for neither. */
IoptStatus iopt_gtt_find_op(const IoptNodeList *list, const char *op, const IoptOpDef **out,
                            IoptError *err);

/* Attributes that the op does not have (unless `later` ones may be there), and missing ones;
 * defaults have been added. */
IoptStatus iopt_gtt_check_attrs(const IoptOpDef *def, const IoptNode *node, bool later,
                                IoptError *err);

/* Ports and types of the data inputs.  types[i] are those of list->nodes[i]; known[i] is whether
 * there are any. */
IoptStatus iopt_gtt_check_types(const IoptGttImport *import, const IoptOpTypes *types,
                                const bool *known, IoptError *err);

/* Entries loc:@X of _class name nodes of the graph. */
IoptStatus iopt_gtt_check_colocations(const IoptGraph *graph, const IoptNode *node, IoptError *err);

#endif
