/* gemm_s8 with AVX-VNNI: tiles of 6 x 16, 4 x 24 at the end of an odd width, 9 x 8 for n <= 8. */
#define IOPT_VEC_AVX2
#define TILES(X) UP_TO_9(X, 1) UP_TO_6(X, 2) UP_TO_4(X, 3)
enum { ROWS_1 = 9, ROWS_2 = 6, ROWS_3 = 4 };

#include "kernels/vec_s8.h"

/* As with AVX-512: an intrinsic would spill.  {vex} because there may be no AVX-512 at all. */
IOPT_ALWAYS_INLINE void vec_dot(VecInt *sum, VecInt a, VecInt b)
{
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(*sum) : "x"(a), "x"(b));
}

#include "kernels/gemm_s8/gemm_s8_simd.h"

void iopt_gemm_s8_avxvnni(const IoptGemmS8 *gemm, const IoptGemmS8Range *range)
{
    run_range(gemm, range);
}
