/* winograd_s8 with AVX2. */
#define IOPT_VEC_AVX2
#define TILES(X) UP_TO_9(X, 1) UP_TO_6(X, 2) UP_TO_4(X, 3)
enum { ROWS_1 = 9, ROWS_2 = 6, ROWS_3 = 4 };

#include "kernels/vec_s8.h"

IOPT_ALWAYS_INLINE void vec_dot(VecInt *sum, VecInt a, VecInt b)
{
    vec_int_add_to(sum, VEC_INT(madd_epi16)(a, b));
}

#include "kernels/winograd_s8/winograd_s8_simd.h"

void iopt_winograd_s8_avx2(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                           void *scratch)
{
    run_winograd(job, range, scratch);
}
