/* Checkpoints of TensorFlow's second format: PREFIX.index, a sorted table of what there is, and
 * PREFIX.data-00000-of-00001 with the values. */
#ifndef IOPT_FORMATS_TENSOR_BUNDLE_H
#define IOPT_FORMATS_TENSOR_BUNDLE_H

#include "tensor/tensor.h"

typedef struct IoptBundle IoptBundle;

/* Opens a checkpoint by its prefix.  IOPT_NOT_FOUND "PREFIX.index; No such file or directory",
 * IOPT_BAD_DATA for an index that is none. */
IoptStatus iopt_bundle_open(const char *prefix, IoptBundle **out, IoptError *err);
void iopt_bundle_close(IoptBundle *bundle); /* NULL is fine */

/* Reads a tensor by its name; the caller destroys it.  IOPT_NOT_FOUND if there is none of this
 * name, IOPT_UNSUPPORTED if it is stored in slices. */
IoptStatus iopt_bundle_read(const IoptBundle *bundle, const char *name, IoptTensor **out,
                            IoptError *err);

#endif
