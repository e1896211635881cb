/* unary_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/unary_f32/unary_f32_simd.h"
