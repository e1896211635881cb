/* row_sum_u8 in plain C. */
#include "kernels/row_sum_u8/row_sum_u8.h"

void iopt_row_sum_u8_c(const IoptRowSumU8Job *job, const uint8_t *x, int32_t *y, size_t row_begin,
                       size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const uint8_t *const from = x + (ptrdiff_t)row * job->x_stride;
        uint32_t sum = 0;
        for (size_t i = 0; i < job->count; i++)
            sum += from[i];
        y[row] = (int32_t)sum;
    }
}
