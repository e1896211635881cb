/* requant_u8 in plain C. */
#include "kernels/requant_u8/requant_u8.h"

void iopt_requant_u8_c(const IoptRequantU8Job *job, const void *x, void *y, size_t row_begin,
                       size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const ptrdiff_t from = (ptrdiff_t)row * job->x.stride;
        const ptrdiff_t to = (ptrdiff_t)row * job->y.stride;
        for (ptrdiff_t c = 0; c < (ptrdiff_t)job->channels; c++)
            iopt_s8_end(&job->y, y, to + c, iopt_s8_value(&job->x, x, from + c));
    }
}
