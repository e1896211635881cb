/* gemm_s8 with AVX-512 without VNNI, by bins and words: tiles of 14 x 16. */
#define IOPT_VEC_AVX512
#define TILES(X) \
    X(1, 1)      \
    X(1, 2)      \
    X(1, 3)      \
    X(1, 4) X(1, 5) X(1, 6) X(1, 7) X(1, 8) X(1, 9) X(1, 10) X(1, 11) X(1, 12) X(1, 13) X(1, 14)
enum { ROWS_1 = 14, ROWS_2 = 0, BIN_VECTORS = 1 };

#include "kernels/gemm_s8/gemm_s8_bins_simd.h"

void iopt_gemm_s8_avx512(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    run_range(gemm, range);
}
