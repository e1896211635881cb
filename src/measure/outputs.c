/* Outputs of a run. */
#include "measure/outputs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tensor/tensor.h"

IoptStatus iopt_outputs_compute(const IoptPlan *plan, const IoptTensor *const *in, IoptOutputs *out,
                                IoptError *err)
{
    IoptRun *run = NULL;
    void *block;

    *out = (IoptOutputs){ 0 };
    IOPT_TRY(iopt_alloc(&block, iopt_plan_outputs(plan), sizeof(IoptTensor *), err));
    IoptStatus status = iopt_run_create(plan, &run, err);
    if (status == IOPT_OK)
        status = iopt_run_new(run, in, block, err);
    iopt_run_destroy(run);
    if (status != IOPT_OK) {
        free(block);
        return status;
    }
    *out = (IoptOutputs){ .tensors = block, .count = iopt_plan_outputs(plan) };
    return IOPT_OK;
}

void iopt_outputs_free(IoptOutputs *outputs)
{
    for (size_t i = 0; i < outputs->count; i++)
        iopt_tensor_destroy(outputs->tensors[i]);
    free(outputs->tensors);
    *outputs = (IoptOutputs){ 0 };
}

IoptStatus iopt_outputs_share(const IoptOutputs *outputs, IoptOutputs *out, IoptError *err)
{
    void *block;

    *out = (IoptOutputs){ 0 };
    IOPT_TRY(iopt_alloc(&block, outputs->count, sizeof(IoptTensor *), err));
    out->tensors = block;
    for (size_t i = 0; i < outputs->count; i++) {
        IOPT_TRY(iopt_tensor_share(outputs->tensors[i], &out->tensors[i], err));
        out->count++;
    }
    return IOPT_OK;
}

static bool same_strings(const IoptTensor *a, const IoptTensor *b)
{
    const IoptBytes *const x = a->data, *const y = b->data;

    for (size_t i = 0; i < iopt_elems(a); i++)
        if (x[i].size != y[i].size || (x[i].size && memcmp(x[i].data, y[i].data, x[i].size) != 0))
            return false;
    return true;
}

/* Types that have no order: equal or not. */
static bool is_opaque(IoptDType dtype)
{
    return dtype == IOPT_STRING || dtype == IOPT_C64 || dtype == IOPT_C128 ||
           !iopt_dtype_bytes(dtype);
}

static IoptStatus compare_opaque(const IoptTensor *a, const IoptTensor *b, double *difference,
                                 size_t which, IoptError *err)
{
    *difference = 0;
    if (a->dtype == IOPT_STRING ? same_strings(a, b) : iopt_tensor_equal(a, b))
        return IOPT_OK;
    return iopt_fail(err, IOPT_BOUND_MISSED, "output %zu (%s) is not the same", which,
                     iopt_dtype_name(a->dtype));
}

static IoptStatus compare_numbers(const IoptTensor *a, const IoptTensor *b, double *difference,
                                  size_t which, IoptError *err)
{
    double largest = 0, apart = 0;

    for (size_t i = 0; i < iopt_elems(a); i++) {
        const double x = iopt_tensor_get_f64(a, i), y = iopt_tensor_get_f64(b, i);
        if (x == y || (isnan(x) && isnan(y))) {
            largest = isfinite(x) ? fmax(largest, fabs(x)) : largest;
            continue;
        }
        if (!isfinite(x) || !isfinite(y))
            return iopt_fail(err, IOPT_BOUND_MISSED, "output %zu: element %zu was %g, is %g", which,
                             i, x, y);
        largest = fmax(largest, fabs(x));
        apart = fmax(apart, fabs(x - y));
    }
    *difference = apart == 0 ? 0 : apart / largest; /* infinite where all was zero */
    return IOPT_OK;
}

IoptStatus iopt_outputs_compare(const IoptOutputs *before, const IoptOutputs *after,
                                double *difference, IoptError *err)
{
    *difference = 0;
    if (before->count != after->count)
        return iopt_fail(err, IOPT_BOUND_MISSED, "%zu outputs became %zu", before->count,
                         after->count);
    for (size_t i = 0; i < before->count; i++) {
        const IoptTensor *const a = before->tensors[i], *const b = after->tensors[i];
        double one;
        if (a->dtype != b->dtype || !iopt_shape_equal(&a->shape, &b->shape))
            return iopt_fail(err, IOPT_BOUND_MISSED, "output %zu was %s, is %s", i,
                             iopt_tensor_text(a).s, iopt_tensor_text(b).s);
        IOPT_TRY(is_opaque(a->dtype) ? compare_opaque(a, b, &one, i, err)
                                     : compare_numbers(a, b, &one, i, err));
        *difference = fmax(*difference, one);
    }
    return IOPT_OK;
}
