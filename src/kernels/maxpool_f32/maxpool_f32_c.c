/* maxpool_f32 in plain C. */
#include "kernels/maxpool_f32/maxpool_f32.h"
#include "kernels/pool_f32_c.h"

void iopt_maxpool_f32_c(const IoptPoolF32Job *job, const float *x, float *y, size_t row_begin,
                        size_t row_end)
{
    pool_rows(job, x, y, row_begin, row_end, false);
}
