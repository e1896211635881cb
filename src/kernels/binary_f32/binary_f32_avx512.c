/* binary_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/binary_f32/binary_f32_simd.h"
