/* avgpool_f32 in plain C: sums in double. */
#include "kernels/avgpool_f32/avgpool_f32.h"
#include "kernels/pool_f32_c.h"

void iopt_avgpool_f32_c(const IoptPoolF32Job *job, const float *x, float *y, size_t row_begin,
                        size_t row_end)
{
    pool_rows(job, x, y, row_begin, row_end, true);
}
