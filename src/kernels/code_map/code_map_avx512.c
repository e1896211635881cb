/* code_map with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/code_map/code_map_simd.h"
