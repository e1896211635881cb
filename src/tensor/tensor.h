/* Tensors from the inside: typed access, views, copies, strings, single elements. */
#ifndef IOPT_TENSOR_TENSOR_H
#define IOPT_TENSOR_TENSOR_H

#include <assert.h>
#include <stdbool.h>

#include "base/buffer.h"
#include "iopt/tensor.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

/* The elements; the type is the caller's promise. */
static inline const float *iopt_f32(const IoptTensor *t)
{
    assert(t->dtype == IOPT_F32);
    return t->data;
}
static inline float *iopt_f32_mut(IoptTensor *t)
{
    assert(t->dtype == IOPT_F32);
    return t->data;
}
static inline const int32_t *iopt_i32(const IoptTensor *t)
{
    assert(t->dtype == IOPT_I32);
    return t->data;
}
static inline int32_t *iopt_i32_mut(IoptTensor *t)
{
    assert(t->dtype == IOPT_I32);
    return t->data;
}

/* Checks that a type and a shape can be a tensor in memory and tells its bytes. */
IoptStatus iopt_tensor_size(IoptDType dtype, const IoptShape *shape, size_t *elems, size_t *bytes,
                            IoptError *err);

/* A tensor on bytes of `owner` at `data` (a reference is taken); the bytes may be unaligned. */
IoptStatus iopt_tensor_view(IoptDType dtype, const IoptShape *shape, IoptBuffer *owner, void *data,
                            IoptTensor **out, IoptError *err);

/* Another tensor on the same bytes with another shape of as many elements. */
IoptStatus iopt_tensor_reshape(const IoptTensor *tensor, const IoptShape *shape, IoptTensor **out,
                               IoptError *err);

/* Another reference to the same bytes. */
IoptStatus iopt_tensor_share(const IoptTensor *tensor, IoptTensor **out, IoptError *err);

/* A deep, aligned copy. */
IoptStatus iopt_tensor_clone(const IoptTensor *tensor, IoptTensor **out, IoptError *err);

IoptStatus iopt_tensor_scalar_i32(int32_t value, IoptTensor **out, IoptError *err);
IoptStatus iopt_tensor_scalar_f32(float value, IoptTensor **out, IoptError *err);
IoptStatus iopt_tensor_vector_i32(const int32_t *values, size_t count, IoptTensor **out,
                                  IoptError *err);

/* A string tensor from `count` elements, whose bytes are copied. */
IoptStatus iopt_tensor_strings(const IoptShape *shape, const IoptBytes *elems, size_t count,
                               IoptTensor **out, IoptError *err);

/* Element `i` of any numeric or bool type as double or as int64 (floats truncate, out of range
 * saturates); and back, converted as Cast does for values in range. */
double iopt_tensor_get_f64(const IoptTensor *tensor, size_t i);
int64_t iopt_tensor_get_i64(const IoptTensor *tensor, size_t i);
void iopt_tensor_set_f64(IoptTensor *tensor, size_t i, double value);
void iopt_tensor_set_i64(IoptTensor *tensor, size_t i, int64_t value);

/* The same type, shape and bits. */
bool iopt_tensor_equal(const IoptTensor *a, const IoptTensor *b);

/* "float[2,3]". */
typedef struct IoptTensorText {
    char s[256];
} IoptTensorText;
IoptTensorText iopt_tensor_text(const IoptTensor *tensor);

#endif
