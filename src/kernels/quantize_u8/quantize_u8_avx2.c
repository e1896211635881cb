/* quantize_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/quantize_u8/quantize_u8_simd.h"
