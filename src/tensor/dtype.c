/* Element types. */
#include "tensor/dtype.h"

#include <string.h>

#include "base/compiler.h"

static const struct {
    const char *name, *other_name;
    size_t bytes;
} dtypes[] = {
    [IOPT_F32] = { "float", "float32", 4 },
    [IOPT_F64] = { "double", "float64", 8 },
    [IOPT_I32] = { "int32", NULL, 4 },
    [IOPT_U8] = { "uint8", NULL, 1 },
    [IOPT_I16] = { "int16", NULL, 2 },
    [IOPT_I8] = { "int8", NULL, 1 },
    [IOPT_STRING] = { "string", NULL, sizeof(IoptBytes) },
    [IOPT_C64] = { "complex64", NULL, 8 },
    [IOPT_I64] = { "int64", NULL, 8 },
    [IOPT_BOOL] = { "bool", NULL, 1 },
    [IOPT_QI8] = { "qint8", NULL, 1 },
    [IOPT_QU8] = { "quint8", NULL, 1 },
    [IOPT_QI32] = { "qint32", NULL, 4 },
    [IOPT_BF16] = { "bfloat16", NULL, 2 },
    [IOPT_QI16] = { "qint16", NULL, 2 },
    [IOPT_QU16] = { "quint16", NULL, 2 },
    [IOPT_U16] = { "uint16", NULL, 2 },
    [IOPT_C128] = { "complex128", NULL, 16 },
    [IOPT_F16] = { "half", "float16", 2 },
    [IOPT_RESOURCE] = { "resource", NULL, 0 },
    [IOPT_VARIANT] = { "variant", NULL, 0 },
    [IOPT_U32] = { "uint32", NULL, 4 },
    [IOPT_U64] = { "uint64", NULL, 8 },
};

bool iopt_dtype_known(IoptDType dtype)
{
    return (int)dtype > 0 && (size_t)dtype < IOPT_COUNT(dtypes);
}

size_t iopt_dtype_bytes(IoptDType dtype)
{
    return iopt_dtype_known(dtype) ? dtypes[dtype].bytes : 0;
}

const char *iopt_dtype_name(IoptDType dtype)
{
    return iopt_dtype_known(dtype) ? dtypes[dtype].name : "unknown type";
}

IoptDType iopt_dtype_from_name(const char *name)
{
    for (size_t i = 1; i < IOPT_COUNT(dtypes); i++)
        if (strcmp(name, dtypes[i].name) == 0 ||
            (dtypes[i].other_name && strcmp(name, dtypes[i].other_name) == 0))
            return (IoptDType)i;
    return IOPT_DTYPE_NONE;
}

bool iopt_dtype_is_float(IoptDType dtype)
{
    return dtype == IOPT_F32 || dtype == IOPT_F64 || dtype == IOPT_F16 || dtype == IOPT_BF16;
}

bool iopt_dtype_is_integer(IoptDType dtype)
{
    switch (dtype) {
    case IOPT_I8:
    case IOPT_I16:
    case IOPT_I32:
    case IOPT_I64:
    case IOPT_U8:
    case IOPT_U16:
    case IOPT_U32:
    case IOPT_U64: return true;
    default: return false;
    }
}

bool iopt_dtype_is_quantized(IoptDType dtype)
{
    return dtype == IOPT_QI8 || dtype == IOPT_QU8 || dtype == IOPT_QI16 || dtype == IOPT_QU16 ||
           dtype == IOPT_QI32;
}

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint32_t to_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

float iopt_f16_to_f32(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16, exponent = (half >> 10) & 31u;
    const uint32_t fraction = half & 0x3ffu;

    if (exponent == 31)
        return from_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent)
        return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
    const float small = (float)fraction * 0x1p-24f; /* zero and denormals */
    return sign ? -small : small;
}

uint16_t iopt_f32_to_f16(float value)
{
    const uint32_t bits = to_bits(value), sign = bits >> 16 & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;

    if (magnitude > 0x7f800000u)
        return (uint16_t)(sign | 0x7e00u);
    if (magnitude >= 0x477ff000u) /* 65520 and above round to infinity */
        return (uint16_t)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) {
        /* A denormal half: adding 0.5 leaves the rounded count of 2^-24 in the lowest bits. */
        const uint32_t count = to_bits(from_bits(magnitude) + 0.5f) - to_bits(0.5f);
        return (uint16_t)(sign | count);
    }
    const uint32_t odd = magnitude >> 13 & 1u;
    return (uint16_t)(sign | (magnitude - 0x38000000u + 0xfffu + odd) >> 13);
}

float iopt_bf16_to_f32(uint16_t half)
{
    return from_bits((uint32_t)half << 16);
}

uint16_t iopt_f32_to_bf16(float value)
{
    const uint32_t bits = to_bits(value);

    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (uint16_t)((bits >> 16 & 0x8000u) | 0x7fc0u);
    return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
