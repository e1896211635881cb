/* maxpool_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/maxpool_u8/maxpool_u8_simd.h"
