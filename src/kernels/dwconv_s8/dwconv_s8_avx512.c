/* dwconv_s8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/dwconv_s8/dwconv_s8_simd.h"
