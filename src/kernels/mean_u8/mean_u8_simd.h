/* mean_u8 on vectors of channels. */
#include "kernels/mean_u8/mean_u8.h"
#include "kernels/pool_u8_simd.h"

void IOPT_VEC_NAME(iopt_mean_u8)(const IoptMeanU8Job *job, const void *x, void *y, size_t begin,
                                 size_t end)
{
    const Average average = { .zeros = vec_int_all((int32_t)job->pixels * job->x.zero),
                              .scale = vec_all(job->x.scale),
                              .end = vec_ready_end(&job->y),
                              .x_type = job->x.type,
                              .y_type = job->y.type };

    while (begin < end) {
        const size_t n = begin / job->channels, c = begin % job->channels;
        const size_t left = end - begin < job->channels - c ? end - begin : job->channels - c;
        const ptrdiff_t from = (ptrdiff_t)(n * job->pixels) * job->x.stride + (ptrdiff_t)c;
        const View view = { .x = code_at(x, from, job->x.type),
                            .rows = 1,
                            .columns = job->pixels,
                            .column = job->x.stride * (ptrdiff_t)iopt_s8_bytes(job->x.type) };
        average_view(&average, view,
                     code_at_mut(y, (ptrdiff_t)n * job->y.stride + (ptrdiff_t)c, job->y.type),
                     left);
        begin += left;
    }
}
