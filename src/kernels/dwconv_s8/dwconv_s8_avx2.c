/* dwconv_s8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/dwconv_s8/dwconv_s8_simd.h"
