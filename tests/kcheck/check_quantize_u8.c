/* quantize_u8 against the C variant: all types, strides, scales; TensorFlow's own results. */
#include <math.h>
#include <string.h>

#include "kc_codes.h"
#include "kc_rows.h"
#include "kernels/quantize_u8/quantize_u8.h"

/* A range that holds 0, as FakeQuant nudges it. */
static void set_range(IoptQuantizeU8Job *job, float step, int32_t zero)
{
    const int32_t top = job->y_type == IOPT_S8_OUT_U8 ? UINT8_MAX : UINT16_MAX;

    job->min = job->lo = (float)-zero * step;
    job->hi = (float)(top - zero) * step;
    job->inv_scale = 1 / step;
}

static IoptQuantizeU8Job make_job(KCheck *k, const KcRows *rows)
{
    IoptQuantizeU8Job job = {
        .channels = rows->channels,
        .x = kc_s8_in(k, rows->x_stride, 0.05F),
        .scale = kc_random(k, 0, 1) ? kc_f32(k, rows->channels) : NULL,
        .shift = kc_random(k, 0, 1) ? kc_f32(k, rows->channels) : NULL,
        .y_type = kc_code_type(k),
        .y_stride = rows->y_stride,
    };
    if (kc_random(k, 0, 1))
        job.x.type = IOPT_S8_OUT_F32;
    if (job.y_type == IOPT_S8_OUT_U8)
        set_range(&job, (float)kc_random(k, 1, 1 << 20) * 0x1p-24F, (int32_t)kc_random(k, 0, 255));
    else
        set_range(&job, (float)kc_random(k, 1, 1 << 20) * 0x1p-32F,
                  (int32_t)kc_random(k, 0, 65535));
    if (kc_random(k, 0, 2) == 0 && job.hi > 0) /* Relu */
        job.lo = 0;
    return job;
}

static void compare(KCheck *k, const IoptQuantizeU8Job *job, const KcRows *rows,
                    IoptQuantizeU8 *ref, IoptQuantizeU8 *fn)
{
    const size_t cut = (size_t)kc_random(k, 0, (int64_t)rows->rows);
    const size_t elems = kc_rows_elems(rows, rows->y_stride);
    const void *const x = kc_codes(k, job->x.type, kc_rows_elems(rows, rows->x_stride));
    void *const want = kc_result(k, job->y_type, elems), *const got =
                                                             kc_result(k, job->y_type, elems);
    void *const parts = kc_result(k, job->y_type, elems);

    ref(job, x, want, 0, rows->rows);
    fn(job, x, got, 0, rows->rows);
    kc_same_result(k, "y", got, want, job->y_type, elems);
    fn(job, x, parts, cut, rows->rows);
    fn(job, x, parts, 0, cut);
    kc_same_result(k, "y in parts", parts, want, job->y_type, elems);
}

/* Steps of 0.5, zero point 10: ties go up, everything outside to the ends, NaN to the lower. */
static void ties_ends_and_nan(KCheck *k, IoptQuantizeU8 *fn)
{
    static const float x[] = { 0,     0.25F,  -0.25F, 0.24F,    -0.26F,    0.75F, -5,
                               -5.1F, 122.5F, 123,    INFINITY, -INFINITY, NAN,   -0.0F };
    static const uint8_t want[] = { 10, 11, 10, 10, 9, 12, 0, 0, 255, 255, 255, 0, 0, 10 };
    IoptQuantizeU8Job job = { .channels = IOPT_COUNT(x),
                              .x = { .type = IOPT_S8_OUT_F32, .stride = IOPT_COUNT(x) },
                              .y_type = IOPT_S8_OUT_U8,
                              .y_stride = IOPT_COUNT(x) };

    kc_case(k, "ties, ends and NaN");
    set_range(&job, 0.5F, 10);
    const float *const from = kc_copy(k, x, sizeof x);
    uint8_t *const y = kc_result(k, IOPT_S8_OUT_U8, IOPT_COUNT(x));
    fn(&job, from, y, 0, 1);
    kc_same_result(k, "y", y, want, IOPT_S8_OUT_U8, IOPT_COUNT(x));
}

static void bench(KCheck *k, IoptQuantizeU8 *fn)
{
    static const struct {
        size_t rows, channels;
        IoptS8Out x;
        bool scaled;
    } cases[] = {
        { 299 * 299, 3, IOPT_S8_OUT_F32, false },
        { 38 * 38, 256, IOPT_S8_OUT_F32, false },
        { 38 * 38, 256, IOPT_S8_OUT_F32, true },
        { 38 * 38, 256, IOPT_S8_OUT_U16, true },
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        const size_t channels = cases[i].channels, elems = cases[i].rows * channels;
        IoptQuantizeU8Job job = { .channels = channels,
                                  .x = { cases[i].x, (ptrdiff_t)channels, 30000, 0.0001F },
                                  .y_type = IOPT_S8_OUT_U8,
                                  .y_stride = (ptrdiff_t)channels };
        kc_case(k, "%zu rows of %zu, from %s%s", cases[i].rows, channels, kc_s8_name(cases[i].x),
                cases[i].scaled ? ", scale and shift" : "");
        set_range(&job, 0.01F, 0);
        if (cases[i].scaled) {
            job.scale = kc_f32(k, channels);
            job.shift = kc_f32(k, channels);
        }
        const void *const x = job.x.type == IOPT_S8_OUT_F32 ? (void *)kc_f32(k, elems)
                                                            : kc_codes(k, job.x.type, elems);
        void *const y = kc_result(k, job.y_type, elems);
        KC_BENCH_BYTES(k, elems * (iopt_s8_bytes(job.x.type) + 1),
                       fn(&job, x, y, 0, cases[i].rows));
    }
}

void kcheck_quantize_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    if (k->bench) {
        bench(k, (IoptQuantizeU8 *)new_fn);
        return;
    }
    for (int i = 0; i < 600; i++) {
        const KcRows rows = kc_rows_random(k);
        kc_case(k, "%s", kc_rows_text(&rows).s);
        const IoptQuantizeU8Job job = make_job(k, &rows);
        compare(k, &job, &rows, (IoptQuantizeU8 *)ref_fn, (IoptQuantizeU8 *)new_fn);
    }
    ties_ends_and_nan(k, (IoptQuantizeU8 *)new_fn);
}
