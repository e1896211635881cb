/* Element types: sizes, names, families, and the 16-bit floats. */
#ifndef IOPT_TENSOR_DTYPE_H
#define IOPT_TENSOR_DTYPE_H

#include <stdbool.h>

#include "iopt/tensor.h"

bool iopt_dtype_known(IoptDType dtype);      /* one of the listed types, not NONE */
bool iopt_dtype_is_float(IoptDType dtype);   /* F16, BF16, F32, F64 */
bool iopt_dtype_is_integer(IoptDType dtype); /* signed and unsigned, not quantized, not BOOL */
bool iopt_dtype_is_quantized(IoptDType dtype);

float iopt_f16_to_f32(uint16_t half);
uint16_t iopt_f32_to_f16(float value); /* to nearest, ties to even */
float iopt_bf16_to_f32(uint16_t half);
uint16_t iopt_f32_to_bf16(float value); /* to nearest, ties to even */

#endif
