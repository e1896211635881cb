/* binary_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/binary_f32/binary_f32_simd.h"
