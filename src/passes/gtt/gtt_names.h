/* Inputs as spelled: "x", "x:1", "^x". */
#ifndef IOPT_PASSES_GTT_NAMES_H
#define IOPT_PASSES_GTT_NAMES_H

#include "graph/node_list.h"

/* Views into the spelled input; suffix is "" or ":1". */
typedef struct IoptGttName {
    bool control;
    IoptBytes node, suffix;
} IoptGttName;

IoptGttName iopt_gtt_split(const char *input);
bool iopt_gtt_is_control(const char *input); /* begins with ^ */

/* Whether the input names this node, whatever its port. */
bool iopt_gtt_names(const char *input, const char *node);

/* Whether two inputs are one value: "x" and "x:0" are, "x" and "^x" are not. */
bool iopt_gtt_same_value(const char *a, const char *b);

/* The node's name of an input, and an input with its port spelled out; NULL without memory. */
const char *iopt_gtt_node_name(IoptArena *arena, const char *input);
const char *iopt_gtt_canonical(IoptArena *arena, const char *input);

/* The same input of another node; NULL without memory. */
const char *iopt_gtt_respell(IoptArena *arena, const char *input, const char *node);

/* How many inputs are data inputs. */
size_t iopt_gtt_data_inputs(const IoptListNode *node);

/* Whether one of the strings is (exactly) `name`; whether one names the node, ports stripped. */
bool iopt_gtt_contains(const char *const *names, size_t count, const char *name);
bool iopt_gtt_contains_node(const char *const *names, size_t count, const char *node);

/* Name to IoptListNode; of nodes with one name the last wins.  iopt_map_free it. */
IoptStatus iopt_gtt_index(const IoptNodeList *list, IoptMap *out, IoptError *err);

/* The node that an input names, or NULL. */
IoptListNode *iopt_gtt_source(const IoptMap *index, const char *input);

#endif
