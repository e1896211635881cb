/* code_range in plain C. */
#include <math.h>

#include "kernels/code_range/code_range.h"

static void floats(const IoptCodeRangeJob *job, const float *x, ptrdiff_t begin, ptrdiff_t end,
                   float *least, float *most)
{
    for (size_t c = 0; c < job->channels; c++) {
        float low = INFINITY, high = -INFINITY;
        for (ptrdiff_t row = begin; row < end; row++) {
            const float v = x[row * job->x_stride + (ptrdiff_t)c];
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        least[c] = low + 0.0f; /* makes -0 to 0 */
        most[c] = high + 0.0f;
    }
}

static int32_t element(const IoptCodeRangeJob *job, const void *x, const uint8_t *z, ptrdiff_t row,
                       ptrdiff_t c)
{
    const ptrdiff_t at = row * job->x_stride + c;

    if (job->of == IOPT_CODE_RANGE_S32)
        return ((const int32_t *)x)[at];
    const uint8_t code = ((const uint8_t *)x)[at];
    if (job->of == IOPT_CODE_RANGE_U8)
        return code;
    const int64_t left = job->x_first + (int64_t)code * job->x_step;
    const int64_t right = job->z_first + (int64_t)z[row * job->z_stride + c] * job->z_step;
    return (int32_t)(uint32_t)(job->of == IOPT_CODE_RANGE_PRODUCT
                                   ? (uint64_t)left * (uint64_t)right
                                   : (uint64_t)left + (uint64_t)right);
}

void iopt_code_range_c(const IoptCodeRangeJob *job, const void *x, const uint8_t *z,
                       size_t row_begin, size_t row_end, void *least, void *most)
{
    if (job->of == IOPT_CODE_RANGE_F32) {
        floats(job, x, (ptrdiff_t)row_begin, (ptrdiff_t)row_end, least, most);
        return;
    }
    for (size_t c = 0; c < job->channels; c++) {
        int32_t low = INT32_MAX, high = INT32_MIN;
        for (ptrdiff_t row = (ptrdiff_t)row_begin; row < (ptrdiff_t)row_end; row++) {
            const int32_t v = element(job, x, z, row, (ptrdiff_t)c);
            low = v < low ? v : low;
            high = v > high ? v : high;
        }
        ((int32_t *)least)[c] = low;
        ((int32_t *)most)[c] = high;
    }
}
