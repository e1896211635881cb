/* transpose_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/transpose_f32/transpose_f32_simd.h"
