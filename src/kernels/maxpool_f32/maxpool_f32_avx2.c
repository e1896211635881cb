/* maxpool_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/maxpool_f32/maxpool_f32.h"
#include "kernels/pool_f32_simd.h"

void IOPT_VEC_NAME(iopt_maxpool_f32)(const IoptPoolF32Job *job, const float *x, float *y,
                                     size_t row_begin, size_t row_end)
{
    pool_rows(job, x, y, row_begin, row_end, false);
}
