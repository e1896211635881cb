/* code_range with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/code_range/code_range_simd.h"
