/* Edits: one rewrite of a few nodes, applied as a whole or not at all.
 *
 * A rewrite makes new nodes and says which old values they replace; nothing that was there changes
 * until the edit is committed.  Old nodes that nobody needs any more are then removed.
 */
#ifndef IOPT_GRAPH_EDIT_H
#define IOPT_GRAPH_EDIT_H

#include "graph/graph.h"

typedef struct IoptEdit {
    IoptGraph *graph;
    const char *skipped; /* why the rewrite declined, or NULL; belongs to `text` */
    char text[256];
    struct IoptReplacement {
        IoptValue from, to;
        bool whole; /* the new node stands for the old one: control edges and the name too */
    } * replacements;
    size_t n_replacements, replacements_capacity;
    struct IoptAddition {
        IoptNode *node;
        const IoptNode *origin; /* what it is a copy of or stands in for; NULL: of nothing */
    } * added;
    size_t n_added, added_capacity;
} IoptEdit;

void iopt_edit_begin(IoptEdit *edit, IoptGraph *graph);

/* Declines; returns IOPT_OK so that a rewrite may `return iopt_edit_skip(...)`. */
IoptStatus iopt_edit_skip(IoptEdit *edit, const char *format, ...) IOPT_PRINTF(2, 3);

/* A new node named after `base` (made unique), on the device of `like` if that is not NULL. */
IoptStatus iopt_edit_add(IoptEdit *edit, const char *base, const char *op, const IoptNode *like,
                         IoptNode **out, IoptError *err);

/* A new node with op, inputs, control inputs and attributes of `node`, whose name it takes if the
 * edit makes that one useless. */
IoptStatus iopt_edit_clone(IoptEdit *edit, const IoptNode *node, IoptNode **out, IoptError *err);

/* A new Const; takes the tensor, also on failure. */
IoptStatus iopt_edit_add_const(IoptEdit *edit, const char *base, IoptTensor *taken, IoptNode **out,
                               IoptError *err);

/* Input `slot` of a new node becomes a new Const named after the old one; takes the tensor. */
IoptStatus iopt_edit_set_const(IoptEdit *edit, IoptNode *node, size_t slot, IoptTensor *taken,
                               IoptError *err);

/* A zeroed tensor of the same type and shape, for the caller to fill and hand over. */
IoptStatus iopt_edit_tensor_like(IoptEdit *edit, const IoptTensor *tensor, IoptTensor **out,
                                 IoptError *err);

/* Every use of `from` shall use `to`. */
IoptStatus iopt_edit_replace_value(IoptEdit *edit, IoptValue from, IoptValue to, IoptError *err);

/* `to` stands for `from`: all its ports, its control edges, and, if `to` is new, its name. */
IoptStatus iopt_edit_replace(IoptEdit *edit, IoptNode *from, IoptNode *to, IoptError *err);

/* Applies the edit and removes what became useless.  An edit that skipped or replaces nothing only
 * loses its new nodes. */
IoptStatus iopt_edit_commit(IoptEdit *edit, IoptError *err);

/* Drops the new nodes; the graph is as before. */
void iopt_edit_abandon(IoptEdit *edit);

#endif
