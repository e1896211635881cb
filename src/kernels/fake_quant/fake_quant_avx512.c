/* fake_quant with AVX-512. */
#define IOPT_VEC_AVX512
#include "kernels/fake_quant/fake_quant_simd.h"
