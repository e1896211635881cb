/* fakequant with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/fakequant/fakequant_simd.h"
