/* mean_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/mean_f32/mean_f32_simd.h"
