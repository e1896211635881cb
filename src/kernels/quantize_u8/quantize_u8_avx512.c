/* quantize_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/quantize_u8/quantize_u8_simd.h"
