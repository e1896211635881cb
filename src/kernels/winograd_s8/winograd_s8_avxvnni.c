/* winograd_s8 with AVX-VNNI. */
#define IOPT_VEC_AVX2
#define TILES(X) UP_TO_9(X, 1) UP_TO_6(X, 2) UP_TO_4(X, 3)
enum { ROWS_1 = 9, ROWS_2 = 6, ROWS_3 = 4 };

#include "kernels/vec_s8.h"

/* In assembly as in gemm_s8: an intrinsic would spill. */
IOPT_ALWAYS_INLINE void vec_dot(VecInt *sum, VecInt a, VecInt b)
{
    __asm__("%{vex%} vpdpwssd %2, %1, %0" : "+x"(*sum) : "x"(a), "x"(b));
}

#include "kernels/winograd_s8/winograd_s8_simd.h"

void iopt_winograd_s8_avxvnni(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                              void *scratch)
{
    run_winograd(job, range, scratch);
}
