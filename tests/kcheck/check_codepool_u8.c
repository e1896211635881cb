/* codepool_u8 against the C variant: many windows, strides between pixels, splits of the rows. */
#include <string.h>

#include "kc_window.h"
#include "kernels/codepool_u8/codepool_u8.h"

static void compare(KCheck *k, const IoptWindow *w, size_t images, size_t channels, size_t gap,
                    IoptCodepoolU8 *ref, IoptCodepoolU8 *fn)
{
    const ptrdiff_t stride = (ptrdiff_t)(channels + gap);
    const IoptCodepoolU8Job job = { *w, channels, stride, stride };
    const size_t rows = images * w->out_h;
    const size_t y_bytes = rows * w->out_w * (channels + gap) - gap;
    const uint8_t *const x = kc_u8(k, images * w->in_h * w->in_w * (channels + gap) - gap);
    uint8_t *const want = kc_bytes(k, y_bytes), *const got = kc_bytes(k, y_bytes);

    ref(&job, x, want, 0, rows);
    for (size_t row = rows; row > 0; row--)
        fn(&job, x, got, row - 1, row);
    if (memcmp(got, want, y_bytes) != 0)
        kc_fail(k, "other codes");
}

void kcheck_codepool_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptCodepoolU8 *const ref = (IoptCodepoolU8 *)ref_fn, *const fn = (IoptCodepoolU8 *)new_fn;

    for (int i = 0; i < 300 && !k->bench; i++) {
        const IoptWindow w = kc_window_random(k, false);
        const size_t channels = (size_t)kc_random(k, 1, 150), images = (size_t)kc_random(k, 1, 2);
        const size_t gap = kc_random(k, 0, 1) ? (size_t)kc_random(k, 1, 20) : 0;

        kc_case(k, "%s c%zu gap %zu", kc_window_text(&w).s, channels, gap);
        compare(k, &w, images, channels, gap, ref, fn);
    }
    if (k->bench) {
        const IoptWindow w = kc_window_same(35, 35, 3, 1);
        const IoptCodepoolU8Job job = { w, 288, 288, 288 };
        kc_case(k, "35x35 c288 k3 s1");
        const uint8_t *const x = kc_u8(k, 35 * 35 * 288);
        uint8_t *const y = kc_u8(k, 35 * 35 * 288);
        KC_BENCH_BYTES(k, 2 * 35 * 35 * 288, fn(&job, x, y, 0, 35));
    }
}
