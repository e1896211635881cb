/* AttrValue: attributes as GraphDef writes them, to ours and back. */
#ifndef IOPT_FORMATS_ATTR_VALUE_H
#define IOPT_FORMATS_ATTR_VALUE_H

#include "formats/wire.h"
#include "graph/graph.h"

/* Reads one attribute.
 *
 *   graph     gets the arrays and the tensor; its file is what `value` lies in
 *   value     wire bytes of an AttrValue; becomes attr->raw
 *   repeated  as iopt_tensor_decode has it
 *   out       all but the name is set
 */
IoptStatus iopt_attr_decode(IoptGraph *graph, IoptBytes value, size_t *repeated, IoptAttr *out,
                            IoptError *err);

/* Writes one attribute as *head (appended to) followed by *tail, which stays the attribute's.
 * Raw bytes go out as they came in. */
IoptStatus iopt_attr_encode(const IoptAttr *attr, IoptText *head, IoptBytes *tail, IoptError *err);

/* The fields of `message` that `pick` chooses, joined: their contents, or (`whole`) with their
 * tags.  Two parts of one message field merge when they are joined, as protobuf has it.  A view
 * where possible, else in the arena; data is NULL if there is no such field. */
IoptStatus iopt_wire_gather(IoptArena *arena, IoptBytes message,
                            bool (*pick)(const IoptWireField *field), bool whole, IoptBytes *out,
                            IoptError *err);

#endif
