/* scale_shift_f32 with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/scale_shift_f32/scale_shift_f32_simd.h"
