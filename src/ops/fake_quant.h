/* The steps of a fake quantization: what the ops are computed with, and what codes stand for. */
#ifndef IOPT_OPS_FAKE_QUANT_H
#define IOPT_OPS_FAKE_QUANT_H

#include "ops/op.h"

/* A range shifted so that zero is one of its steps, and the code of zero. */
typedef struct IoptNudged {
    float min, max, step, zero;
} IoptNudged;

/* min < max, in float32 as TensorFlow computes it; codes run from qmin to qmax. */
IoptNudged iopt_fake_quant_nudge(float min, float max, float qmin, float qmax);

/* The codes of a FakeQuant node: attributes num_bits and narrow_range. */
IoptStatus iopt_fake_quant_codes(const IoptNode *node, float *qmin, float *qmax, IoptError *err);

/* The same for QuantizeAndDequantize*: codes from min_code to max_code, code times step is the
 * value.  `in` are its known inputs (x is looked at only where the range is found from it); slice
 * counts along attribute `axis`, and is 0 without one. */
typedef struct IoptSymmetricSteps {
    float min_code, max_code, step;
} IoptSymmetricSteps;
IoptStatus iopt_symmetric_steps(const IoptNode *node, const IoptTensor *const *in,
                                const IoptShape *x, size_t slice, IoptSymmetricSteps *out,
                                IoptError *err);

/* What QuantizeAndDequantize* does to each element of a slice whose range is min .. max: the range
 * shrunk to the codes, codes of a value, values of a code. */
typedef struct IoptSymmetricRange {
    float min, max, scale, step;
} IoptSymmetricRange;
IoptStatus iopt_symmetric_range(const IoptNode *node, int64_t bits, float min, float max,
                                IoptSymmetricRange *out, IoptError *err);

#endif
