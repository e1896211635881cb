/* mean_f32 on vectors of channels, several side by side. */
#include "kernels/mean_f32/mean_f32.h"
#include "kernels/vec_f32.h"

enum { VECS = 4, BLOCK_PIXELS = 64 };

/* `vecs` vectors of channels of one image; of the last one only some lanes if it is alone. */
IOPT_ALWAYS_INLINE void mean_channels(const IoptMeanF32Job *job, const float *x, float *y,
                                      const size_t vecs, VecLanes lanes)
{
    Vec total[VECS], sum[VECS];

    VEC_UNROLL
    for (size_t v = 0; v < vecs; v++)
        total[v] = vec_zero();
    for (size_t i = 0; i < job->pixels;) {
        const size_t stop = job->pixels - i > BLOCK_PIXELS ? i + BLOCK_PIXELS : job->pixels;
        VEC_UNROLL
        for (size_t v = 0; v < vecs; v++)
            sum[v] = vec_zero();
        for (; i < stop; i++, x += job->x_stride) {
            VEC_UNROLL
            for (size_t v = 0; v < vecs; v++)
                sum[v] =
                    vec_add(sum[v], vecs == 1 ? vec_load_part(x, lanes) : vec_load(x + v * VEC));
        }
        VEC_UNROLL
        for (size_t v = 0; v < vecs; v++)
            total[v] = vec_add(total[v], sum[v]);
    }

    const Vec count = vec_all((float)job->pixels);
    VEC_UNROLL
    for (size_t v = 0; v < vecs; v++) {
        const Vec mean = vec_div(total[v], count);
        if (vecs == 1)
            vec_store_part(y, mean, lanes);
        else
            vec_store(y + v * VEC, mean);
    }
}

void IOPT_VEC_NAME(iopt_mean_f32)(const IoptMeanF32Job *job, const float *x, float *y, size_t begin,
                                  size_t end)
{
    while (begin < end) {
        const size_t n = begin / job->channels, c = begin % job->channels;
        const size_t left = end - begin < job->channels - c ? end - begin : job->channels - c;
        const float *const from = x + (ptrdiff_t)(n * job->pixels) * job->x_stride + c;
        float *const to = y + (ptrdiff_t)n * job->y_stride + c;
        size_t i = 0;

        for (; left - i >= VECS * VEC; i += VECS * VEC)
            mean_channels(job, from + i, to + i, VECS, vec_lanes(VEC));
        for (; i < left; i += VEC)
            mean_channels(job, from + i, to + i, 1, vec_lanes(left - i));
        begin += left;
    }
}
