/* fakequant with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/fakequant/fakequant_simd.h"
