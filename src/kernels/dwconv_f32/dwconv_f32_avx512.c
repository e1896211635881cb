/* dwconv_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/dwconv_f32/dwconv_f32_simd.h"
