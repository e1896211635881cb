/* requant_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/requant_u8/requant_u8_simd.h"
