/* dwconv_s8 with AVX-512 and VNNI. */
#define IOPT_VEC_AVX512VNNI
#include "kernels/dwconv_s8/dwconv_s8_simd.h"
