/* scale_shift_f32 on vectors of channels. */
#include "kernels/scale_shift_f32/scale_shift_f32.h"
#include "kernels/vec_f32.h"

/* Up to so many channels, rows without gaps are worked on VEC at a time. */
enum { FEW = 16 };

typedef struct Bounds {
    Vec lo, hi;
} Bounds;

IOPT_ALWAYS_INLINE Vec one_vec(Vec v, Vec scale, Vec shift, Bounds bounds, const bool scaled,
                               const bool shifted)
{
    if (scaled)
        v = shifted ? vec_fma(v, scale, shift) : vec_mul(v, scale);
    else if (shifted)
        v = vec_add(v, shift);
    return vec_clamp(v, bounds.lo, bounds.hi);
}

IOPT_ALWAYS_INLINE void some_rows(const IoptScaleShiftF32Job *job, const float *x, float *y,
                                  size_t count, const bool scaled, const bool shifted)
{
    const size_t whole = job->channels / VEC * VEC;
    const VecLanes lanes = vec_lanes(job->channels - whole);
    const Bounds bounds = { vec_all(job->lo), vec_all(job->hi) };
    const Vec last_scale = scaled ? vec_load_part(job->scale + whole, lanes) : vec_zero();
    const Vec last_shift = shifted ? vec_load_part(job->shift + whole, lanes) : vec_zero();

    for (; count > 0; count--, x += job->x_stride, y += job->y_stride) {
        for (size_t c = 0; c < whole; c += VEC) {
            const Vec scale = scaled ? vec_load(job->scale + c) : vec_zero();
            const Vec shift = shifted ? vec_load(job->shift + c) : vec_zero();
            vec_store(y + c, one_vec(vec_load(x + c), scale, shift, bounds, scaled, shifted));
        }
        if (whole < job->channels)
            vec_store_part(y + whole,
                           one_vec(vec_load_part(x + whole, lanes), last_scale, last_shift, bounds,
                                   scaled, shifted),
                           lanes);
    }
}

static void rows(const IoptScaleShiftF32Job *job, const float *x, float *y, size_t count)
{
    if (job->scale && job->shift)
        some_rows(job, x, y, count, true, true);
    else if (job->scale)
        some_rows(job, x, y, count, true, false);
    else if (job->shift)
        some_rows(job, x, y, count, false, true);
    else
        some_rows(job, x, y, count, false, false);
}

/* The values of a few channels, VEC times over; NULL for none. */
static const float *repeated(const float *values, size_t channels, float *buffer)
{
    for (size_t i = 0; values && i < channels * VEC; i++)
        buffer[i] = values[i % channels];
    return values ? buffer : NULL;
}

void IOPT_VEC_NAME(iopt_scale_shift_f32)(const IoptScaleShiftF32Job *job, const float *x, float *y,
                                         size_t row_begin, size_t row_end)
{
    const size_t channels = job->channels;
    const bool dense = job->x_stride == (ptrdiff_t)channels && job->y_stride == job->x_stride;
    size_t count = row_end - row_begin;
    float scale[FEW * VEC], shift[FEW * VEC];
    IoptScaleShiftF32Job wide = *job;

    x += (ptrdiff_t)row_begin * job->x_stride;
    y += (ptrdiff_t)row_begin * job->y_stride;
    if (dense && !job->scale && !job->shift) { /* one long row */
        wide.channels *= count;
        rows(&wide, x, y, count > 0);
        return;
    }
    if (dense && channels <= FEW && count >= VEC) { /* VEC rows are a wide one */
        wide.channels = channels * VEC;
        wide.x_stride = wide.y_stride = (ptrdiff_t)wide.channels;
        wide.scale = repeated(job->scale, channels, scale);
        wide.shift = repeated(job->shift, channels, shift);
        rows(&wide, x, y, count / VEC);
        x += count / VEC * wide.channels;
        y += count / VEC * wide.channels;
        count %= VEC;
    }
    rows(job, x, y, count);
}
