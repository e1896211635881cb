/* add_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/add_u8/add_u8_simd.h"
