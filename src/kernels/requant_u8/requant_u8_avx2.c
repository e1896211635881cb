/* requant_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/requant_u8/requant_u8_simd.h"
