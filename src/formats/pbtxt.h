/* The text format of protocol buffers (.pbtxt), for graphs and for any message we have a schema of.
 *
 * Text becomes wire bytes and wire bytes become text, message by message, led by protobuf-c's
 * descriptors; graphs then go through graphdef.h.  What is written is what protobuf's own printer
 * writes: two spaces of indentation, fields by number, maps sorted by key, shortest floats.
 */
#ifndef IOPT_FORMATS_PBTXT_H
#define IOPT_FORMATS_PBTXT_H

#include <protobuf-c/protobuf-c.h>

#include "formats/wire.h"
#include "graph/node_list.h"

/* Translates text to the wire bytes of one message, appended to `out`.
 * Fails with IOPT_BAD_MODEL, naming line, column and field. */
IoptStatus iopt_pbtxt_to_wire(const ProtobufCMessageDescriptor *type, IoptBytes text, IoptText *out,
                              IoptError *err);

/* Prints a message, each line indented by `indent` spaces.  Fields without a schema become
 * comments. */
IoptStatus iopt_wire_to_pbtxt(const ProtobufCMessageDescriptor *type, IoptBytes message,
                              size_t indent, IoptText *out, IoptError *err);

/* Appends bytes as a quoted string, escaped. */
void iopt_pbtxt_quote(IoptText *out, IoptBytes bytes);

/* Reads and writes whole graphs. */
IoptStatus iopt_pbtxt_parse(IoptBytes text, IoptGraph **out, IoptError *err);
IoptStatus iopt_pbtxt_load(const char *path, IoptGraph **out, IoptError *err);
IoptStatus iopt_pbtxt_save(const IoptGraph *graph, const char *path, IoptError *err);

/* The same for lists of nodes (graphdef.h says how they differ). */
IoptStatus iopt_pbtxt_parse_list(IoptBytes text, IoptNodeList **out, IoptError *err);
IoptStatus iopt_pbtxt_save_list(const IoptNodeList *list, const char *path, IoptError *err);

#endif
