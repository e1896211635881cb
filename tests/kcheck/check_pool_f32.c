/* maxpool_f32 and avgpool_f32 against their C variants: many windows, strides between pixels,
 * splits of the rows. */
#include <math.h>

#include "kc_window.h"
#include "kernels/avgpool_f32/avgpool_f32.h"
#include "kernels/maxpool_f32/maxpool_f32.h"

typedef struct Size {
    size_t x, y, rows;
} Size;

/* Some windows are nothing but these. */
static void mix_in_no_numbers(KCheck *k, float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kc_random(k, 0, 3) > 1)
            x[i] = kc_random(k, 0, 1) ? NAN : -INFINITY;
}

/* The bound of avgpool_f32.h: the C variant itself averages the magnitudes. */
static double *bounds(KCheck *k, const IoptPoolF32Job *job, const float *x, Size size)
{
    const double steps = (double)(job->window.kernel_h * job->window.kernel_w + 2);
    float *const positive = kc_copy(k, x, size.x * sizeof *x), *const y = kc_f32_nan(k, size.y);
    double *const bound = kc_bytes(k, size.y * sizeof *bound);

    for (size_t i = 0; i < size.x; i++)
        positive[i] = fabsf(x[i]);
    iopt_avgpool_f32_c(job, positive, y, 0, size.rows);
    for (size_t i = 0; i < size.y; i++)
        bound[i] = isnan(y[i]) ? 0 : steps * 0x1p-24 * (double)y[i];
    return bound;
}

static void compare(KCheck *k, const IoptWindow *w, size_t images, size_t channels, size_t gap,
                    IoptPoolF32 *ref, IoptPoolF32 *fn, bool average)
{
    const IoptPoolF32Job job = { .window = *w,
                                 .channels = channels,
                                 .x_stride = (ptrdiff_t)(channels + gap),
                                 .y_stride = (ptrdiff_t)(channels + gap) };
    const Size size = { .x = images * w->in_h * w->in_w * (channels + gap) - gap,
                        .y = images * w->out_h * w->out_w * (channels + gap) - gap,
                        .rows = images * w->out_h };
    float *const x = kc_f32(k, size.x);
    float *const want = kc_f32_nan(k, size.y), *const got = kc_f32_nan(k, size.y);
    float *const parts = kc_f32_nan(k, size.y);

    if (!average)
        mix_in_no_numbers(k, x, size.x);
    ref(&job, x, want, 0, size.rows);
    fn(&job, x, got, 0, size.rows);
    if (average)
        kc_near_f32(k, "y", got, want, bounds(k, &job, x, size), 1e-37, size.y);
    else
        kc_same_f32(k, "y", got, want, size.y);
    for (size_t row = size.rows; row > 0; row--)
        fn(&job, x, parts, row - 1, row);
    kc_same_f32(k, "y in parts", parts, got, size.y);
}

static void check(KCheck *k, IoptKernelFn ref, IoptKernelFn fn, bool average)
{
    for (int i = 0; i < 300; i++) {
        const IoptWindow w = kc_window_random(k, false);
        const size_t channels = (size_t)kc_random(k, 1, 150), images = (size_t)kc_random(k, 1, 2);
        const size_t gap = kc_random(k, 0, 1) ? (size_t)kc_random(k, 1, 20) : 0;

        kc_case(k, "%s c%zu gap %zu", kc_window_text(&w).s, channels, gap);
        compare(k, &w, images, channels, gap, (IoptPoolF32 *)ref, (IoptPoolF32 *)fn, average);
    }
}

static void bench(KCheck *k, IoptKernelFn fn, const KcLayer *layers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const size_t size = layers[i].size, channels = layers[i].channels;
        const IoptWindow w = layers[i].stride == 2 || layers[i].kernel == size
                                 ? kc_window_valid(size, size, layers[i].kernel, layers[i].stride)
                                 : kc_window_same(size, size, layers[i].kernel, layers[i].stride);
        const IoptPoolF32Job job = { .window = w,
                                     .channels = channels,
                                     .x_stride = (ptrdiff_t)channels,
                                     .y_stride = (ptrdiff_t)channels };
        kc_case(k, "%zux%zu c%zu k%zu s%zu", size, size, channels, layers[i].kernel,
                layers[i].stride);
        const float *const x = kc_f32(k, size * size * channels);
        float *const y = kc_f32(k, w.out_h * w.out_w * channels);
        KC_BENCH_BYTES(k, (size * size + w.out_h * w.out_w) * channels * sizeof *x,
                       ((IoptPoolF32 *)fn)(&job, x, y, 0, w.out_h));
    }
}

void kcheck_maxpool_f32(KCheck *k, IoptKernelFn ref, IoptKernelFn fn)
{
    static const KcLayer layers[] = {
        { 147, 64, 3, 2 }, { 71, 192, 3, 2 }, { 35, 288, 3, 2 },
        { 17, 768, 3, 2 }, { 42, 216, 3, 1 },
    };

    if (k->bench)
        bench(k, fn, layers, IOPT_COUNT(layers));
    else
        check(k, ref, fn, false);
}

void kcheck_avgpool_f32(KCheck *k, IoptKernelFn ref, IoptKernelFn fn)
{
    static const KcLayer layers[] = {
        { 35, 192, 3, 1 }, { 17, 768, 3, 1 }, { 8, 2048, 3, 1 },
        { 42, 216, 3, 1 }, { 8, 2048, 8, 1 },
    };

    if (k->bench)
        bench(k, fn, layers, IOPT_COUNT(layers));
    else
        check(k, ref, fn, true);
}
