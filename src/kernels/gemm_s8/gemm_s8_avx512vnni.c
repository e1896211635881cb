/* gemm_s8 with AVX-512 VNNI: tiles of 14 x 32, 9 x 48 at the end of an odd width, 14 x 16 for
 * n <= 16. */
#define IOPT_VEC_AVX512
#define TILES(X) UP_TO_14(X, 1) UP_TO_14(X, 2) UP_TO_9(X, 3)
enum { ROWS_1 = 14, ROWS_2 = 14, ROWS_3 = 9 };

#include "kernels/vec_s8.h"

/* gcc 12 keeps the sums of a tile in registers only if it does not see what they are for; with the
 * intrinsic it copies and spills them, at half the speed. */
IOPT_ALWAYS_INLINE void vec_dot(VecInt *sum, VecInt a, VecInt b)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

#include "kernels/gemm_s8/gemm_s8_simd.h"

void iopt_gemm_s8_avx512vnni(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    run_range(gemm, range);
}
