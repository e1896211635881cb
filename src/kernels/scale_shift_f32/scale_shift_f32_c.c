/* scale_shift_f32 in plain C. */
#include "kernels/scale_shift_f32/scale_shift_f32.h"

void iopt_scale_shift_f32_c(const IoptScaleShiftF32Job *job, const float *x, float *y,
                            size_t row_begin, size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const float *const from = x + (ptrdiff_t)row * job->x_stride;
        float *const to = y + (ptrdiff_t)row * job->y_stride;
        for (size_t c = 0; c < job->channels; c++) {
            float v = from[c];
            if (job->scale)
                v *= job->scale[c];
            if (job->shift)
                v += job->shift[c];
            to[c] = v < job->lo ? job->lo : v > job->hi ? job->hi : v;
        }
    }
}
