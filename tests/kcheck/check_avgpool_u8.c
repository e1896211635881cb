/* avgpool_u8 against the C variant: many windows, strides between pixels, splits of the rows. */
#include "kc_codes.h"
#include "kc_window.h"
#include "kernels/avgpool_u8/avgpool_u8.h"

static void compare(KCheck *k, const IoptAvgpoolU8Job *job, size_t images, IoptAvgpoolU8 *ref,
                    IoptAvgpoolU8 *fn)
{
    const IoptWindow *const w = &job->window;
    const size_t rows = images * w->out_h;
    const size_t x_gap = (size_t)job->x_stride - job->channels;
    const size_t y_gap = (size_t)job->y.stride - job->channels;
    const size_t y_elems = rows * w->out_w * (size_t)job->y.stride - y_gap;
    const void *const x =
        kc_codes(k, job->x_type, images * w->in_h * w->in_w * (size_t)job->x_stride - x_gap);
    void *const want = kc_result(k, job->y.type, y_elems);
    void *const got = kc_result(k, job->y.type, y_elems);
    void *const parts = kc_result(k, job->y.type, y_elems);

    ref(job, x, want, 0, rows);
    fn(job, x, got, 0, rows);
    kc_same_result(k, "y", got, want, job->y.type, y_elems);
    for (size_t row = rows; row > 0; row--)
        fn(job, x, parts, row - 1, row);
    kc_same_result(k, "y in parts", parts, want, job->y.type, y_elems);
}

/* 17x17 pixels and more of 255 do not fit into 16 bits. */
static void large_windows(KCheck *k, IoptAvgpoolU8 *ref, IoptAvgpoolU8 *fn)
{
    for (size_t size = 15; size <= 19; size++)
        for (int type = IOPT_S8_OUT_U8; type <= IOPT_S8_OUT_U16; type++) {
            const IoptAvgpoolU8Job job = { .window = kc_window_same(size, size, 2 * size - 1, 1),
                                           .channels = 33,
                                           .x_type = (IoptS8Out)type,
                                           .x_stride = 33,
                                           .x_zero = 7,
                                           .scale = 1,
                                           .y = { IOPT_S8_OUT_F32, 33, -1e9F, 1e9F, 0 } };
            kc_case(k, "%s, windows of up to %zux%zu", kc_s8_name(job.x_type), size, size);
            compare(k, &job, 1, ref, fn);
        }
}

static void bench(KCheck *k, IoptAvgpoolU8 *fn)
{
    static const size_t layers[][3] = {
        { 35, 192, 3 }, { 35, 288, 3 }, { 17, 768, 3 }, { 8, 2048, 3 }, { 42, 216, 3 }
    };

    for (size_t i = 0; i < IOPT_COUNT(layers); i++) {
        const size_t size = layers[i][0], channels = layers[i][1];
        const IoptWindow w = kc_window_same(size, size, layers[i][2], 1);
        const IoptAvgpoolU8Job job = { .window = w,
                                       .channels = channels,
                                       .x_type = IOPT_S8_OUT_U8,
                                       .x_stride = (ptrdiff_t)channels,
                                       .scale = 0.9,
                                       .y = { IOPT_S8_OUT_U8, (ptrdiff_t)channels, 0, 255, 0 } };
        kc_case(k, "%zux%zu c%zu k%zu", size, size, channels, layers[i][2]);
        const void *const x = kc_codes(k, job.x_type, size * size * channels);
        void *const y = kc_result(k, job.y.type, size * size * channels);
        KC_BENCH_BYTES(k, 2 * size * size * channels, fn(&job, x, y, 0, w.out_h));
    }
}

void kcheck_avgpool_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptAvgpoolU8 *const ref = (IoptAvgpoolU8 *)ref_fn, *const fn = (IoptAvgpoolU8 *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    for (int i = 0; i < 300; i++) {
        const IoptWindow w = kc_window_random(k, true);
        const size_t channels = (size_t)kc_random(k, 1, kc_random(k, 0, 1) ? 40 : 300);
        const int64_t gap = kc_random(k, 0, 1) * kc_random(k, 1, 20);
        const IoptS8In in = kc_s8_in(k, (ptrdiff_t)channels + gap, 1);
        const IoptAvgpoolU8Job job = { .window = w,
                                       .channels = channels,
                                       .x_type = in.type,
                                       .x_stride = in.stride,
                                       .x_zero = in.zero,
                                       .scale = (double)in.scale,
                                       .y = kc_s8_end(k, (ptrdiff_t)channels + gap / 2) };

        kc_case(k, "%s %s to %s c%zu gap %d", kc_window_text(&w).s, kc_s8_name(job.x_type),
                kc_s8_name(job.y.type), channels, (int)gap);
        compare(k, &job, (size_t)kc_random(k, 1, 2), ref, fn);
    }
    large_windows(k, ref, fn);
}
