/* Tensors: element types, shapes and arrays, the values that go into a graph and come out.
 *
 * Element types carry TensorFlow's own numbers (types.proto).  Arrays are dense, in C order;
 * images are NHWC, filters HWIO.
 */
#ifndef IOPT_TENSOR_H
#define IOPT_TENSOR_H

#include <stddef.h>
#include <stdint.h>

#include "iopt/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum IoptDType {
    IOPT_DTYPE_NONE = 0,
    IOPT_F32 = 1,
    IOPT_F64 = 2,
    IOPT_I32 = 3,
    IOPT_U8 = 4,
    IOPT_I16 = 5,
    IOPT_I8 = 6,
    IOPT_STRING = 7, /* elements are IoptBytes */
    IOPT_C64 = 8,
    IOPT_I64 = 9,
    IOPT_BOOL = 10, /* one byte, 0 or 1 */
    IOPT_QI8 = 11,
    IOPT_QU8 = 12,
    IOPT_QI32 = 13,
    IOPT_BF16 = 14,
    IOPT_QI16 = 15,
    IOPT_QU16 = 16,
    IOPT_U16 = 17,
    IOPT_C128 = 18,
    IOPT_F16 = 19,
    IOPT_RESOURCE = 20,
    IOPT_VARIANT = 21,
    IOPT_U32 = 22,
    IOPT_U64 = 23
} IoptDType;

enum { IOPT_MAX_RANK = 10 };

/* dim[i] is -1 where it is not known; rank is -1 if even the rank is not. */
typedef struct IoptShape {
    int rank;
    int64_t dim[IOPT_MAX_RANK];
} IoptShape;

/* One element of a string tensor. */
typedef struct IoptBytes {
    const char *data;
    size_t size;
} IoptBytes;

struct IoptBuffer;

/* An array.  `data` is aligned to 64 bytes where the library made it; `owner` keeps the bytes
 * alive (NULL: they belong to somebody else, who keeps them longer than the tensor). */
typedef struct IoptTensor {
    IoptDType dtype;
    IoptShape shape; /* every dimension known */
    void *data;
    size_t bytes;
    struct IoptBuffer *owner;
} IoptTensor;

/* Makes a zeroed tensor; the caller destroys it.
 * Fails with IOPT_INVALID_ARGUMENT on an unknown type or dimension, IOPT_NO_MEMORY on a size that
 * overflows or that the machine does not have. */
IOPT_API IOPT_MUST_USE IoptStatus iopt_tensor_create(IoptDType dtype, const IoptShape *shape,
                                                     IoptTensor **out, IoptError *err);
IOPT_API void iopt_tensor_destroy(IoptTensor *tensor); /* NULL is fine */

IOPT_API IoptShape iopt_shape(int rank, const int64_t *dims);

/* The number of elements; 1 for a scalar.  The shape is fully known. */
IOPT_API size_t iopt_elems(const IoptTensor *tensor);

/* Bytes of one element; 0 for types without a fixed size in memory. */
IOPT_API size_t iopt_dtype_bytes(IoptDType dtype);

/* TensorFlow's name of a type: "float", "quint8"; and back ("float32" is known too). */
IOPT_API const char *iopt_dtype_name(IoptDType dtype);
IOPT_API IoptDType iopt_dtype_from_name(const char *name);

#ifdef __cplusplus
}
#endif
#endif
