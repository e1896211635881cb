/* winograd_s8 with AVX-512 VNNI. */
#define IOPT_VEC_AVX512
#define TILES(X) UP_TO_14(X, 1) UP_TO_14(X, 2) UP_TO_9(X, 3)
enum { ROWS_1 = 14, ROWS_2 = 14, ROWS_3 = 9 };

#include "kernels/vec_s8.h"

/* In assembly as in gemm_s8: an intrinsic would spill. */
IOPT_ALWAYS_INLINE void vec_dot(VecInt *sum, VecInt a, VecInt b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(*sum) : "v"(a), "v"(b));
}

#include "kernels/winograd_s8/winograd_s8_simd.h"

void iopt_winograd_s8_avx512vnni(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                                 void *scratch)
{
    run_winograd(job, range, scratch);
}
