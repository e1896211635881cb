/* code_range with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/code_range/code_range_simd.h"
