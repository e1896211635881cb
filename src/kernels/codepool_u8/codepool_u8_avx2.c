/* codepool_u8 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/codepool_u8/codepool_u8_simd.h"
