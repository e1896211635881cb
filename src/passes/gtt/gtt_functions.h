/* The functions that a graph defines (FunctionDefLibrary), read where they are needed. */
#ifndef IOPT_PASSES_GTT_FUNCTIONS_H
#define IOPT_PASSES_GTT_FUNCTIONS_H

#include "graph/node_list.h"

/* One function, in the arena of the list's carrier; its nodes' inputs are spelled as functions have
 * it: "arg", "node:output:0". */
typedef struct IoptFunction {
    const char *name;
    const char **inputs, **outputs; /* names of the arguments and of the results */
    size_t n_inputs, n_outputs;
    IoptNodeList *nodes; /* shares the carrier */
    IoptMap returns;     /* result -> where it comes from: const char * */
} IoptFunction;

/* Gives a node whose op is a function of the library the attributes that the function has defaults
 * for and the node lacks.  *found: whether there is such a function. */
IoptStatus iopt_gtt_function_defaults(const IoptNodeList *list, IoptListNode *node, bool *found,
                                      IoptError *err);

/* Reads a function; IOPT_NOT_FOUND "function F Not found". */
IoptStatus iopt_gtt_read_function(const IoptNodeList *list, const char *name, IoptFunction *out,
                                  IoptError *err);
void iopt_gtt_function_free(IoptFunction *function);

#endif
