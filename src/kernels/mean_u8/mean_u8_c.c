/* mean_u8 in plain C. */
#include "kernels/mean_u8/mean_u8.h"

void iopt_mean_u8_c(const IoptMeanU8Job *job, const void *x, void *y, size_t begin, size_t end)
{
    for (size_t o = begin; o < end; o++) {
        const size_t n = o / job->channels, c = o % job->channels;
        int32_t sum = 0;

        for (size_t i = 0; i < job->pixels; i++)
            sum += iopt_s8_code(x, job->x.type,
                                (ptrdiff_t)(n * job->pixels + i) * job->x.stride + (ptrdiff_t)c) -
                   job->x.zero;
        iopt_s8_end(&job->y, y, (ptrdiff_t)n * job->y.stride + (ptrdiff_t)c,
                    (float)sum * job->x.scale);
    }
}
