/* add_u8 in plain C. */
#include "kernels/add_u8/add_u8.h"

void iopt_add_u8_c(const IoptAddU8Job *job, const void *a, const void *b, void *y, size_t row_begin,
                   size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const ptrdiff_t left = (ptrdiff_t)row * job->a.stride;
        const ptrdiff_t right = (ptrdiff_t)row * job->b.stride;
        const ptrdiff_t to = (ptrdiff_t)row * job->y.stride;
        for (ptrdiff_t c = 0; c < (ptrdiff_t)job->channels; c++)
            iopt_s8_end(&job->y, y, to + c,
                        iopt_s8_value(&job->a, a, left + c) + iopt_s8_value(&job->b, b, right + c));
    }
}
