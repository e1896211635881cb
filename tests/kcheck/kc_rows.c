/* Rows with gaps between them, for the checks of elementwise kernels. */
#include "kc_rows.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

KcRows kc_rows_random(KCheck *k)
{
    const bool gaps = kc_random(k, 0, 1) != 0;
    KcRows rows = { .rows = (size_t)kc_random(k, 0, gaps ? 9 : 40),
                    .channels = (size_t)kc_random(k, 1, kc_random(k, 0, 2) ? 70 : 9) };

    rows.x_stride = (ptrdiff_t)rows.channels + (gaps ? kc_random(k, 0, 9) : 0);
    rows.y_stride = (ptrdiff_t)rows.channels + (gaps ? kc_random(k, 0, 9) : 0);
    return rows;
}

KcRowsText kc_rows_text(const KcRows *rows)
{
    KcRowsText text;

    snprintf(text.s, sizeof text.s, "%zu rows of %zu, strides %td %td", rows->rows, rows->channels,
             rows->x_stride, rows->y_stride);
    return text;
}

size_t kc_rows_elems(const KcRows *rows, ptrdiff_t stride)
{
    return rows->rows ? (rows->rows - 1) * (size_t)stride + rows->channels : 0;
}

float *kc_f32_wild(KCheck *k, size_t count)
{
    static const float special[] = {
        0,        -0.0F,     1,   -1,    FLT_MAX, -FLT_MAX, FLT_MIN,  0x1p-149F,
        INFINITY, -INFINITY, NAN, 88.5F, -88.5F,  -103.5F,  -87.3F,   9.1F,
        4,        -4,        20,  -20,   3,       -3,       0x1p-24F, 1e30F,
    };
    static const float scale[] = { 1, 8, 90, 1e-4F };
    float *const values = kc_f32(k, count);

    for (size_t i = 0; i < count; i++) {
        const size_t pick = (size_t)kc_random(k, 0, 7);
        if (pick == 7)
            values[i] = special[kc_random(k, 0, IOPT_COUNT(special) - 1)];
        else
            values[i] *= scale[pick % IOPT_COUNT(scale)];
    }
    return values;
}

const float *kc_rows_run(KCheck *k, const KcRows *rows, const float *x, KcRowsFn *fn,
                         const void *context)
{
    const size_t x_elems = kc_rows_elems(rows, rows->x_stride);
    const size_t y_elems = kc_rows_elems(rows, rows->y_stride);
    const size_t cut = (size_t)kc_random(k, 0, (int64_t)rows->rows);
    float *const whole = kc_f32_nan(k, y_elems), *const parts = kc_f32_nan(k, y_elems);
    float *const in_place = kc_copy(k, x, x_elems * sizeof *x);

    fn(context, x, rows->x_stride, whole, rows->y_stride, 0, rows->rows);
    fn(context, x, rows->x_stride, parts, rows->y_stride, cut, rows->rows);
    fn(context, x, rows->x_stride, parts, rows->y_stride, 0, cut);
    kc_same_f32(k, "y in parts", parts, whole, y_elems);
    fn(context, in_place, rows->x_stride, in_place, rows->x_stride, 0, rows->rows);
    for (size_t r = 0; r < rows->rows; r++)
        kc_same_f32(k, "y in place", in_place + (ptrdiff_t)r * rows->x_stride,
                    whole + (ptrdiff_t)r * rows->y_stride, rows->channels);
    return whole;
}
