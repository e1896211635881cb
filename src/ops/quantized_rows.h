/* Quantized ops whose result can be made a few rows at a time: for the threads of the engine. */
#ifndef IOPT_OPS_QUANTIZED_ROWS_H
#define IOPT_OPS_QUANTIZED_ROWS_H

#include "ops/quantized.h"

/* Makes the rows [begin, end) of out[0]; the range of the result is put by the first row. */
typedef void IoptQuantizedRows(const IoptNode *node, const IoptTensor *const *in,
                               IoptTensor *const *out, size_t begin, size_t end);

/* QuantizedResizeBilinear: rows of pixels, N * H of them. */
IoptQuantizedRows iopt_quantized_resize_rows;

/* QuantizedBatchNormWithGlobalNormalization: pixels, N * H * W of them. */
IoptQuantizedRows iopt_quantized_batch_norm_rows;

#endif
