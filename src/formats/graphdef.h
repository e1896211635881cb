/* Binary GraphDef: files of frozen graphs in and out.
 *
 * Reading maps the file; weights stay there until somebody changes them.  What nobody touched is
 * written back byte for byte: attributes, fields that we do not know, versions and functions.
 * Attributes are written in byte order of their names, nodes in graph order, inputs as "node",
 * "node:port" (port 0 left out) and "^node", data before control.
 */
#ifndef IOPT_FORMATS_GRAPHDEF_H
#define IOPT_FORMATS_GRAPHDEF_H

#include "formats/wire.h"
#include "graph/node_list.h"

/* Loads a binary GraphDef.  The graph keeps the mapping; the caller destroys the graph.
 * Fails with IOPT_NOT_FOUND or IOPT_IO for the file, IOPT_BAD_MODEL for its contents. */
IoptStatus iopt_graphdef_load(const char *path, IoptGraph **out, IoptError *err);

/* The same from memory; the graph takes a reference to `file`. */
IoptStatus iopt_graphdef_parse(IoptBuffer *file, IoptGraph **out, IoptError *err);

/* What the file says, as a list: names may repeat, inputs lead nowhere or in a circle, attributes
 * that make no sense stay raw bytes.  The list takes a reference to `file`. */
IoptStatus iopt_graphdef_parse_list(IoptBuffer *file, IoptNodeList **out, IoptError *err);

/* Writes the graph; the file appears only when it is whole.  Weights are streamed. */
IoptStatus iopt_graphdef_save(const IoptGraph *graph, const char *path, IoptError *err);

/* Appends the bytes that iopt_graphdef_save would write. */
IoptStatus iopt_graphdef_append(const IoptGraph *graph, IoptText *out, IoptError *err);

/* The same for lists: inputs as spelled. */
IoptStatus iopt_graphdef_save_list(const IoptNodeList *list, const char *path, IoptError *err);
IoptStatus iopt_graphdef_append_list(const IoptNodeList *list, IoptText *out, IoptError *err);

/* How many bytes iopt_graphdef_save would write. */
IoptStatus iopt_graphdef_size(const IoptGraph *graph, size_t *out, IoptError *err);

#endif
