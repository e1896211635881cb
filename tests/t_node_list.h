/* Small lists of nodes, written out, and what graph transforms make of them. */
#ifndef IOPT_TESTS_T_NODE_LIST_H
#define IOPT_TESTS_T_NODE_LIST_H

#include "passes/gtt/gtt_driver.h"
#include "t.h"

IoptNodeList *t_list(Test *t); /* an empty one; the test destroys it */

/* A node; its inputs are separated by blanks. */
IoptListNode *t_list_add(Test *t, IoptNodeList *list, const char *name, const char *op,
                         const char *inputs);

/* The same with attribute T (or dtype, for a Placeholder) float. */
IoptListNode *t_list_add_float(Test *t, IoptNodeList *list, const char *name, const char *op,
                               const char *inputs);

/* A Const. */
void t_list_add_floats(Test *t, IoptNodeList *list, const char *name, IoptShape shape,
                       const float *values);

/* NULL if there is none. */
const IoptListNode *t_list_find(const IoptNodeList *list, const char *name);

/* What the transforms said, one line behind the other. */
typedef struct TSaid {
    char text[2048];
} TSaid;

/* Replaces the list by what the transforms make of it. */
void t_list_transform(Test *t, IoptNodeList **list, const char *text);

/* The same with inputs and outputs ("x" or "x:0"; NULL: none); *said may be NULL. */
typedef struct TTransform {
    const char *input, *output;
    bool strict;
    TSaid *said;
} TTransform;
IoptStatus t_list_run(Test *t, IoptNodeList **list, const char *text, const TTransform *how);

/* "y=Op(a,b) z=Op()": all nodes in order. */
void t_list_expect(Test *t, const IoptNodeList *list, const char *want);

#endif
