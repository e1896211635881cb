/* gemm_f32 with AVX2 and FMA: tiles of 6 x 16, 4 x 24 at the end of an odd width, 9 x 8 for n <= 8.
 */
#define IOPT_VEC_AVX2
#define TILES(X) UP_TO_9(X, 1) UP_TO_6(X, 2) UP_TO_4(X, 3)
enum { ROWS_1 = 9, ROWS_2 = 6, ROWS_3 = 4 };

#include "kernels/gemm_f32/gemm_f32_simd.h"

void iopt_gemm_f32_avx2(const IoptGemmF32 *gemm, const IoptGemmF32Range *range)
{
    run_range(gemm, range);
}
