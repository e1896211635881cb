/* Single elements of any numeric type, read and written through memcpy: the bytes of a mapped
 * constant may lie at any address. */
#include <math.h>
#include <string.h>

#include "tensor/tensor.h"

#define LOAD(type)                                                              \
    {                                                                           \
        type value;                                                             \
        memcpy(&value, (const char *)t->data + i * sizeof value, sizeof value); \
        return value;                                                           \
    }
#define STORE(type, v)                                                       \
    {                                                                        \
        const type value_ = (type)(v);                                       \
        memcpy((char *)t->data + i * sizeof value_, &value_, sizeof value_); \
        break;                                                               \
    }

static uint16_t load_u16(const IoptTensor *t, size_t i) LOAD(uint16_t)

    double iopt_tensor_get_f64(const IoptTensor *t, size_t i)
{
    switch (t->dtype) {
    case IOPT_F32: LOAD(float)
    case IOPT_F64: LOAD(double)
    case IOPT_F16: return (double)iopt_f16_to_f32(load_u16(t, i));
    case IOPT_BF16: return (double)iopt_bf16_to_f32(load_u16(t, i));
    case IOPT_U64: return (double)(uint64_t)iopt_tensor_get_i64(t, i);
    default: return (double)iopt_tensor_get_i64(t, i);
    }
}

static int64_t saturate(double value)
{
    if (isnan(value))
        return 0;
    if (value >= 0x1p63)
        return INT64_MAX;
    return value <= -0x1p63 ? INT64_MIN : (int64_t)value;
}

int64_t iopt_tensor_get_i64(const IoptTensor *t, size_t i)
{
    switch (t->dtype) {
    case IOPT_I8:
    case IOPT_QI8: LOAD(int8_t)
    case IOPT_U8:
    case IOPT_QU8:
    case IOPT_BOOL: LOAD(uint8_t)
    case IOPT_I16:
    case IOPT_QI16: LOAD(int16_t)
    case IOPT_U16:
    case IOPT_QU16: LOAD(uint16_t)
    case IOPT_I32:
    case IOPT_QI32: LOAD(int32_t)
    case IOPT_U32: LOAD(uint32_t)
    case IOPT_I64:
    case IOPT_U64: LOAD(int64_t)
    case IOPT_F32:
    case IOPT_F64:
    case IOPT_F16:
    case IOPT_BF16: return saturate(iopt_tensor_get_f64(t, i));
    default: return 0;
    }
}

void iopt_tensor_set_f64(IoptTensor *t, size_t i, double value)
{
    switch (t->dtype) {
    case IOPT_F32: STORE(float, value)
    case IOPT_F64: STORE(double, value)
    case IOPT_F16: STORE(uint16_t, iopt_f32_to_f16((float)value))
    case IOPT_BF16: STORE(uint16_t, iopt_f32_to_bf16((float)value))
    case IOPT_BOOL: STORE(uint8_t, value != 0.0)
    default: iopt_tensor_set_i64(t, i, saturate(value)); break;
    }
}

void iopt_tensor_set_i64(IoptTensor *t, size_t i, int64_t value)
{
    switch (t->dtype) {
    case IOPT_I8:
    case IOPT_QI8: STORE(int8_t, value)
    case IOPT_U8:
    case IOPT_QU8: STORE(uint8_t, value)
    case IOPT_BOOL: STORE(uint8_t, value != 0)
    case IOPT_I16:
    case IOPT_QI16: STORE(int16_t, value)
    case IOPT_U16:
    case IOPT_QU16: STORE(uint16_t, value)
    case IOPT_I32:
    case IOPT_QI32: STORE(int32_t, value)
    case IOPT_U32: STORE(uint32_t, value)
    case IOPT_I64:
    case IOPT_U64: STORE(int64_t, value)
    case IOPT_F32:
    case IOPT_F64:
    case IOPT_F16:
    case IOPT_BF16: iopt_tensor_set_f64(t, i, (double)value); break;
    default: break;
    }
}
