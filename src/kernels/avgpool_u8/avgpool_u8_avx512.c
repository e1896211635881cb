/* avgpool_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/avgpool_u8/avgpool_u8_simd.h"
