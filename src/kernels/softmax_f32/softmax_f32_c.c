/* softmax_f32 in plain C, in double up to the result. */
#include "kernels/softmax_f32/softmax_f32.h"

#include <math.h>

void iopt_softmax_f32_c(const IoptSoftmaxF32Job *job, const float *x, float *y, size_t row_begin,
                        size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const float *const from = x + (ptrdiff_t)row * job->x_stride;
        float *const to = y + (ptrdiff_t)row * job->y_stride;
        double max = -INFINITY, sum = 0;

        for (size_t i = 0; i < job->n; i++)
            if ((double)from[i] > max)
                max = (double)from[i];
        for (size_t i = 0; i < job->n; i++)
            sum += exp((double)from[i] - max);
        for (size_t i = 0; i < job->n; i++) {
            const double v = (double)from[i] - max;
            to[i] = (float)(job->log ? v - log(sum) : exp(v) / sum);
        }
    }
}
