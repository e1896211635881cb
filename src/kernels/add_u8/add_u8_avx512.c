/* add_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/add_u8/add_u8_simd.h"
