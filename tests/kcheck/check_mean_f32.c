/* mean_f32 against the C variant: any sizes, strides and splits. */
#include <math.h>

#include "kcheck.h"
#include "kernels/mean_f32/mean_f32.h"

static void compare(KCheck *k, const IoptMeanF32Job *job, size_t images, IoptMeanF32 *ref,
                    IoptMeanF32 *fn)
{
    const size_t outputs = images * job->channels, cut = (size_t)kc_random(k, 0, (int64_t)outputs);
    const size_t x_elems = images * job->pixels * (size_t)job->x_stride;
    const size_t y_elems = images * (size_t)job->y_stride;
    const float *const x = kc_f32(k, x_elems);
    float *const want = kc_f32_nan(k, y_elems), *const got = kc_f32_nan(k, y_elems);
    float *const parts = kc_f32_nan(k, y_elems);

    ref(job, x, want, 0, outputs);
    fn(job, x, got, 0, outputs);
    /* the mean of |x| is below 1 */
    kc_near_f32(k, "y", got, want, NULL, (double)(129 + job->pixels / 64) * 0x1p-24, y_elems);
    fn(job, x, parts, cut, outputs);
    fn(job, x, parts, 0, cut);
    kc_same_f32(k, "y in parts", parts, got, y_elems);
}

void kcheck_mean_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptMeanF32 *const ref = (IoptMeanF32 *)ref_fn, *const fn = (IoptMeanF32 *)new_fn;

    for (int i = 0; i < 200 && !k->bench; i++) {
        const size_t channels = (size_t)kc_random(k, 1, 150), images = (size_t)kc_random(k, 1, 3);
        const IoptMeanF32Job job = { .pixels = (size_t)kc_random(k, 0, 200),
                                     .channels = channels,
                                     .x_stride = (ptrdiff_t)channels + kc_random(k, 0, 5),
                                     .y_stride = (ptrdiff_t)channels + kc_random(k, 0, 5) };
        kc_case(k, "%zu images, %zu pixels, %zu channels, strides %td %td", images, job.pixels,
                channels, job.x_stride, job.y_stride);
        compare(k, &job, images, ref, fn);
    }

    static const size_t sizes[][2] = { { 64, 2048 }, { 49, 1280 }, { 112 * 112, 32 } };
    for (size_t i = 0; i < IOPT_COUNT(sizes); i++) {
        const size_t pixels = sizes[i][0], channels = sizes[i][1];
        const IoptMeanF32Job job = { pixels, channels, (ptrdiff_t)channels, (ptrdiff_t)channels };
        kc_case(k, "%zu pixels, %zu channels", pixels, channels);
        const float *const x = kc_f32(k, pixels * channels);
        float *const y = kc_f32(k, channels);
        KC_BENCH_BYTES(k, (pixels + 1) * channels * sizeof *x, fn(&job, x, y, 0, channels));
    }
}
