/* TensorProto and TensorShapeProto: tensors as GraphDef writes them, to ours and back.
 *
 * Raw content stays where it is (a view on the file); values in typed fields are unpacked, the last
 * one repeated as often as the shape asks for.
 */
#ifndef IOPT_FORMATS_TENSOR_PROTO_H
#define IOPT_FORMATS_TENSOR_PROTO_H

#include "formats/wire.h"
#include "tensor/tensor.h"

enum { IOPT_PROTO_MAX_RANK = 254 };

/* Bytes that repeated values may fill beyond what is in the file, in all tensors of one graph. */
#define IOPT_MAX_REPEATED_BYTES ((size_t)512 << 20)

/* Reads a shape.  *fits is false, and *out an unknown shape, for more than IOPT_MAX_RANK
 * dimensions.  Fails with IOPT_BAD_MODEL on broken bytes and on a dimension below -1. */
IoptStatus iopt_shape_decode(IoptBytes message, IoptShape *out, bool *fits, IoptError *err);

/* Reads a tensor.
 *
 *   message   the wire bytes of a TensorProto; inside `owner`, which a view then refers to
 *   repeated  in and out: bytes made so far by repeating values (IOPT_MAX_REPEATED_BYTES)
 *   out       NULL with IOPT_OK: a tensor that we do not hold (resource, variant, a rank above
 *             IOPT_MAX_RANK, a type younger than this program); keep its bytes
 */
IoptStatus iopt_tensor_decode(IoptBytes message, IoptBuffer *owner, size_t *repeated,
                              IoptTensor **out, IoptError *err);

/* Writes a tensor as *head followed by *tail: raw content, which stays the tensor's. */
IoptStatus iopt_tensor_encode(const IoptTensor *tensor, IoptText *head, IoptBytes *tail,
                              IoptError *err);

/* Writes a shape, unknown dimensions as -1. */
void iopt_shape_encode(const IoptShape *shape, IoptText *out);

#endif
