/* Numbers, types, shapes and tensors in the words of TensorFlow's messages and tools. */
#ifndef IOPT_FORMATS_TENSOR_TEXT_H
#define IOPT_FORMATS_TENSOR_TEXT_H

#include "formats/wire.h"
#include "tensor/tensor.h"

/* The shorter of 6 and 9 digits (15 and 17 of a double) that reads back as the same number. */
void iopt_real_text(double value, bool single, IoptText *out);

/* "999", "1.00k", "1.23B": a count for people. */
void iopt_count_text(int64_t count, IoptText *out);

/* "float", "float_ref", "INVALID" for 0, "unknown dtype enum (99)". */
void iopt_dtype_text(uint64_t number, IoptText *out);

/* A TensorShapeProto: "[1,?,3]", "<unknown>"; or, if it is none, why.  Tells whether it is one. */
bool iopt_shape_message_text(IoptBytes message, IoptText *out);

/* "Tensor<type: float shape: [2,2] values: [1 2][3...]...>": at most `most` values. */
void iopt_tensor_debug_text(const IoptTensor *tensor, size_t most, IoptText *out);

#endif
