/* Tensors: making, viewing, comparing. */
#include "tensor/tensor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"

IoptStatus iopt_tensor_size(IoptDType dtype, const IoptShape *shape, size_t *elems, size_t *bytes,
                            IoptError *err)
{
    if (!iopt_dtype_bytes(dtype))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "cannot make a tensor of %s (%d)",
                         iopt_dtype_name(dtype), (int)dtype);
    if (!iopt_shape_known(shape))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "cannot make a tensor of shape %s",
                         iopt_shape_text(shape).s);
    if (!iopt_shape_elems(shape, elems) || !iopt_mul_size(*elems, iopt_dtype_bytes(dtype), bytes) ||
        *bytes > SIZE_MAX / 4)
        return iopt_fail(err, IOPT_NO_MEMORY, "a tensor of shape %s is too large",
                         iopt_shape_text(shape).s);
    return IOPT_OK;
}

IoptStatus iopt_tensor_view(IoptDType dtype, const IoptShape *shape, IoptBuffer *owner, void *data,
                            IoptTensor **out, IoptError *err)
{
    size_t elems, bytes;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_tensor_size(dtype, shape, &elems, &bytes, err));
    IOPT_TRY(iopt_alloc(&block, 1, sizeof(IoptTensor), err));
    IoptTensor *tensor = block;
    *tensor = (IoptTensor){ dtype, *shape, data, bytes, iopt_buffer_ref(owner) };
    *out = tensor;
    return IOPT_OK;
}

IoptStatus iopt_tensor_create(IoptDType dtype, const IoptShape *shape, IoptTensor **out,
                              IoptError *err)
{
    size_t elems, bytes;
    IoptBuffer *buffer;

    *out = NULL;
    IOPT_TRY(iopt_tensor_size(dtype, shape, &elems, &bytes, err));
    IOPT_TRY(iopt_buffer_create(bytes, &buffer, err));
    const IoptStatus status =
        iopt_tensor_view(dtype, shape, buffer, iopt_buffer_data(buffer), out, err);
    iopt_buffer_unref(buffer); /* the tensor holds its own reference */
    return status;
}

void iopt_tensor_destroy(IoptTensor *tensor)
{
    if (!tensor)
        return;
    iopt_buffer_unref(tensor->owner);
    free(tensor);
}

size_t iopt_elems(const IoptTensor *tensor)
{
    return tensor->bytes / iopt_dtype_bytes(tensor->dtype);
}

IoptStatus iopt_tensor_reshape(const IoptTensor *tensor, const IoptShape *shape, IoptTensor **out,
                               IoptError *err)
{
    size_t elems;

    *out = NULL;
    if (!iopt_shape_elems(shape, &elems) || elems != iopt_elems(tensor))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "cannot give %s the shape %s",
                         iopt_tensor_text(tensor).s, iopt_shape_text(shape).s);
    return iopt_tensor_view(tensor->dtype, shape, tensor->owner, tensor->data, out, err);
}

IoptStatus iopt_tensor_share(const IoptTensor *tensor, IoptTensor **out, IoptError *err)
{
    return iopt_tensor_view(tensor->dtype, &tensor->shape, tensor->owner, tensor->data, out, err);
}

IoptStatus iopt_tensor_clone(const IoptTensor *tensor, IoptTensor **out, IoptError *err)
{
    if (tensor->dtype == IOPT_STRING)
        return iopt_tensor_strings(&tensor->shape, tensor->data, iopt_elems(tensor), out, err);
    IOPT_TRY(iopt_tensor_create(tensor->dtype, &tensor->shape, out, err));
    if (tensor->bytes)
        memcpy((*out)->data, tensor->data, tensor->bytes);
    return IOPT_OK;
}

IoptStatus iopt_tensor_scalar_i32(int32_t value, IoptTensor **out, IoptError *err)
{
    const IoptShape scalar = iopt_shape_scalar();

    IOPT_TRY(iopt_tensor_create(IOPT_I32, &scalar, out, err));
    *iopt_i32_mut(*out) = value;
    return IOPT_OK;
}

IoptStatus iopt_tensor_scalar_f32(float value, IoptTensor **out, IoptError *err)
{
    const IoptShape scalar = iopt_shape_scalar();

    IOPT_TRY(iopt_tensor_create(IOPT_F32, &scalar, out, err));
    *iopt_f32_mut(*out) = value;
    return IOPT_OK;
}

IoptStatus iopt_tensor_vector_i32(const int32_t *values, size_t count, IoptTensor **out,
                                  IoptError *err)
{
    const int64_t dim = (int64_t)count;
    const IoptShape shape = iopt_shape(1, &dim);

    IOPT_TRY(iopt_tensor_create(IOPT_I32, &shape, out, err));
    if (count)
        memcpy((*out)->data, values, count * sizeof *values);
    return IOPT_OK;
}

IoptStatus iopt_tensor_strings(const IoptShape *shape, const IoptBytes *elems, size_t count,
                               IoptTensor **out, IoptError *err)
{
    size_t wanted, bytes, total;
    IoptBuffer *buffer;

    *out = NULL;
    IOPT_TRY(iopt_tensor_size(IOPT_STRING, shape, &wanted, &bytes, err));
    if (wanted != count)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "%zu strings for shape %s", count,
                         iopt_shape_text(shape).s);
    total = bytes;
    for (size_t i = 0; i < count; i++)
        if (!iopt_add_size(total, elems[i].size, &total))
            return iopt_fail_memory(err, SIZE_MAX);
    IOPT_TRY(iopt_buffer_create(total, &buffer, err));
    IoptBytes *const heads = iopt_buffer_data(buffer);
    char *at = (char *)iopt_buffer_data(buffer) + bytes;
    for (size_t i = 0; i < count; i++) {
        if (elems[i].size)
            memcpy(at, elems[i].data, elems[i].size);
        heads[i] = (IoptBytes){ at, elems[i].size };
        at += elems[i].size;
    }
    const IoptStatus status = iopt_tensor_view(IOPT_STRING, shape, buffer, heads, out, err);
    iopt_buffer_unref(buffer);
    return status;
}

bool iopt_tensor_equal(const IoptTensor *a, const IoptTensor *b)
{
    if (a->dtype != b->dtype || !iopt_shape_equal(&a->shape, &b->shape))
        return false;
    if (a->dtype != IOPT_STRING)
        return a->bytes == 0 || memcmp(a->data, b->data, a->bytes) == 0;
    const IoptBytes *const x = a->data, *const y = b->data;
    for (size_t i = 0; i < iopt_elems(a); i++)
        if (x[i].size != y[i].size || (x[i].size && memcmp(x[i].data, y[i].data, x[i].size) != 0))
            return false;
    return true;
}

IoptTensorText iopt_tensor_text(const IoptTensor *tensor)
{
    IoptTensorText text;

    (void)snprintf(text.s, sizeof text.s, "%s%s", iopt_dtype_name(tensor->dtype),
                   iopt_shape_text(&tensor->shape).s);
    return text;
}
