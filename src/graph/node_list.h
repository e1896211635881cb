/* A GraphDef as a list of nodes whose inputs are names: what a file says, before anybody asks
 * whether it makes sense.
 *
 * Names may repeat, inputs may point nowhere or in a circle, and "x" is another spelling than
 * "x:0". TensorFlow's Graph Transform Tool works on this form, and its results depend on it;
 * everything else here works on an IoptGraph.
 */
#ifndef IOPT_GRAPH_NODE_LIST_H
#define IOPT_GRAPH_NODE_LIST_H

#include "graph/graph.h"

/* `node` carries name, op, device, attributes and unknown fields (read and set them with the
 * functions of graph.h); it belongs to no graph's node array and its links are not used. */
typedef struct IoptListNode {
    IoptNode *node;
    const char **inputs; /* as spelled: "x", "x:1", "^x" */
    size_t n_inputs, inputs_capacity;
} IoptListNode;

/* Lists made from each other share one carrier: an empty graph whose arena, tensors and file keep
 * everything alive until the last of the lists is gone. */
typedef struct IoptNodeList {
    IoptGraph *carrier;
    struct IoptListShare *share; /* counts the lists that share the carrier */
    IoptListNode **nodes;        /* file order; each allocated in the carrier's arena */
    size_t n_nodes, nodes_capacity;
    IoptBytes versions, library; /* wire bytes of these fields of GraphDef */
    bool has_versions, has_library;
    IoptBytes unknown; /* other fields of GraphDef, the deprecated `version` among them */
} IoptNodeList;

/* An empty list; `like` shares its carrier, NULL gives a new one. */
IoptStatus iopt_list_create(const IoptNodeList *like, IoptNodeList **out, IoptError *err);
void iopt_list_destroy(IoptNodeList *list); /* NULL is fine */

/* A list with copies of all nodes, versions, library and unknown fields, sharing the carrier. */
IoptStatus iopt_list_clone(const IoptNodeList *list, IoptNodeList **out, IoptError *err);

/* Appends a new node without inputs and attributes. */
IoptStatus iopt_list_add(IoptNodeList *list, const char *name, const char *op, IoptListNode **out,
                         IoptError *err);

/* Appends a copy of a node (of a list with the same carrier). */
IoptStatus iopt_list_add_copy(IoptNodeList *list, const IoptListNode *node, IoptListNode **out,
                              IoptError *err);

/* Moves all nodes of `from`, which has the same carrier and is empty afterwards, behind `list`. */
IoptStatus iopt_list_move_all(IoptNodeList *list, IoptNodeList *from, IoptError *err);

/* Texts are copied. */
IoptStatus iopt_list_add_input(IoptListNode *node, const char *input, IoptError *err);
IoptStatus iopt_list_add_input_bytes(IoptListNode *node, IoptBytes input, IoptError *err);
IoptStatus iopt_list_set_input(IoptListNode *node, size_t i, const char *input, IoptError *err);
void iopt_list_clear_inputs(IoptListNode *node);
IoptStatus iopt_list_set_name(IoptListNode *node, const char *name, IoptError *err);
IoptStatus iopt_list_set_op(IoptListNode *node, const char *op, IoptError *err);
IoptStatus iopt_list_set_device(IoptListNode *node, const char *device, IoptError *err);

/* A linked graph of the list: IOPT_BAD_MODEL on repeated names, absent inputs, cycles. */
IoptStatus iopt_list_link(const IoptNodeList *list, IoptGraph **out, IoptError *err);

/* The list that says what a graph says. */
IoptStatus iopt_list_from_graph(const IoptGraph *graph, IoptNodeList **out, IoptError *err);

#endif
