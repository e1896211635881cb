/* maxpool_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/maxpool_u8/maxpool_u8_simd.h"
