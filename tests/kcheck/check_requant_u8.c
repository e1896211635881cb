/* requant_u8 against the C variant: all types, strides, clamps; in parts and in place. */
#include <string.h>

#include "kc_codes.h"
#include "kc_rows.h"
#include "kernels/requant_u8/requant_u8.h"

static void compare(KCheck *k, const IoptRequantU8Job *job, const KcRows *rows, IoptRequantU8 *ref,
                    IoptRequantU8 *fn)
{
    const size_t cut = (size_t)kc_random(k, 0, (int64_t)rows->rows);
    const size_t elems = kc_rows_elems(rows, rows->y_stride);
    const size_t x_elems = kc_rows_elems(rows, rows->x_stride);
    void *const x = kc_codes(k, job->x.type, x_elems);
    void *const want = kc_result(k, job->y.type, elems), *const got =
                                                             kc_result(k, job->y.type, elems);
    void *const parts = kc_result(k, job->y.type, elems);

    ref(job, x, want, 0, rows->rows);
    fn(job, x, got, 0, rows->rows);
    kc_same_result(k, "y", got, want, job->y.type, elems);
    fn(job, x, parts, cut, rows->rows);
    fn(job, x, parts, 0, cut);
    kc_same_result(k, "y in parts", parts, want, job->y.type, elems);
    if (job->x.type == job->y.type && rows->x_stride == rows->y_stride) {
        void *const again =
            kc_copy(k, x, x_elems * iopt_s8_bytes(job->x.type) + IOPT_S8_SPARE_BYTES);
        ref(job, x, x, 0, rows->rows);
        fn(job, again, again, 0, rows->rows);
        kc_same_result(k, "y in place", again, x, job->y.type, elems);
    }
}

static void bench(KCheck *k, IoptRequantU8 *fn)
{
    const size_t rows = 35 * 35, channels = 256;
    static const struct {
        const char *name;
        IoptS8Out x, y;
        float scale;
    } cases[] = {
        { "u8 to u8", IOPT_S8_OUT_U8, IOPT_S8_OUT_U8, 0.7F },
        { "u8 clamped", IOPT_S8_OUT_U8, IOPT_S8_OUT_U8, 1 },
        { "u16 to u8", IOPT_S8_OUT_U16, IOPT_S8_OUT_U8, 0.004F },
        { "u8 to f32", IOPT_S8_OUT_U8, IOPT_S8_OUT_F32, 0.02F },
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        const IoptRequantU8Job job = {
            .channels = channels,
            .x = { cases[i].x, (ptrdiff_t)channels, 3, cases[i].scale },
            .y = { cases[i].y, (ptrdiff_t)channels, 0, 252, 3 },
        };
        kc_case(k, "%zu rows of %zu, %s", rows, channels, cases[i].name);
        const void *const x = kc_codes(k, job.x.type, rows * channels);
        void *const y = kc_result(k, job.y.type, rows * channels);
        KC_BENCH_BYTES(k, rows * channels * (iopt_s8_bytes(job.x.type) + iopt_s8_bytes(job.y.type)),
                       fn(&job, x, y, 0, rows));
    }
}

void kcheck_requant_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    if (k->bench) {
        bench(k, (IoptRequantU8 *)new_fn);
        return;
    }
    for (int i = 0; i < 600; i++) {
        const KcRows rows = kc_rows_random(k);
        IoptRequantU8Job job = { .channels = rows.channels,
                                 .x = kc_s8_in(k, rows.x_stride, 1),
                                 .y = kc_s8_end(k, rows.y_stride) };
        if (i % 4 == 0) { /* nothing but a clamp */
            job.x.scale = 1;
            job.x.zero = job.y.zero;
        }
        if (i % 10 == 1) /* values that no integer holds */
            job.x.scale = 1e30F;
        kc_case(k, "%s, %s to %s", kc_rows_text(&rows).s, kc_s8_name(job.x.type),
                kc_s8_name(job.y.type));
        compare(k, &job, &rows, (IoptRequantU8 *)ref_fn, (IoptRequantU8 *)new_fn);
    }
}
