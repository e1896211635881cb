/* code_map in plain C. */
#include "kernels/code_map/code_map.h"

#include <math.h>

static int32_t wrap(uint64_t value)
{
    return (int32_t)(uint32_t)value;
}

static int32_t shrink(const IoptCodeShrink *s, int32_t code)
{
    const int64_t product = (int64_t)((uint64_t)(int64_t)code * (uint64_t)s->scale);
    const int64_t shrunk = (int64_t)((uint64_t)(product >> 32) + (uint64_t)s->offset) >> 16;

    return shrunk < 0 ? 0 : shrunk > 255 ? 255 : (int32_t)shrunk;
}

static int32_t encode(const IoptCodeMapJob *job, float f)
{
    const float v = roundf(f * job->scale) - job->shift;

    return (int32_t)(v > job->low ? (v < job->high ? v : job->high) : job->low);
}

static int32_t load(const IoptCodeMapJob *job, const IoptCodeStages *stages, const void *x,
                    const uint8_t *z, size_t c)
{
    if (stages->pairs) {
        const int64_t left = job->x_first + (int64_t)((const uint8_t *)x)[c] * job->x_step;
        const int64_t right = job->z_first + (int64_t)z[c] * job->z_step;
        return wrap(stages->multiplies ? (uint64_t)left * (uint64_t)right
                                       : (uint64_t)left + (uint64_t)right);
    }
    return stages->x_bytes == 1 ? ((const uint8_t *)x)[c] : ((const int32_t *)x)[c];
}

static void map_one(const IoptCodeMapJob *job, const IoptCodeStages *stages, const void *x,
                    const uint8_t *z, void *y, size_t c)
{
    int32_t v = 0;
    float f = 0;

    if (stages->x_real)
        f = ((const float *)x)[c];
    else
        v = load(job, stages, x, z, c);
    if (stages->shrinks_first)
        v = shrink(&job->first, v);
    if (stages->reals) {
        f = job->base + (float)v * job->step;
        if (job->factor)
            f = f * job->factor[c] + job->summand[c];
    }
    if (stages->codes)
        v = encode(job, f);
    if (stages->biases)
        v = wrap((uint64_t)v + (uint64_t)job->bias[c]);
    if (stages->shrinks_last)
        v = shrink(&job->last, v);
    if (stages->limits)
        v = v < job->lo ? job->lo : v > job->hi ? job->hi : v;
    if (stages->y_real)
        ((float *)y)[c] = f;
    else if (stages->y_bytes == 1)
        ((uint8_t *)y)[c] = (uint8_t)v;
    else
        ((int32_t *)y)[c] = v;
}

void iopt_code_map_c(const IoptCodeMapJob *job, const void *x, const uint8_t *z, void *y,
                     size_t row_begin, size_t row_end)
{
    const IoptCodeStages stages = iopt_code_stages(job->op);
    const ptrdiff_t x_row = job->x_stride * (ptrdiff_t)stages.x_bytes;
    const ptrdiff_t y_row = job->y_stride * (ptrdiff_t)stages.y_bytes;

    for (ptrdiff_t row = (ptrdiff_t)row_begin; row < (ptrdiff_t)row_end; row++)
        for (size_t c = 0; c < job->channels; c++)
            map_one(job, &stages, (const char *)x + row * x_row,
                    stages.pairs ? z + row * job->z_stride : NULL, (char *)y + row * y_row, c);
}
