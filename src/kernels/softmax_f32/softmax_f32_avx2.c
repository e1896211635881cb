/* softmax_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/softmax_f32/softmax_f32_simd.h"
