/* What is known of a value before the graph runs: its type, its shape, perhaps its elements. */
#ifndef IOPT_TENSOR_FACT_H
#define IOPT_TENSOR_FACT_H

#include "tensor/tensor.h"

typedef struct IoptFact {
    IoptDType dtype;         /* IOPT_DTYPE_NONE: not known */
    IoptShape shape;         /* may have unknown dimensions, or rank -1 */
    const IoptTensor *value; /* the elements if they are always the same, else NULL; borrowed */
} IoptFact;

static inline IoptFact iopt_fact(IoptDType dtype, IoptShape shape)
{
    return (IoptFact){ .dtype = dtype, .shape = shape };
}

static inline IoptFact iopt_fact_of(const IoptTensor *tensor)
{
    return (IoptFact){ .dtype = tensor->dtype, .shape = tensor->shape, .value = tensor };
}

/* "float[1,?,3]". */
IoptTensorText iopt_fact_text(const IoptFact *fact);

#endif
