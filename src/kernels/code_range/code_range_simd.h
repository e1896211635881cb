/* code_range on vectors of channels, four at a time down all rows. */
#include <math.h>

#include "kernels/code_range/code_range.h"
#include "kernels/vec_s32.h"

enum { STRIP = 4 };

IOPT_ALWAYS_INLINE VecInt load(const IoptCodeRangeJob *job, const void *x, const uint8_t *z,
                               size_t c, size_t n, const bool part, const IoptCodeRangeOf of)
{
    if (of == IOPT_CODE_RANGE_S32)
        return part ? vec_int_load_part((const int32_t *)x + c, vec_lanes(n))
                    : vec_int_load((const int32_t *)x + c);
    const uint8_t *const codes = x;
    const VecInt left = part ? vec_u8_load_part(codes + c, n) : vec_u8_load(codes + c);
    if (of == IOPT_CODE_RANGE_U8)
        return left;
    const VecInt right = part ? vec_u8_load_part(z + c, n) : vec_u8_load(z + c);
    const VecInt a =
        vec_int_add(vec_int_all(job->x_first), vec_int_mul(left, vec_int_all(job->x_step)));
    const VecInt b =
        vec_int_add(vec_int_all(job->z_first), vec_int_mul(right, vec_int_all(job->z_step)));
    return of == IOPT_CODE_RANGE_PRODUCT ? vec_int_mul(a, b) : vec_int_add(a, b);
}

/* Channels c .. of `rows` rows: `strip` vectors, or the first n lanes of one. */
IOPT_ALWAYS_INLINE void int_strip(const IoptCodeRangeJob *job, const void *x, const uint8_t *z,
                                  size_t rows, size_t c, size_t n, const bool part,
                                  const size_t strip, const IoptCodeRangeOf of, int32_t *least,
                                  int32_t *most)
{
    const ptrdiff_t x_row = job->x_stride * (of == IOPT_CODE_RANGE_S32 ? 4 : 1);
    VecInt low[STRIP], high[STRIP];

    VEC_UNROLL
    for (size_t i = 0; i < strip; i++) {
        low[i] = vec_int_all(INT32_MAX);
        high[i] = vec_int_all(INT32_MIN);
    }
    for (; rows > 0; rows--, x = (const char *)x + x_row) {
        VEC_UNROLL
        for (size_t i = 0; i < strip; i++) {
            const VecInt v = load(job, x, z, c + i * VEC, n, part, of);
            low[i] = vec_int_min(low[i], v);
            high[i] = vec_int_max(high[i], v);
        }
        if (of == IOPT_CODE_RANGE_SUM || of == IOPT_CODE_RANGE_PRODUCT)
            z += job->z_stride;
    }
    VEC_UNROLL
    for (size_t i = 0; i < strip; i++) {
        vec_int_store_part(least + c + i * VEC, low[i], vec_lanes(n));
        vec_int_store_part(most + c + i * VEC, high[i], vec_lanes(n));
    }
}

IOPT_ALWAYS_INLINE void ints(const IoptCodeRangeJob *job, const void *x, const uint8_t *z,
                             size_t rows, const IoptCodeRangeOf of, int32_t *least, int32_t *most)
{
    const size_t channels = job->channels;
    size_t c = 0;

    for (; channels - c >= STRIP * VEC; c += STRIP * VEC)
        int_strip(job, x, z, rows, c, VEC, false, STRIP, of, least, most);
    for (; channels - c >= VEC; c += VEC)
        int_strip(job, x, z, rows, c, VEC, false, 1, of, least, most);
    if (c < channels)
        int_strip(job, x, z, rows, c, channels - c, true, 1, of, least, most);
}

/* NaN is not less and not greater: vec_min and vec_max then give their second operand. */
IOPT_ALWAYS_INLINE void float_strip(const float *x, ptrdiff_t x_stride, size_t rows, size_t c,
                                    size_t n, const bool part, const size_t strip, float *least,
                                    float *most)
{
    const VecLanes lanes = vec_lanes(n);
    Vec low[STRIP], high[STRIP];

    VEC_UNROLL
    for (size_t i = 0; i < strip; i++) {
        low[i] = vec_all(INFINITY);
        high[i] = vec_all(-INFINITY);
    }
    for (; rows > 0; rows--, x += x_stride) {
        VEC_UNROLL
        for (size_t i = 0; i < strip; i++) {
            const float *const at = x + c + i * VEC;
            const Vec v = part ? vec_load_part(at, lanes) : vec_load(at);
            low[i] = vec_min(v, low[i]);
            high[i] = vec_max(v, high[i]);
        }
    }
    VEC_UNROLL
    for (size_t i = 0; i < strip; i++) {
        vec_store_part(least + c + i * VEC, vec_add(low[i], vec_zero()), lanes);
        vec_store_part(most + c + i * VEC, vec_add(high[i], vec_zero()), lanes);
    }
}

static void floats(const IoptCodeRangeJob *job, const float *x, size_t rows, float *least,
                   float *most)
{
    const size_t channels = job->channels;
    size_t c = 0;

    for (; channels - c >= STRIP * VEC; c += STRIP * VEC)
        float_strip(x, job->x_stride, rows, c, VEC, false, STRIP, least, most);
    for (; channels - c >= VEC; c += VEC)
        float_strip(x, job->x_stride, rows, c, VEC, false, 1, least, most);
    if (c < channels)
        float_strip(x, job->x_stride, rows, c, channels - c, true, 1, least, most);
}

void IOPT_VEC_NAME(iopt_code_range)(const IoptCodeRangeJob *job, const void *x, const uint8_t *z,
                                    size_t row_begin, size_t row_end, void *least, void *most)
{
    const bool wide = job->of == IOPT_CODE_RANGE_S32 || job->of == IOPT_CODE_RANGE_F32;
    const ptrdiff_t first = (ptrdiff_t)row_begin;
    const size_t rows = row_end - row_begin;

    x = (const char *)x + first * job->x_stride * (wide ? 4 : 1);
    switch (job->of) {
    case IOPT_CODE_RANGE_U8: ints(job, x, z, rows, IOPT_CODE_RANGE_U8, least, most); break;
    case IOPT_CODE_RANGE_S32: ints(job, x, z, rows, IOPT_CODE_RANGE_S32, least, most); break;
    case IOPT_CODE_RANGE_F32: floats(job, x, rows, least, most); break;
    case IOPT_CODE_RANGE_SUM:
        ints(job, x, z + first * job->z_stride, rows, IOPT_CODE_RANGE_SUM, least, most);
        break;
    case IOPT_CODE_RANGE_PRODUCT:
        ints(job, x, z + first * job->z_stride, rows, IOPT_CODE_RANGE_PRODUCT, least, most);
        break;
    case IOPT_CODE_RANGE_COUNT: break;
    }
}
