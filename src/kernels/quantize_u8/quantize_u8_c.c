/* quantize_u8 in plain C. */
#include "kernels/quantize_u8/quantize_u8.h"

static float value(const IoptQuantizeU8Job *job, const void *x, ptrdiff_t at, size_t c)
{
    float v =
        job->x.type == IOPT_S8_OUT_F32 ? ((const float *)x)[at] : iopt_s8_value(&job->x, x, at);

    if (job->scale)
        v *= job->scale[c];
    if (job->shift)
        v += job->shift[c];
    return v > job->lo ? v < job->hi ? v : job->hi : job->lo;
}

void iopt_quantize_u8_c(const IoptQuantizeU8Job *job, const void *x, void *y, size_t row_begin,
                        size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const ptrdiff_t from = (ptrdiff_t)row * job->x.stride;
        const ptrdiff_t to = (ptrdiff_t)row * job->y_stride;
        for (size_t c = 0; c < job->channels; c++) {
            const float v = value(job, x, from + (ptrdiff_t)c, c);
            /* not negative, so that cutting off is floor */
            const int32_t code = (int32_t)((v - job->min) * job->inv_scale + 0.5F);
            if (job->y_type == IOPT_S8_OUT_U8)
                ((uint8_t *)y)[to + (ptrdiff_t)c] = (uint8_t)code;
            else
                ((uint16_t *)y)[to + (ptrdiff_t)c] = (uint16_t)code;
        }
    }
}
