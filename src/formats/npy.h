/* .npy: numpy's file of one array, versions 1 to 3, to a tensor and back.
 *
 * TensorFlow's types that numpy does not have are stored as their bits: quint8, qint8, quint16,
 * qint16, qint32 as the plain integers, bfloat16 as uint16.  Strings are numpy's S: elements of an
 * array lose their padding of zero bytes, a 0-d string has exactly the width of the item (and one
 * zero byte is the empty string).
 */
#ifndef IOPT_FORMATS_NPY_H
#define IOPT_FORMATS_NPY_H

#include <stdbool.h>

#include "base/status.h"
#include "iopt/tensor.h"

/* What the header says, and where the elements are: borrowed from the file's bytes. */
typedef struct IoptNpyView {
    IoptDType dtype; /* the plain type: U16 for a stored bfloat16 */
    IoptShape shape;
    size_t item_bytes; /* of one element in the file; the width for strings */
    size_t elems;
    bool fortran_order; /* first dimension fastest, and rank > 1 */
    bool big_endian;    /* and items of more than one byte */
    const void *data;   /* elems * item_bytes bytes, perhaps not aligned */
} IoptNpyView;

/* Reads a header.  Fails with IOPT_BAD_DATA on anything that is not a complete .npy file,
 * IOPT_UNSUPPORTED on a type that tensors do not have (structs, dates, objects). */
IOPT_MUST_USE IoptStatus iopt_npy_view(const void *bytes, size_t size, IoptNpyView *view,
                                       IoptError *err);

/* Makes a tensor of a whole file's bytes (copied; Fortran order and big endian are turned).
 * `want` is the type it shall have, which has to be stored as what the file has; IOPT_DTYPE_NONE
 * takes the file's. */
IOPT_MUST_USE IoptStatus iopt_npy_parse(const void *bytes, size_t size, IoptDType want,
                                        IoptTensor **out, IoptError *err);

/* The same from a file, which the message names. */
IOPT_MUST_USE IoptStatus iopt_npy_read(const char *path, IoptDType want, IoptTensor **out,
                                       IoptError *err);

/* Writes version 1.0, C order, little endian. */
IOPT_MUST_USE IoptStatus iopt_npy_write(const char *path, const IoptTensor *tensor, IoptError *err);

#endif
