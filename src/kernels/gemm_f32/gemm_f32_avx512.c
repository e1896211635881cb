/* gemm_f32 with AVX-512: tiles of 14 x 32, 9 x 48 at the end of an odd width, 14 x 16 for n <= 16.
 */
#define IOPT_VEC_AVX512
#define TILES(X) UP_TO_14(X, 1) UP_TO_14(X, 2) UP_TO_9(X, 3)
enum { ROWS_1 = 14, ROWS_2 = 14, ROWS_3 = 9 };

#include "kernels/gemm_f32/gemm_f32_simd.h"

void iopt_gemm_f32_avx512(const IoptGemmF32 *gemm, const IoptGemmF32Range *range)
{
    run_range(gemm, range);
}
