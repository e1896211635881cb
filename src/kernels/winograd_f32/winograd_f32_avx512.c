/* winograd_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/vec_f32.h"

#define GEMM iopt_gemm_f32_avx512
enum { LANES = VEC };

#include "kernels/winograd_f32/winograd_f32_simd.h"

void iopt_winograd_f32_avx512(const IoptWinogradF32Job *job, const IoptWinogradF32Range *range,
                              float *scratch)
{
    run_range(job, range, scratch);
}
