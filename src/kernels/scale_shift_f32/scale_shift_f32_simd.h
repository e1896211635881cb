/* scale_shift_f32 on vectors of channels. */
#include "kernels/scale_shift_f32/scale_shift_f32.h"
#include "kernels/vec_f32.h"

/* One vector, at channel c. */
IOPT_ALWAYS_INLINE Vec one_vec(const IoptScaleShiftF32Job *job, Vec v, size_t c, VecLanes lanes,
                               const bool all, const bool scaled, const bool shifted)
{
    const Vec scale = !scaled ? vec_zero()
                      : all   ? vec_load(job->scale + c)
                              : vec_load_part(job->scale + c, lanes);
    const Vec shift = !shifted ? vec_zero()
                      : all    ? vec_load(job->shift + c)
                               : vec_load_part(job->shift + c, lanes);

    if (scaled)
        v = shifted ? vec_fma(v, scale, shift) : vec_mul(v, scale);
    else if (shifted)
        v = vec_add(v, shift);
    return vec_clamp(v, vec_all(job->lo), vec_all(job->hi));
}

IOPT_ALWAYS_INLINE void rows(const IoptScaleShiftF32Job *job, const float *x, float *y,
                             size_t count, size_t channels, const bool scaled, const bool shifted)
{
    const VecLanes lanes = vec_lanes(channels % VEC);

    for (; count > 0; count--, x += job->x_stride, y += job->y_stride) {
        size_t c = 0;
        for (; channels - c >= VEC; c += VEC)
            vec_store(y + c, one_vec(job, vec_load(x + c), c, lanes, true, scaled, shifted));
        if (c < channels)
            vec_store_part(
                y + c, one_vec(job, vec_load_part(x + c, lanes), c, lanes, false, scaled, shifted),
                lanes);
    }
}

void IOPT_VEC_NAME(iopt_scale_shift_f32)(const IoptScaleShiftF32Job *job, const float *x, float *y,
                                         size_t row_begin, size_t row_end)
{
    size_t count = row_end - row_begin, channels = job->channels;

    x += (ptrdiff_t)row_begin * job->x_stride;
    y += (ptrdiff_t)row_begin * job->y_stride;
    if (job->scale && job->shift)
        rows(job, x, y, count, channels, true, true);
    else if (job->scale)
        rows(job, x, y, count, channels, true, false);
    else if (job->shift)
        rows(job, x, y, count, channels, false, true);
    else {
        /* channels do not matter: rows without gaps are one long row */
        if (job->x_stride == (ptrdiff_t)channels && job->y_stride == (ptrdiff_t)channels) {
            channels *= count;
            count = count > 0;
        }
        rows(job, x, y, count, channels, false, false);
    }
}
