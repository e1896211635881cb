/* dwconv_f32 with AVX2 and FMA. */
#define IOPT_VEC_AVX2
#include "kernels/dwconv_f32/dwconv_f32_simd.h"
