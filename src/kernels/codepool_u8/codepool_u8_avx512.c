/* codepool_u8 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/codepool_u8/codepool_u8_simd.h"
