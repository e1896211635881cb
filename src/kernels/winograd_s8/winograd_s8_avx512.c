/* winograd_s8 with AVX-512 without VNNI. */
#define IOPT_VEC_AVX512
#define TILES(X) UP_TO_14(X, 1) UP_TO_14(X, 2) UP_TO_9(X, 3)
enum { ROWS_1 = 14, ROWS_2 = 14, ROWS_3 = 9 };

#include "kernels/vec_s8.h"

IOPT_ALWAYS_INLINE void vec_dot(VecInt *sum, VecInt a, VecInt b)
{
    vec_int_add_to(sum, VEC_INT(madd_epi16)(a, b));
}

#include "kernels/winograd_s8/winograd_s8_simd.h"

void iopt_winograd_s8_avx512(const IoptWinogradS8Job *job, const IoptWinogradS8Range *range,
                             void *scratch)
{
    run_winograd(job, range, scratch);
}
