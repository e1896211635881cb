/* fake_quant with AVX2. */
#define IOPT_VEC_AVX2
#include "kernels/fake_quant/fake_quant_simd.h"
