/* scale_shift_f32 against the C variant. */
#include <math.h>

#include "kc_rows.h"
#include "kernels/scale_shift_f32/scale_shift_f32.h"

typedef struct Call {
    IoptScaleShiftF32 *fn;
    IoptScaleShiftF32Job job;
} Call;

static void run(const void *context, const float *x, ptrdiff_t x_stride, float *y,
                ptrdiff_t y_stride, size_t begin, size_t end)
{
    const Call *const call = context;
    IoptScaleShiftF32Job job = call->job;

    job.x_stride = x_stride;
    job.y_stride = y_stride;
    call->fn(&job, x, y, begin, end);
}

/* 2^-23 of |x * scale| + |shift| */
static double *bounds(KCheck *k, const KcRows *rows, const Call *call, const float *x)
{
    const size_t elems = kc_rows_elems(rows, rows->y_stride);
    double *const bound = kc_bytes(k, elems * sizeof *bound);

    for (size_t i = 0; i < rows->rows * rows->channels; i++) {
        const size_t r = i / rows->channels, c = i % rows->channels;
        const double v = (double)x[r * (size_t)rows->x_stride + c] * (double)call->job.scale[c];
        const double size = fabs(v) + fabs((double)call->job.shift[c]);
        bound[r * (size_t)rows->y_stride + c] = isfinite(size) ? 0x1p-23 * size : 0;
    }
    return bound;
}

static void compare(KCheck *k, const KcRows *rows, Call *call, IoptScaleShiftF32 *ref,
                    IoptScaleShiftF32 *fn)
{
    const bool both = call->job.scale && call->job.shift;
    /* where both round, a large x may overflow in one variant and not in the other */
    const float *const x = both ? kc_f32(k, kc_rows_elems(rows, rows->x_stride))
                                : kc_f32_wild(k, kc_rows_elems(rows, rows->x_stride));

    call->fn = ref;
    const float *const want = kc_rows_run(k, rows, x, run, call);
    call->fn = fn;
    const float *const got = kc_rows_run(k, rows, x, run, call);
    if (both)
        kc_near_f32(k, "y", got, want, bounds(k, rows, call, x), 1e-37,
                    kc_rows_elems(rows, rows->y_stride));
    else
        kc_same_f32(k, "y", got, want, kc_rows_elems(rows, rows->y_stride));
}

static void bench(KCheck *k, IoptScaleShiftF32 *fn)
{
    static const size_t sizes[][2] = { { 38 * 38, 256 }, { 10 * 10, 2048 }, { 299 * 299, 3 } };

    for (size_t i = 0; i < IOPT_COUNT(sizes); i++) {
        const size_t rows = sizes[i][0], channels = sizes[i][1];
        kc_case(k, "%zu rows of %zu, scale, shift, relu", rows, channels);
        const float *const x = kc_f32(k, rows * channels);
        float *const y = kc_f32(k, rows * channels);
        const IoptScaleShiftF32Job job = { .channels = channels,
                                           .x_stride = (ptrdiff_t)channels,
                                           .y_stride = (ptrdiff_t)channels,
                                           .scale = kc_f32(k, channels),
                                           .shift = kc_f32(k, channels),
                                           .lo = 0,
                                           .hi = INFINITY };
        KC_BENCH_BYTES(k, 2 * rows * channels * sizeof *x, fn(&job, x, y, 0, rows));
    }
}

void kcheck_scale_shift_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptScaleShiftF32 *const ref = (IoptScaleShiftF32 *)ref_fn;
    IoptScaleShiftF32 *const fn = (IoptScaleShiftF32 *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    for (int i = 0; i < 400; i++) {
        const KcRows rows = kc_rows_random(k);
        kc_case(k, "%s", kc_rows_text(&rows).s);
        Call call = { .job = { .channels = rows.channels,
                               .scale = kc_random(k, 0, 1) ? kc_f32(k, rows.channels) : NULL,
                               .shift = kc_random(k, 0, 1) ? kc_f32(k, rows.channels) : NULL,
                               .lo = kc_random(k, 0, 1) ? 0 : -INFINITY,
                               .hi = kc_random(k, 0, 1) ? 0.5F : INFINITY } };
        compare(k, &rows, &call, ref, fn);
    }
}
