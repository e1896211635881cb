/* softmax_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/softmax_f32/softmax_f32_simd.h"
