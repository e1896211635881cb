/* How far two arrays are apart. */
#include "measure/difference.h"

#include <math.h>
#include <stdbool.h>

#include "tensor/tensor.h"

static void add_pair(IoptDifference *difference, double a, double b)
{
    difference->count++;
    if (!isfinite(a) || !isfinite(b)) {
        difference->strange += !(a == b || (isnan(a) && isnan(b)));
        return;
    }
    const double d = a - b;
    difference->aa += a * a;
    difference->bb += b * b;
    difference->ab += a * b;
    difference->dd += d * d;
    difference->largest = fmax(difference->largest, fabs(d));
    difference->largest_value = fmax(difference->largest_value, fabs(a));
}

IoptStatus iopt_difference_add(IoptDifference *difference, const IoptTensor *a, const IoptTensor *b,
                               IoptError *err)
{
    if (a->dtype != b->dtype || !iopt_shape_equal(&a->shape, &b->shape) ||
        iopt_dtype_bytes(a->dtype) == 0)
        return iopt_fail(err, IOPT_BOUND_MISSED, "%s against %s cannot be compared",
                         iopt_tensor_text(a).s, iopt_tensor_text(b).s);
    const size_t count = iopt_elems(a);
    if (a->dtype == IOPT_F32) {
        const float *const x = iopt_f32(a), *const y = iopt_f32(b);
        for (size_t i = 0; i < count; i++)
            add_pair(difference, (double)x[i], (double)y[i]);
        return IOPT_OK;
    }
    for (size_t i = 0; i < count; i++)
        add_pair(difference, iopt_tensor_get_f64(a, i), iopt_tensor_get_f64(b, i));
    return IOPT_OK;
}

double iopt_difference_sqnr_db(const IoptDifference *difference)
{
    if (difference->strange)
        return (double)NAN;
    return difference->dd > 0 ? 10 * log10(difference->aa / difference->dd) : (double)INFINITY;
}

double iopt_difference_cosine(const IoptDifference *difference)
{
    const double norms = sqrt(difference->aa) * sqrt(difference->bb);

    if (difference->dd == 0)
        return 1;
    return norms > 0 ? difference->ab / norms : (double)NAN;
}

double iopt_difference_relative(const IoptDifference *difference)
{
    if (difference->strange)
        return (double)INFINITY;
    if (difference->largest == 0)
        return 0;
    return difference->largest_value > 0 ? difference->largest / difference->largest_value
                                         : (double)INFINITY;
}
