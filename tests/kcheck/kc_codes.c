/* Codes for the checks of kernels on codes. */
#include "kc_codes.h"

#include <math.h>
#include <string.h>

#include "kc_rows.h"

void *kc_codes(KCheck *k, IoptS8Out type, size_t count)
{
    if (type == IOPT_S8_OUT_U8)
        return kc_u8(k, count + IOPT_S8_SPARE_BYTES);
    if (type == IOPT_S8_OUT_U16)
        return kc_s16(k, count + IOPT_S8_SPARE_BYTES / sizeof(int16_t)); /* any bits will do */
    return kc_f32_wild(k, count);
}

void *kc_result(KCheck *k, IoptS8Out type, size_t count)
{
    unsigned char *const result = kc_bytes(k, count * iopt_s8_bytes(type));

    for (size_t i = 0; i < count * iopt_s8_bytes(type); i++)
        result[i] = (unsigned char)(i % 251);
    return result;
}

void kc_same_result(KCheck *k, const char *what, const void *got, const void *want, IoptS8Out type,
                    size_t count)
{
    const size_t bytes = iopt_s8_bytes(type);
    size_t wrong = 0, first = 0;

    if (type == IOPT_S8_OUT_F32) {
        kc_same_f32(k, what, got, want, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (memcmp((const char *)got + i * bytes, (const char *)want + i * bytes, bytes) != 0 &&
            wrong++ == 0)
            first = i;
    if (wrong == 0)
        return;
    int32_t pair[2] = { 0, 0 };
    memcpy(&pair[0], (const char *)want + first * bytes, bytes);
    memcpy(&pair[1], (const char *)got + first * bytes, bytes);
    kc_fail(k, "%s[%zu]: want %d, got %d; %zu of %zu differ", what, first, (int)pair[0],
            (int)pair[1], wrong, count);
}

IoptS8Out kc_code_type(KCheck *k)
{
    return kc_random(k, 0, 2) ? IOPT_S8_OUT_U8 : IOPT_S8_OUT_U16;
}

static int32_t most(IoptS8Out type)
{
    return type == IOPT_S8_OUT_U8 ? UINT8_MAX : UINT16_MAX;
}

IoptS8In kc_s8_in(KCheck *k, ptrdiff_t stride, float scale)
{
    const IoptS8Out type = kc_code_type(k);
    const float step = type == IOPT_S8_OUT_U16 ? scale / 256 : scale;

    return (IoptS8In){ .type = type,
                       .stride = stride,
                       .zero = (int32_t)kc_random(k, 0, most(type)),
                       /* halves and quarters make ties */
                       .scale = kc_random(k, 0, 3)
                                    ? step * (float)kc_random(k, 1, 1 << 20) * 0x1p-19F
                                    : step * 0.25F * (float)kc_random(k, 1, 8) };
}

IoptS8End kc_s8_end(KCheck *k, ptrdiff_t stride)
{
    IoptS8End end = { .type = kc_random(k, 0, 3) ? kc_code_type(k) : IOPT_S8_OUT_F32,
                      .stride = stride,
                      .lo = kc_random(k, 0, 1) ? 0 : -INFINITY,
                      .hi = kc_random(k, 0, 1) ? 6 : INFINITY };

    if (end.type == IOPT_S8_OUT_F32)
        return end;
    end.zero = (int32_t)kc_random(k, 0, most(end.type));
    const int32_t lo = kc_random(k, 0, 2) ? 0 : (int32_t)kc_random(k, 0, most(end.type));
    const int32_t hi =
        kc_random(k, 0, 2) ? most(end.type) : (int32_t)kc_random(k, lo, most(end.type));
    end.lo = (float)(lo - end.zero);
    end.hi = (float)(hi - end.zero);
    return end;
}

const char *kc_s8_name(IoptS8Out type)
{
    static const char *const names[] = { [IOPT_S8_OUT_U8] = "u8",
                                         [IOPT_S8_OUT_U16] = "u16",
                                         [IOPT_S8_OUT_F32] = "f32",
                                         [IOPT_S8_OUT_S32] = "s32" };
    return names[type];
}
