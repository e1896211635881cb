/* One NodeDef, read in place: what graphs and lists of nodes have in common. */
#ifndef IOPT_FORMATS_NODE_DEF_H
#define IOPT_FORMATS_NODE_DEF_H

#include "formats/wire.h"
#include "graph/node_list.h"

/* What the nodes of one file share. */
typedef struct IoptNodeReader {
    IoptGraph *graph; /* gets texts, attributes and tensors; its file is what is read */
    size_t repeated;  /* bytes of tensors made by repeating values */
    bool lenient;     /* attributes that make no sense stay raw bytes, names may be anything */
} IoptNodeReader;

/* The texts of a node, zero-terminated in the graph's arena, and what else there is to read. */
typedef struct IoptNodeTexts {
    const char *name, *op, *device;
    size_t n_attrs;
    bool has_unknown;
} IoptNodeTexts;

/* Reads the texts of node number `place` from its wire bytes. */
IoptStatus iopt_node_def_texts(IoptNodeReader *reader, IoptBytes bytes, size_t place,
                               IoptNodeTexts *out, IoptError *err);

/* Reads device, attributes and unknown fields into a node that was made from the texts. */
IoptStatus iopt_node_def_fill(IoptNodeReader *reader, IoptBytes bytes, const IoptNodeTexts *texts,
                              IoptNode *node, IoptError *err);

/* The next input as spelled; false at the end.  *wire begins as iopt_wire(bytes). */
bool iopt_node_def_input(IoptWire *wire, IoptBytes *out);

/* Appends the node that `bytes` describe to a list, its inputs as they are spelled.  Fails with
 * IOPT_BAD_MODEL for an input that is no text. */
IoptStatus iopt_node_def_add(IoptNodeReader *reader, IoptBytes bytes, IoptNodeList *list,
                             IoptError *err);

#endif
