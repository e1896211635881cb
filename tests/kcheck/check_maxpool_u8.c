/* maxpool_u8 against the C variant: many windows, strides between pixels, splits of the rows. */
#include "kc_codes.h"
#include "kc_window.h"
#include "kernels/maxpool_u8/maxpool_u8.h"

static void compare(KCheck *k, const IoptMaxpoolU8Job *job, size_t images, IoptMaxpoolU8 *ref,
                    IoptMaxpoolU8 *fn)
{
    const IoptWindow *const w = &job->window;
    const size_t rows = images * w->out_h;
    const size_t x_gap = (size_t)job->x_stride - job->channels;
    const size_t y_gap = (size_t)job->y_stride - job->channels;
    const size_t x_elems = images * w->in_h * w->in_w * (size_t)job->x_stride - x_gap;
    const size_t y_elems = rows * w->out_w * (size_t)job->y_stride - y_gap;
    const void *const x = kc_codes(k, job->type, x_elems);
    void *const want = kc_result(k, job->type, y_elems), *const got =
                                                             kc_result(k, job->type, y_elems);
    void *const parts = kc_result(k, job->type, y_elems);

    ref(job, x, want, 0, rows);
    fn(job, x, got, 0, rows);
    kc_same_result(k, "y", got, want, job->type, y_elems);
    for (size_t row = rows; row > 0; row--)
        fn(job, x, parts, row - 1, row);
    kc_same_result(k, "y in parts", parts, want, job->type, y_elems);
}

static void bench(KCheck *k, IoptMaxpoolU8 *fn)
{
    static const struct {
        size_t size, channels, kernel, stride;
    } layers[] = {
        { 147, 64, 3, 2 }, { 71, 192, 3, 2 }, { 35, 288, 3, 2 },
        { 17, 768, 3, 2 }, { 42, 216, 3, 1 },
    };

    for (size_t i = 0; i < IOPT_COUNT(layers); i++) {
        const size_t size = layers[i].size, channels = layers[i].channels;
        const IoptWindow w = layers[i].stride == 2
                                 ? kc_window_valid(size, size, layers[i].kernel, layers[i].stride)
                                 : kc_window_same(size, size, layers[i].kernel, layers[i].stride);
        const IoptMaxpoolU8Job job = { .window = w,
                                       .channels = channels,
                                       .type = IOPT_S8_OUT_U8,
                                       .x_stride = (ptrdiff_t)channels,
                                       .y_stride = (ptrdiff_t)channels,
                                       .hi = 255 };
        kc_case(k, "%zux%zu c%zu k%zu s%zu", size, size, channels, layers[i].kernel,
                layers[i].stride);
        const void *const x = kc_codes(k, job.type, size * size * channels);
        void *const y = kc_result(k, job.type, w.out_h * w.out_w * channels);
        KC_BENCH_BYTES(k, (size * size + w.out_h * w.out_w) * channels, fn(&job, x, y, 0, w.out_h));
    }
}

void kcheck_maxpool_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    if (k->bench) {
        bench(k, (IoptMaxpoolU8 *)new_fn);
        return;
    }
    for (int i = 0; i < 300; i++) {
        const IoptWindow w = kc_window_random(k, true);
        const size_t channels = (size_t)kc_random(k, 1, kc_random(k, 0, 1) ? 40 : 300);
        const int64_t gap = kc_random(k, 0, 1) * kc_random(k, 1, 20);
        const bool clamped = kc_random(k, 0, 1) != 0;
        const IoptS8Out type = kc_code_type(k);
        const int32_t top = type == IOPT_S8_OUT_U8 ? UINT8_MAX : UINT16_MAX;
        const IoptMaxpoolU8Job job = { .window = w,
                                       .channels = channels,
                                       .type = type,
                                       .x_stride = (ptrdiff_t)channels + gap,
                                       .y_stride = (ptrdiff_t)channels + gap / 2,
                                       .lo = clamped ? top / 4 : 0,
                                       .hi = clamped ? top / 2 : top };

        kc_case(k, "%s %s c%zu gap %d", kc_window_text(&w).s, kc_s8_name(type), channels, (int)gap);
        compare(k, &job, (size_t)kc_random(k, 1, 2), (IoptMaxpoolU8 *)ref_fn,
                (IoptMaxpoolU8 *)new_fn);
    }
}
