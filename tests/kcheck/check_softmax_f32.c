/* softmax_f32 against the C variant: short and long rows, steep and flat ones, edges. */
#include <math.h>

#include "kc_rows.h"
#include "kernels/softmax_f32/softmax_f32.h"

typedef struct Call {
    IoptSoftmaxF32 *fn;
    IoptSoftmaxF32Job job;
} Call;

static void run(const void *context, const float *x, ptrdiff_t x_stride, float *y,
                ptrdiff_t y_stride, size_t begin, size_t end)
{
    const Call *const call = context;
    IoptSoftmaxF32Job job = call->job;

    job.x_stride = x_stride;
    job.y_stride = y_stride;
    call->fn(&job, x, y, begin, end);
}

static void compare(KCheck *k, const KcRows *rows, bool log, const float *x, IoptSoftmaxF32 *ref,
                    IoptSoftmaxF32 *fn)
{
    const size_t y_elems = kc_rows_elems(rows, rows->y_stride);
    Call call = { .job = { .log = log, .n = rows->channels } };
    double *const bound = kc_bytes(k, y_elems * sizeof *bound);

    call.fn = ref;
    const float *const want = kc_rows_run(k, rows, x, run, &call);
    call.fn = fn;
    const float *const got = kc_rows_run(k, rows, x, run, &call);
    for (size_t i = 0; i < y_elems; i++)
        bound[i] = isfinite(want[i]) ? 2e-6 * fabs((double)want[i]) : 0;
    kc_near_f32(k, "y", got, want, bound, log ? 2e-6 : 1e-6, y_elems);
}

/* A row in four has values that no sum survives. */
static float *make_rows(KCheck *k, const KcRows *rows)
{
    static const float specials[] = { INFINITY, -INFINITY, NAN };
    static const float scales[] = { 0, 1, 30, 1000 };
    const size_t elems = kc_rows_elems(rows, rows->x_stride);
    float *const x = kc_f32(k, elems);

    for (size_t r = 0; r < rows->rows; r++) {
        const float scale = scales[kc_random(k, 0, 3)];
        for (size_t i = 0; i < rows->channels; i++)
            x[r * (size_t)rows->x_stride + i] *= scale;
        if (kc_random(k, 0, 3) == 0)
            x[r * (size_t)rows->x_stride + (size_t)kc_random(k, 0, (int64_t)rows->channels - 1)] =
                specials[kc_random(k, 0, 2)];
    }
    return x;
}

void kcheck_softmax_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptSoftmaxF32 *const ref = (IoptSoftmaxF32 *)ref_fn, *const fn = (IoptSoftmaxF32 *)new_fn;

    for (int i = 0; i < 400 && !k->bench; i++) {
        KcRows rows = kc_rows_random(k);
        if (i % 8 == 0) {
            rows.channels += (size_t)kc_random(k, 500, 5000);
            rows.x_stride = rows.y_stride = (ptrdiff_t)rows.channels + 3;
        }
        kc_case(k, "%s%s", kc_rows_text(&rows).s, i % 2 ? ", log" : "");
        compare(k, &rows, i % 2 != 0, make_rows(k, &rows), ref, fn);
    }

    static const size_t sizes[][2] = { { 1, 1001 }, { 1000, 10 }, { 64, 4096 } };
    for (size_t i = 0; i < 2 * IOPT_COUNT(sizes); i++) {
        const size_t rows = sizes[i / 2][0], n = sizes[i / 2][1];
        const IoptSoftmaxF32Job job = { i % 2 != 0, n, (ptrdiff_t)n, (ptrdiff_t)n };
        kc_case(k, "%zu rows of %zu%s", rows, n, i % 2 ? ", log" : "");
        const float *const x = kc_f32(k, rows * n);
        float *const y = kc_f32(k, rows * n);
        KC_BENCH_BYTES(k, 2 * rows * n * sizeof *x, fn(&job, x, y, 0, rows));
    }
}
