/* quantize_u8 on vectors of channels. */
#include "kernels/quantize_u8/quantize_u8.h"
#include "kernels/vec_codes.h"

typedef struct Range {
    Vec lo, hi, min, inv_scale, half;
} Range;

/* The codes of n <= VEC values from channel c on. */
IOPT_ALWAYS_INLINE VecInt codes(const IoptQuantizeU8Job *job, const VecIn *in, const Range *range,
                                const void *x, size_t c, size_t n, const IoptS8Out x_type,
                                const bool per_channel)
{
    Vec v;

    if (x_type != IOPT_S8_OUT_F32)
        v = vec_in_values(in, x, x_type);
    else
        v = n >= VEC ? vec_load(x) : vec_load_part(x, vec_lanes(n));
    if (per_channel && job->scale)
        v = vec_mul(v, n >= VEC ? vec_load(job->scale + c)
                                : vec_load_part(job->scale + c, vec_lanes(n)));
    if (per_channel && job->shift)
        v = vec_add(v, n >= VEC ? vec_load(job->shift + c)
                                : vec_load_part(job->shift + c, vec_lanes(n)));
    v = vec_min(vec_max(v, range->lo), range->hi); /* NaN becomes lo */
    return vec_cut_to_int(vec_add(vec_mul(vec_sub(v, range->min), range->inv_scale), range->half));
}

IOPT_ALWAYS_INLINE void some_rows(const IoptQuantizeU8Job *job, const void *x, void *y,
                                  size_t channels, size_t begin, size_t end, const IoptS8Out x_type,
                                  const IoptS8Out y_type, const bool per_channel)
{
    const VecIn in = vec_in(&job->x);
    const Range range = { vec_all(job->lo), vec_all(job->hi), vec_all(job->min),
                          vec_all(job->inv_scale), vec_all(0.5F) };

    for (size_t row = begin; row < end; row++) {
        const char *from = code_at(x, (ptrdiff_t)row * job->x.stride, x_type);
        char *to = code_at_mut(y, (ptrdiff_t)row * job->y_stride, y_type);
        size_t c = 0;
        for (; y_type == IOPT_S8_OUT_U8 && channels - c >= VEC_BYTES; c += VEC_BYTES) {
            VecInt code[4];
            VEC_UNROLL
            for (size_t i = 0; i < 4; i++, from += VEC * iopt_s8_bytes(x_type))
                code[i] = codes(job, &in, &range, from, c + i * VEC, VEC, x_type, per_channel);
            vecb_store(
                to, vecb_in_order(VEC_INT(packus_epi16)(VEC_INT(packs_epi32)(code[0], code[1]),
                                                        VEC_INT(packs_epi32)(code[2], code[3]))));
            to += VEC_BYTES;
        }
        for (; channels - c >= VEC; c += VEC) {
            vec_code_store(to, y_type, 0,
                           codes(job, &in, &range, from, c, VEC, x_type, per_channel), VEC);
            from += VEC * iopt_s8_bytes(x_type);
            to += VEC * iopt_s8_bytes(y_type);
        }
        if (c < channels)
            vec_code_store(to, y_type, 0,
                           codes(job, &in, &range, from, c, channels - c, x_type, per_channel),
                           channels - c);
    }
}

/* The type of x and whether channels differ are known; now the type of the result. */
IOPT_ALWAYS_INLINE void for_result(const IoptQuantizeU8Job *job, const void *x, void *y,
                                   size_t channels, size_t begin, size_t end,
                                   const IoptS8Out x_type, const bool per_channel)
{
    if (job->y_type == IOPT_S8_OUT_U8)
        some_rows(job, x, y, channels, begin, end, x_type, IOPT_S8_OUT_U8, per_channel);
    else
        some_rows(job, x, y, channels, begin, end, x_type, IOPT_S8_OUT_U16, per_channel);
}

void IOPT_VEC_NAME(iopt_quantize_u8)(const IoptQuantizeU8Job *job, const void *x, void *y,
                                     size_t row_begin, size_t row_end)
{
    const ptrdiff_t width = (ptrdiff_t)job->channels;
    const bool per_channel = job->scale || job->shift;
    size_t channels = job->channels;

    if (!per_channel && job->x.stride == width && job->y_stride == width && row_begin < row_end) {
        /* rows without gaps are one long row */
        x = code_at(x, (ptrdiff_t)row_begin * width, job->x.type);
        y = code_at_mut(y, (ptrdiff_t)row_begin * width, job->y_type);
        channels *= row_end - row_begin;
        row_begin = 0;
        row_end = 1;
    }
#define CASE(type)                                                            \
    case type:                                                                \
        if (per_channel)                                                      \
            for_result(job, x, y, channels, row_begin, row_end, type, true);  \
        else                                                                  \
            for_result(job, x, y, channels, row_begin, row_end, type, false); \
        break;
    switch (job->x.type) {
        CASE(IOPT_S8_OUT_F32)
        CASE(IOPT_S8_OUT_U8)
        CASE(IOPT_S8_OUT_U16)
    case IOPT_S8_OUT_S32: break; /* not of this kernel */
    }
#undef CASE
}
