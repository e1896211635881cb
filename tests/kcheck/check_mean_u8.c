/* mean_u8 against the C variant: any sizes, types, strides and splits. */
#include "kc_codes.h"
#include "kernels/mean_u8/mean_u8.h"

static void compare(KCheck *k, const IoptMeanU8Job *job, size_t images, IoptMeanU8 *ref,
                    IoptMeanU8 *fn)
{
    const size_t outputs = images * job->channels, cut = (size_t)kc_random(k, 0, (int64_t)outputs);
    const size_t y_elems = images * (size_t)job->y.stride;
    const void *const x = kc_codes(k, job->x.type, images * job->pixels * (size_t)job->x.stride);
    void *const want = kc_result(k, job->y.type, y_elems);
    void *const got = kc_result(k, job->y.type, y_elems);
    void *const parts = kc_result(k, job->y.type, y_elems);

    ref(job, x, want, 0, outputs);
    fn(job, x, got, 0, outputs);
    kc_same_result(k, "y", got, want, job->y.type, y_elems);
    fn(job, x, parts, cut, outputs);
    fn(job, x, parts, 0, cut);
    kc_same_result(k, "y in parts", parts, want, job->y.type, y_elems);
}

void kcheck_mean_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptMeanU8 *const ref = (IoptMeanU8 *)ref_fn, *const fn = (IoptMeanU8 *)new_fn;

    for (int i = 0; i < 200 && !k->bench; i++) {
        const size_t channels = (size_t)kc_random(k, 1, 150), images = (size_t)kc_random(k, 1, 3);
        /* above 257 pixels a sum of bytes outgrows 16 bits */
        const size_t pixels = (size_t)kc_random(k, 0, kc_random(k, 0, 3) ? 100 : 700);
        IoptMeanU8Job job = { .pixels = pixels,
                              .channels = channels,
                              .x = kc_s8_in(k, (ptrdiff_t)channels + kc_random(k, 0, 5), 1),
                              .y = kc_s8_end(k, (ptrdiff_t)channels + kc_random(k, 0, 5)) };
        if (pixels)
            job.x.scale /= (float)pixels;
        kc_case(k, "%zu images, %zu pixels, %zu channels, %s to %s", images, pixels, channels,
                kc_s8_name(job.x.type), kc_s8_name(job.y.type));
        compare(k, &job, images, ref, fn);
    }

    static const size_t sizes[][2] = { { 64, 2048 }, { 49, 1280 }, { 112 * 112, 32 } };
    for (size_t i = 0; i < IOPT_COUNT(sizes); i++) {
        const size_t pixels = sizes[i][0], channels = sizes[i][1];
        const IoptMeanU8Job job = { .pixels = pixels,
                                    .channels = channels,
                                    .x = { IOPT_S8_OUT_U8, (ptrdiff_t)channels, 3, 0.01F },
                                    .y = { IOPT_S8_OUT_U8, (ptrdiff_t)channels, -3, 252, 3 } };
        kc_case(k, "%zu pixels, %zu channels", pixels, channels);
        const uint8_t *const x = kc_codes(k, job.x.type, pixels * channels);
        uint8_t *const y = kc_u8(k, channels);
        KC_BENCH_BYTES(k, (pixels + 1) * channels, fn(&job, x, y, 0, channels));
    }
}
