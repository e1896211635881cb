/* transpose_f32 in plain C. */
#include "kernels/transpose_f32/transpose_f32.h"

#include <string.h>

void iopt_transpose_f32_c(const IoptTransposeF32Job *job, const float *x, float *y, size_t begin,
                          size_t end)
{
    for (size_t row = begin; row < end; row++) {
        const size_t n = row / job->columns, c = row % job->columns;
        const float *const from = x + (ptrdiff_t)(n * job->rows) * job->x_stride + c;
        float *const to = y + (ptrdiff_t)row * job->y_stride;

        for (size_t r = 0; r < job->rows; r++) /* as bytes: a float register might change a NaN */
            memcpy(to + r, from + (ptrdiff_t)r * job->x_stride, sizeof *to);
    }
}
