/* Attributes and nodes in the words of TensorFlow's messages and tools.
 *
 * Everything is read from the wire bytes, so that what we do not decode has a text as well.
 */
#ifndef IOPT_FORMATS_ATTR_TEXT_H
#define IOPT_FORMATS_ATTR_TEXT_H

#include "formats/wire.h"
#include "graph/node_list.h"

/* The value of an attribute: "DT_FLOAT", "[1,2,2,1]", "\"SAME\"".  Strings of 80 and more
 * characters and lists of 30 and more elements are shortened. */
IoptStatus iopt_attr_text(const IoptAttr *attr, IoptBuffer *file, IoptText *out, IoptError *err);

/* "{{node c}} = Conv2D[T=DT_FLOAT, _device="/cpu:0"](x, w)". */
IoptStatus iopt_list_node_text(const IoptListNode *node, IoptBuffer *file, IoptText *out,
                               IoptError *err);

/* Whether two attributes have one value: tensors the same type, shape and elements, whatever form
 * they are written in; functions the same attributes in any order. */
IoptStatus iopt_attr_same(const IoptAttr *a, const IoptAttr *b, bool *same, IoptError *err);

#endif
