/* mean_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/mean_u8/mean_u8_simd.h"
