/* mean_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/mean_f32/mean_f32_simd.h"
