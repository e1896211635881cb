/* transpose_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/transpose_f32/transpose_f32_simd.h"
