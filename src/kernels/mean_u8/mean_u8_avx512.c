/* mean_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/mean_u8/mean_u8_simd.h"
