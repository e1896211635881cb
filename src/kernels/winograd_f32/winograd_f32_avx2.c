/* winograd_f32 with AVX2 and FMA. */
#define IOPT_VEC_AVX2
#include "kernels/vec_f32.h"

#define GEMM iopt_gemm_f32_avx2
enum { LANES = VEC };

#include "kernels/winograd_f32/winograd_f32_simd.h"

void iopt_winograd_f32_avx2(const IoptWinogradF32Job *job, const IoptWinogradF32Range *range,
                            float *scratch)
{
    run_range(job, range, scratch);
}
