/* gemm_s8 with AVX2, by bins and words: tiles of 4 x 16 where K is small, of 8 x 8 elsewhere. */
#define IOPT_VEC_AVX2
#define TILES(X) \
    X(1, 1) X(1, 2) X(1, 3) X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(2, 1) X(2, 2) X(2, 3) X(2, 4)
enum { ROWS_1 = 8, ROWS_2 = 4, BIN_VECTORS = 2 };

#include "kernels/gemm_s8/gemm_s8_bins_simd.h"

void iopt_gemm_s8_avx2(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    run_range(gemm, range);
}
