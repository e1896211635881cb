/* avgpool_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/avgpool_u8/avgpool_u8_simd.h"
