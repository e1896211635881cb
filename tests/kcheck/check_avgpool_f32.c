/* avgpool_f32 against the C variant: many windows, strides between pixels, splits of the rows. */
#include <math.h>

#include "kc_window.h"
#include "kernels/avgpool_f32/avgpool_f32.h"

/* The bound of the header: the C variant itself averages the magnitudes. */
static double *bounds(KCheck *k, const IoptAvgpoolF32Job *job, const float *x, size_t x_elems,
                      size_t y_elems, size_t rows)
{
    const double steps = (double)(job->window.kernel_h * job->window.kernel_w + 2);
    float *const positive = kc_copy(k, x, x_elems * sizeof *x), *const y = kc_f32_nan(k, y_elems);
    double *const bound = kc_bytes(k, y_elems * sizeof *bound);

    for (size_t i = 0; i < x_elems; i++)
        positive[i] = fabsf(x[i]);
    iopt_avgpool_f32_c(job, positive, y, 0, rows);
    for (size_t i = 0; i < y_elems; i++)
        bound[i] = isnan(y[i]) ? 0 : steps * 0x1p-24 * (double)y[i];
    return bound;
}

static void compare(KCheck *k, const IoptWindow *w, size_t images, size_t channels, size_t gap,
                    IoptAvgpoolF32 *ref, IoptAvgpoolF32 *fn)
{
    const IoptAvgpoolF32Job job = { .window = *w,
                                    .channels = channels,
                                    .x_stride = (ptrdiff_t)(channels + gap),
                                    .y_stride = (ptrdiff_t)(channels + gap) };
    const size_t rows = images * w->out_h;
    const size_t x_elems = images * w->in_h * w->in_w * (channels + gap) - gap;
    const size_t y_elems = rows * w->out_w * (channels + gap) - gap;
    float *const x = kc_f32(k, x_elems);
    float *const want = kc_f32_nan(k, y_elems), *const got = kc_f32_nan(k, y_elems);
    float *const parts = kc_f32_nan(k, y_elems);

    ref(&job, x, want, 0, rows);
    fn(&job, x, got, 0, rows);
    kc_near_f32(k, "y", got, want, bounds(k, &job, x, x_elems, y_elems, rows), 1e-37, y_elems);
    for (size_t row = rows; row > 0; row--)
        fn(&job, x, parts, row - 1, row);
    kc_same_f32(k, "y in parts", parts, got, y_elems);
}

static void bench(KCheck *k, IoptAvgpoolF32 *fn)
{
    static const struct {
        size_t size, channels, kernel, stride;
    } layers[] = {
        { 35, 192, 3, 1 }, { 17, 768, 3, 1 }, { 8, 2048, 3, 1 },
        { 42, 216, 3, 1 }, { 8, 2048, 8, 1 },
    };

    for (size_t i = 0; i < IOPT_COUNT(layers); i++) {
        const size_t size = layers[i].size, channels = layers[i].channels;
        const IoptWindow w = layers[i].stride == 2 || layers[i].kernel == size
                                 ? kc_window_valid(size, size, layers[i].kernel, layers[i].stride)
                                 : kc_window_same(size, size, layers[i].kernel, layers[i].stride);
        const IoptAvgpoolF32Job job = { .window = w,
                                        .channels = channels,
                                        .x_stride = (ptrdiff_t)channels,
                                        .y_stride = (ptrdiff_t)channels };
        kc_case(k, "%zux%zu c%zu k%zu s%zu", size, size, channels, layers[i].kernel,
                layers[i].stride);
        const float *const x = kc_f32(k, size * size * channels);
        float *const y = kc_f32(k, w.out_h * w.out_w * channels);
        KC_BENCH_BYTES(k, (size * size + w.out_h * w.out_w) * channels * sizeof *x,
                       fn(&job, x, y, 0, w.out_h));
    }
}

void kcheck_avgpool_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptAvgpoolF32 *const ref = (IoptAvgpoolF32 *)ref_fn, *const fn = (IoptAvgpoolF32 *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    for (int i = 0; i < 300; i++) {
        const IoptWindow w = kc_window_random(k, false);
        const size_t channels = (size_t)kc_random(k, 1, 150), images = (size_t)kc_random(k, 1, 2);
        const size_t gap = kc_random(k, 0, 1) ? (size_t)kc_random(k, 1, 20) : 0;

        kc_case(k, "%s c%zu gap %zu", kc_window_text(&w).s, channels, gap);
        compare(k, &w, images, channels, gap, ref, fn);
    }
}
