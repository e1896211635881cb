/* mean_f32 in plain C, with sums in double. */
#include "kernels/mean_f32/mean_f32.h"

void iopt_mean_f32_c(const IoptMeanF32Job *job, const float *x, float *y, size_t begin, size_t end)
{
    for (size_t o = begin; o < end; o++) {
        const size_t n = o / job->channels, c = o % job->channels;
        const float *const column = x + (ptrdiff_t)(n * job->pixels) * job->x_stride + c;
        double sum = 0;

        for (size_t i = 0; i < job->pixels; i++)
            sum += (double)column[(ptrdiff_t)i * job->x_stride];
        y[(ptrdiff_t)n * job->y_stride + (ptrdiff_t)c] = (float)(sum / (double)job->pixels);
    }
}
