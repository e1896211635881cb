/* unary_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/unary_f32/unary_f32_simd.h"
