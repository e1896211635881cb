/* code_map on vectors of int32 and float, one body for all ops: what an op is made of is known when
 * it is compiled. */
#include "kernels/code_map/code_map.h"
#include "kernels/vec_s32.h"

/* A ratio as vectors: its halves, and the window of values that do not clamp. */
typedef struct Shrink {
    VecInt high, low, least, most, offset;
} Shrink;

enum { MOST_OFFSET = 1 << 30 }; /* the sum with an upper half still fits the window */

IOPT_ALWAYS_INLINE Shrink shrink_of(const IoptCodeShrink *s)
{
    const int32_t low = (int32_t)(uint32_t)(uint64_t)s->scale;
    const int32_t offset = (int32_t)s->offset;
    /* low counts as signed, so the upper half takes what it lacks; modulo 2^32 */
    const uint32_t high = (uint32_t)((uint64_t)s->scale >> 32) + (low < 0 ? 1 : 0);

    return (Shrink){ vec_int_all((int32_t)high), vec_int_all(low), vec_int_all(-offset),
                     vec_int_all((1 << 24) - 1 - offset), vec_int_all(offset) };
}

/* The upper half of v * scale, modulo 2^32; held in the window, what is added cannot overflow. */
IOPT_ALWAYS_INLINE VecInt shrink(const Shrink *s, VecInt v)
{
    const VecInt product = vec_int_add(vec_int_mul_high(v, s->low), vec_int_mul(v, s->high));
    const VecInt held = vec_int_min(vec_int_max(product, s->least), s->most);

    return vec_int_shift_16(vec_int_add(held, s->offset));
}

typedef struct Constants {
    Shrink first, last;
    VecInt x_first, x_step, z_first, z_step, lo, hi;
    Vec base, step, scale, shift, low, high;
} Constants;

IOPT_ALWAYS_INLINE Constants constants_of(const IoptCodeMapJob *job)
{
    return (Constants){
        .first = shrink_of(&job->first),
        .last = shrink_of(&job->last),
        .x_first = vec_int_all(job->x_first),
        .x_step = vec_int_all(job->x_step),
        .z_first = vec_int_all(job->z_first),
        .z_step = vec_int_all(job->z_step),
        .lo = vec_int_all(job->lo),
        .hi = vec_int_all(job->hi),
        .base = vec_all(job->base),
        .step = vec_all(job->step),
        .scale = vec_all(job->scale),
        .shift = vec_all(job->shift),
        .low = vec_all(job->low),
        .high = vec_all(job->high),
    };
}

/* A vector of elements, or its first n if `part`. */
IOPT_ALWAYS_INLINE VecInt load_codes(const uint8_t *p, size_t n, const bool part)
{
    return part ? vec_u8_load_part(p, n) : vec_u8_load(p);
}

IOPT_ALWAYS_INLINE VecInt load_ints(const int32_t *p, size_t n, const bool part)
{
    return part ? vec_int_load_part(p, vec_lanes(n)) : vec_int_load(p);
}

IOPT_ALWAYS_INLINE Vec load_reals(const float *p, size_t n, const bool part)
{
    return part ? vec_load_part(p, vec_lanes(n)) : vec_load(p);
}

IOPT_ALWAYS_INLINE VecInt load(const Constants *k, const void *x, const uint8_t *z, size_t c,
                               size_t n, const bool part, const IoptCodeStages stages)
{
    if (stages.x_bytes == 4)
        return load_ints((const int32_t *)x + c, n, part);
    const VecInt left = load_codes((const uint8_t *)x + c, n, part);
    if (!stages.pairs)
        return left;
    const VecInt right = load_codes(z + c, n, part);
    const VecInt a = vec_int_add(k->x_first, vec_int_mul(left, k->x_step));
    const VecInt b = vec_int_add(k->z_first, vec_int_mul(right, k->z_step));
    return stages.multiplies ? vec_int_mul(a, b) : vec_int_add(a, b);
}

IOPT_ALWAYS_INLINE VecInt encode(const Constants *k, Vec f)
{
    const Vec v = vec_sub(vec_round_away(vec_mul(f, k->scale)), k->shift);

    return vec_cut_to_int(vec_min(vec_max(v, k->low), k->high));
}

IOPT_ALWAYS_INLINE void store(void *y, size_t c, VecInt v, Vec f, size_t n, const bool part,
                              const IoptCodeStages stages)
{
    if (stages.y_real && part)
        vec_store_part((float *)y + c, f, vec_lanes(n));
    else if (stages.y_real)
        vec_store((float *)y + c, f);
    else if (stages.y_bytes == 4 && part)
        vec_int_store_part((int32_t *)y + c, v, vec_lanes(n));
    else if (stages.y_bytes == 4)
        vec_int_store((int32_t *)y + c, v);
    else if (part)
        vec_u8_store_part((uint8_t *)y + c, v, n);
    else
        vec_u8_store((uint8_t *)y + c, v);
}

IOPT_ALWAYS_INLINE void map_vector(const IoptCodeMapJob *job, const Constants *k, const void *x,
                                   const uint8_t *z, void *y, size_t c, size_t n, const bool part,
                                   const bool affine, const IoptCodeStages stages)
{
    VecInt v = vec_int_all(0);
    Vec f = vec_zero();

    if (stages.x_real)
        f = load_reals((const float *)x + c, n, part);
    else
        v = load(k, x, z, c, n, part, stages);
    if (stages.shrinks_first)
        v = shrink(&k->first, v);
    if (stages.reals)
        f = vec_add(k->base, vec_mul(vec_from_int(v), k->step));
    if (affine)
        f = vec_add(vec_mul(f, load_reals(job->factor + c, n, part)),
                    load_reals(job->summand + c, n, part));
    if (stages.codes)
        v = encode(k, f);
    if (stages.biases)
        v = vec_int_add(v, load_ints(job->bias + c, n, part));
    if (stages.shrinks_last)
        v = shrink(&k->last, v);
    if (stages.limits)
        v = vec_int_max(k->lo, vec_int_min(k->hi, v));
    store(y, c, v, f, n, part, stages);
}

IOPT_ALWAYS_INLINE void map_rows(const IoptCodeMapJob *job, const void *x, const uint8_t *z,
                                 void *y, size_t rows, const bool affine,
                                 const IoptCodeStages stages)
{
    const Constants k = constants_of(job);
    size_t channels = job->channels;

    if (!affine && !stages.biases && job->x_stride == (ptrdiff_t)channels &&
        job->y_stride == (ptrdiff_t)channels &&
        (!stages.pairs || job->z_stride == (ptrdiff_t)channels)) {
        channels *= rows; /* rows without gaps are one long row */
        rows = rows > 0;
    }
    for (; rows > 0; rows--) {
        size_t c = 0;
        for (; channels - c >= VEC; c += VEC)
            map_vector(job, &k, x, z, y, c, VEC, false, affine, stages);
        if (c < channels)
            map_vector(job, &k, x, z, y, c, channels - c, true, affine, stages);
        x = (const char *)x + job->x_stride * (ptrdiff_t)stages.x_bytes;
        y = (char *)y + job->y_stride * (ptrdiff_t)stages.y_bytes;
        if (stages.pairs)
            z += job->z_stride;
    }
}

static bool fits_window(const IoptCodeShrink *s)
{
    return s->offset >= -MOST_OFFSET && s->offset <= MOST_OFFSET;
}

void IOPT_VEC_NAME(iopt_code_map)(const IoptCodeMapJob *job, const void *x, const uint8_t *z,
                                  void *y, size_t row_begin, size_t row_end)
{
    const IoptCodeStages s = iopt_code_stages(job->op);
    const ptrdiff_t first = (ptrdiff_t)row_begin;
    const size_t rows = row_end - row_begin;

    if ((s.shrinks_first && !fits_window(&job->first)) ||
        (s.shrinks_last && !fits_window(&job->last))) {
        iopt_code_map_c(job, x, z, y, row_begin, row_end);
        return;
    }
    x = (const char *)x + first * job->x_stride * (ptrdiff_t)s.x_bytes;
    y = (char *)y + first * job->y_stride * (ptrdiff_t)s.y_bytes;
    if (s.pairs)
        z += first * job->z_stride;
    switch (job->op) {
#define CASE(op)                                                       \
    case op:                                                           \
        if (iopt_code_stages(op).reals && job->factor)                 \
            map_rows(job, x, z, y, rows, true, iopt_code_stages(op));  \
        else                                                           \
            map_rows(job, x, z, y, rows, false, iopt_code_stages(op)); \
        break;
        CASE(IOPT_CODE_SHRINK)
        CASE(IOPT_CODE_SHRINK_BIAS)
        CASE(IOPT_CODE_SHRINK_REAL)
        CASE(IOPT_CODE_SHRINK_RECODE)
        CASE(IOPT_CODE_BIAS)
        CASE(IOPT_CODE_BIAS_SHRINK)
        CASE(IOPT_CODE_REAL)
        CASE(IOPT_CODE_RECODE)
        CASE(IOPT_CODE_LIMIT)
        CASE(IOPT_CODE_LIMIT_S32)
        CASE(IOPT_CODE_CODE)
        CASE(IOPT_CODE_SUM)
        CASE(IOPT_CODE_PRODUCT)
        CASE(IOPT_CODE_SUM_SHRINK)
        CASE(IOPT_CODE_PRODUCT_SHRINK)
#undef CASE
    case IOPT_CODE_COUNT: break;
    }
}
