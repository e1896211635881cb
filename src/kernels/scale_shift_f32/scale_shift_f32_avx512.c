/* scale_shift_f32 with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/scale_shift_f32/scale_shift_f32_simd.h"
