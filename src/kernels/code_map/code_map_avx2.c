/* code_map with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/code_map/code_map_simd.h"
