/* Facts as text. */
#include "tensor/fact.h"

#include <stdio.h>

IoptTensorText iopt_fact_text(const IoptFact *fact)
{
    IoptTensorText text;

    (void)snprintf(text.s, sizeof text.s, "%s%s",
                   fact->dtype ? iopt_dtype_name(fact->dtype) : "unknown",
                   iopt_shape_text(&fact->shape).s);
    return text;
}
