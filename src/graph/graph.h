/* The graph: nodes in file order, their inputs as links, their attributes, what is known of their
 * values, and who uses them.
 *
 *   node    one NodeDef; it may have several outputs, numbered by ports
 *   value   output number `port` of a node: what flows along an edge
 *   fact    what is known of a value (tensor/fact.h)
 *   use     one input of a node that reads a value; a graph output counts as a use as well
 *
 * A graph owns its nodes, names, attributes and tensors (an arena, and references to buffers);
 * pointers to them stay good as long as the graph lives, even after a node was removed from it.
 * Nothing here is safe under several threads on one graph.
 */
#ifndef IOPT_GRAPH_GRAPH_H
#define IOPT_GRAPH_GRAPH_H

#include <string.h>

#include "base/map.h"
#include "base/memory.h"
#include "graph/attr.h"
#include "iopt/graph.h"

typedef struct IoptNode IoptNode;

typedef struct IoptValue {
    IoptNode *node;
    int port;
} IoptValue;

typedef struct IoptUse {
    IoptNode *node; /* the reader */
    int slot;       /* which of its inputs; IOPT_CONTROL for a control edge */
} IoptUse;

enum { IOPT_CONTROL = -1 };

struct IoptNode {
    const char *name, *op, *device; /* device "" where none is given */
    IoptValue *in;                  /* data inputs */
    size_t n_in;
    IoptNode **control; /* control inputs, without duplicates */
    size_t n_control;
    IoptAttr *attrs; /* sorted by name, byte order */
    size_t n_attrs;
    IoptBytes unknown; /* fields of NodeDef that we do not know, as they stood in the file */

    IoptFact *facts; /* of the outputs; NULL until inferred (ops/infer.h) */
    size_t n_out;    /* how many facts */
    IoptUse *uses;   /* data and control edges that leave this node, in no particular order */
    size_t n_uses, uses_capacity;
    IoptGraph *graph;
    size_t index;  /* place in graph->nodes */
    bool removed;  /* taken out; still in graph->nodes until iopt_graph_compact */
    uint64_t mark; /* scratch for whoever walks the graph */
};

struct IoptGraph {
    IoptNode **nodes; /* file order; new nodes come behind */
    size_t n_nodes, nodes_capacity;
    IoptValue *inputs; /* the values that are fed, in the order asked for */
    size_t n_inputs;
    IoptValue *outputs; /* the values that are wanted; they count as used */
    size_t n_outputs;
    IoptBytes versions; /* wire bytes of GraphDef.versions, as read */
    IoptBytes library; /* wire bytes of GraphDef.library; has_library says whether it stood there */
    bool has_library;
    bool internal_ops; /* the engine's own copy: it may hold ops that stand in no file (ops/op.h) */
    IoptBytes unknown; /* other fields of GraphDef, as read */

    IoptArena *arena;
    IoptMap by_name;
    void *tensors; /* IoptTensor*[]: everything that attributes point to */
    size_t n_tensors, tensors_capacity;
    IoptBuffer *file; /* what raw bytes and mapped tensors point into; NULL if made here */
    size_t next_name;
};

IoptStatus iopt_graph_create(IoptGraph **out, IoptError *err);

/* A graph of its own with the same nodes in the same order; tensors are shared, facts copied. */
IoptStatus iopt_graph_clone(const IoptGraph *graph, IoptGraph **out, IoptError *err);
/* iopt_graph_destroy is public: iopt/graph.h */

/* --- reading ------------------------------------------------------------------------------- */

IoptNode *iopt_graph_find(const IoptGraph *graph, const char *name); /* NULL if absent */

/* "name" or "name:port" to a value; the error suggests the nearest name. */
IoptStatus iopt_graph_find_value(const IoptGraph *graph, const char *text, IoptValue *out,
                                 IoptError *err);

/* Nodes of a compact graph so that each comes behind its inputs, control inputs included; among
 * those that are ready the one first in file order goes first.  free() the array.  A cycle that
 * does not pass through NextIteration is IOPT_BAD_MODEL, naming a node of it. */
IoptStatus iopt_graph_order(const IoptGraph *graph, IoptNode ***out, IoptError *err);

/* Where a walk goes on from a node. */
typedef enum IoptReach {
    IOPT_REACH_INPUTS, /* to what it reads, */
    IOPT_REACH_NEEDED, /* and over control edges to what else runs before it */
    IOPT_REACH_READERS /* to what reads it */
} IoptReach;

/* Which nodes a walk from these values comes to, their own included: by node->index; free() it. */
IoptStatus iopt_graph_reach(const IoptGraph *graph, const IoptValue *from, size_t count,
                            IoptReach reach, bool **out, IoptError *err);

static inline bool iopt_is_op(const IoptNode *node, const char *op)
{
    return strcmp(node->op, op) == 0;
}

/* Whether `op` is one of "A|B|C". */
bool iopt_op_in(const char *op, const char *alternatives);

const IoptAttr *iopt_attr(const IoptNode *node, const char *name); /* NULL if absent */

/* The attribute's value, or `fallback` if it is absent or of another kind. */
int64_t iopt_attr_int(const IoptNode *node, const char *name, int64_t fallback);
float iopt_attr_float(const IoptNode *node, const char *name, float fallback);
bool iopt_attr_bool(const IoptNode *node, const char *name, bool fallback);
IoptDType iopt_attr_type(const IoptNode *node, const char *name, IoptDType fallback);
const char *iopt_attr_string(const IoptNode *node, const char *name, const char *fallback);

/* *out = the ints (borrowed) and their count; NULL and 0 for an absent or empty list. */
size_t iopt_attr_ints(const IoptNode *node, const char *name, const int64_t **out);

/* A constant's tensor at an aligned address; NULL if the node is no Const or memory ran out.  The
 * first call for a mapped payload at an odd address makes an aligned copy that the graph keeps. */
const IoptTensor *iopt_const(const IoptNode *node);

/* The same without that copy: the bytes may be unaligned (read them by memcpy). */
const IoptTensor *iopt_const_mapped(const IoptNode *node);

/* The constant that input `slot` reads (iopt_const), or NULL. */
const IoptTensor *iopt_const_input(const IoptNode *node, size_t slot);

/* What is known of a value; a fact that knows nothing if it was never inferred. */
IoptFact iopt_fact_at(IoptValue value);

/* How many data inputs, control edges and graph outputs read a node or one of its values. */
size_t iopt_node_uses(const IoptNode *node);
size_t iopt_value_uses(IoptValue value);
bool iopt_is_output(const IoptNode *node); /* any of its values is a graph output */
bool iopt_is_input(const IoptNode *node);  /* any of its values is fed */

/* --- building and changing ----------------------------------------------------------------- */

/* Adds a node; its name must be new (IOPT_BAD_MODEL otherwise).  Texts are copied. */
IoptStatus iopt_graph_add(IoptGraph *graph, const char *name, const char *op, IoptNode **out,
                          IoptError *err);

/* "base", or "base_1", "base_2" ... if that is taken; belongs to the arena, NULL without memory. */
const char *iopt_graph_unique_name(IoptGraph *graph, const char *base);
IoptStatus iopt_graph_rename(IoptNode *node, const char *name, IoptError *err);

IoptStatus iopt_node_add_input(IoptNode *node, IoptValue value, IoptError *err);
IoptStatus iopt_node_set_input(IoptNode *node, size_t slot, IoptValue value, IoptError *err);
IoptStatus iopt_node_set_inputs(IoptNode *node, const IoptValue *values, size_t count,
                                IoptError *err);
IoptStatus iopt_node_add_control(IoptNode *node, IoptNode *before, IoptError *err);
void iopt_node_remove_control(IoptNode *node, IoptNode *before);
void iopt_node_clear_controls(IoptNode *node);

/* Adds or replaces an attribute; what it points to is copied into the arena, a tensor is taken
 * over by the graph (also on failure). */
IoptStatus iopt_node_set_attr(IoptNode *node, const IoptAttr *attr, IoptError *err);
IoptStatus iopt_node_set_int(IoptNode *node, const char *name, int64_t value, IoptError *err);
IoptStatus iopt_node_set_float(IoptNode *node, const char *name, float value, IoptError *err);
IoptStatus iopt_node_set_bool(IoptNode *node, const char *name, bool value, IoptError *err);
IoptStatus iopt_node_set_type(IoptNode *node, const char *name, IoptDType value, IoptError *err);
IoptStatus iopt_node_set_string(IoptNode *node, const char *name, const char *value,
                                IoptError *err);
IoptStatus iopt_node_set_shape(IoptNode *node, const char *name, const IoptShape *value,
                               IoptError *err);
IoptStatus iopt_node_set_ints(IoptNode *node, const char *name, const int64_t *values, size_t count,
                              IoptError *err);
IoptStatus iopt_node_set_tensor(IoptNode *node, const char *name, IoptTensor *taken,
                                IoptError *err);
void iopt_node_remove_attr(IoptNode *node, const char *name);

/* A Const with attributes dtype and value; takes the tensor, also on failure. */
IoptStatus iopt_graph_add_const(IoptGraph *graph, const char *name, IoptTensor *taken,
                                IoptNode **out, IoptError *err);

/* Every reader of `from`, graph outputs included, reads `to` instead.  Control edges stay. */
IoptStatus iopt_graph_replace_value(IoptValue from, IoptValue to, IoptError *err);

/* Every control edge that leaves `from` leaves `to` instead. */
IoptStatus iopt_graph_replace_control(IoptNode *from, IoptNode *to, IoptError *err);

/* Takes a node that nobody uses (asserted) out of the graph, and with it every node that only it
 * needed; fed nodes stay.  They stay in graph->nodes, marked, until the graph is compacted: a walk
 * over that array while nodes are removed skips the marked ones. */
void iopt_graph_remove(IoptNode *node);
void iopt_graph_compact(IoptGraph *graph);

/* Removes every node that no graph output needs, over data and control edges; tells how many.
 * Placeholders among graph->inputs stay. */
size_t iopt_graph_sweep(IoptGraph *graph);

/* Chooses what is fed and what is wanted. */
IoptStatus iopt_graph_set_inputs(IoptGraph *graph, const IoptValue *values, size_t count,
                                 IoptError *err);
IoptStatus iopt_graph_set_outputs(IoptGraph *graph, const IoptValue *values, size_t count,
                                  IoptError *err);

/* Remembers a tensor that attributes may point to; takes it, also on failure. */
IoptStatus iopt_graph_own(IoptGraph *graph, IoptTensor *taken, IoptError *err);

/* --- checking ------------------------------------------------------------------------------ */

/* Links, use lists, names and order agree; no cycle.  IOPT_BAD_MODEL names the node. */
IoptStatus iopt_graph_verify(const IoptGraph *graph, IoptError *err);

#endif
