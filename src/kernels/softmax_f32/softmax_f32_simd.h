/* softmax_f32 on vectors along the row: its maximum, the exponentials and their sum, the result. */
#include <math.h>

#include "kernels/softmax_f32/softmax_f32.h"
#include "kernels/vec_math_f32.h"

enum { BLOCK = 64 * VEC }; /* as much is summed in float before it goes into a sum in double */

/* Lanes beyond the row are -INFINITY: they do not matter to the maximum, and exp makes them 0. */
IOPT_ALWAYS_INLINE Vec load_row(const float *x, size_t left)
{
    return left >= VEC ? vec_load(x) : vec_load_part_or(x, vec_lanes(left), vec_all(-INFINITY));
}

IOPT_ALWAYS_INLINE void store_row(float *y, Vec v, size_t left)
{
    if (left >= VEC)
        vec_store(y, v);
    else
        vec_store_part(y, v, vec_lanes(left));
}

static float row_max(const float *x, size_t n)
{
    Vec max = vec_all(-INFINITY);

    for (size_t i = 0; i < n; i += VEC)
        max = vec_max(load_row(x + i, n - i), max); /* passes over NaN */
    return vec_max_lanes(max);
}

/* The sum of exp(x - max), which are stored too if wanted; NaN if any is. */
IOPT_ALWAYS_INLINE double row_exp(const float *x, float *y, size_t n, float max, const bool store)
{
    const Vec shift = vec_all(max);
    double total = 0;

    for (size_t i = 0; i < n;) {
        const size_t stop = n - i > BLOCK ? i + BLOCK : n;
        Vec sum = vec_zero();
        for (; i < stop; i += VEC) {
            const Vec e = vec_exp(vec_sub(load_row(x + i, n - i), shift));
            sum = vec_add(sum, e);
            if (store)
                store_row(y + i, e, n - i);
        }
        total += vec_sum_lanes(sum);
    }
    return total;
}

static void row_softmax(const float *x, float *y, size_t n)
{
    const Vec factor = vec_all((float)(1 / row_exp(x, y, n, row_max(x, n), true)));

    for (size_t i = 0; i < n; i += VEC)
        store_row(y + i, vec_mul(load_row(y + i, n - i), factor), n - i);
}

static void row_log_softmax(const float *x, float *y, size_t n)
{
    const float max = row_max(x, n);
    const Vec shift = vec_all(max);
    const Vec log_sum = vec_all((float)log(row_exp(x, y, n, max, false)));

    for (size_t i = 0; i < n; i += VEC)
        store_row(y + i, vec_sub(vec_sub(load_row(x + i, n - i), shift), log_sum), n - i);
}

void IOPT_VEC_NAME(iopt_softmax_f32)(const IoptSoftmaxF32Job *job, const float *x, float *y,
                                     size_t row_begin, size_t row_end)
{
    for (size_t row = row_begin; row < row_end; row++) {
        const float *const from = x + (ptrdiff_t)row * job->x_stride;
        float *const to = y + (ptrdiff_t)row * job->y_stride;
        if (job->log)
            row_log_softmax(from, to, job->n);
        else
            row_softmax(from, to, job->n);
    }
}
