/* add_u8 against the C variant: all types, strides, clamps; in parts and in place. */
#include "kc_codes.h"
#include "kc_rows.h"
#include "kernels/add_u8/add_u8.h"

static void compare(KCheck *k, const IoptAddU8Job *job, const KcRows *rows, IoptAddU8 *ref,
                    IoptAddU8 *fn)
{
    const size_t cut = (size_t)kc_random(k, 0, (int64_t)rows->rows);
    const size_t elems = kc_rows_elems(rows, rows->y_stride);
    const size_t a_elems = kc_rows_elems(rows, job->a.stride);
    void *const a = kc_codes(k, job->a.type, a_elems);
    const void *const b = kc_codes(k, job->b.type, kc_rows_elems(rows, job->b.stride));
    void *const want = kc_result(k, job->y.type, elems), *const got =
                                                             kc_result(k, job->y.type, elems);
    void *const parts = kc_result(k, job->y.type, elems);

    ref(job, a, b, want, 0, rows->rows);
    fn(job, a, b, got, 0, rows->rows);
    kc_same_result(k, "y", got, want, job->y.type, elems);
    fn(job, a, b, parts, cut, rows->rows);
    fn(job, a, b, parts, 0, cut);
    kc_same_result(k, "y in parts", parts, want, job->y.type, elems);
    if (job->a.type == job->y.type && job->a.stride == job->y.stride) {
        void *const again =
            kc_copy(k, a, a_elems * iopt_s8_bytes(job->a.type) + IOPT_S8_SPARE_BYTES);
        ref(job, a, b, a, 0, rows->rows);
        fn(job, again, b, again, 0, rows->rows);
        kc_same_result(k, "y in place", again, a, job->y.type, elems);
    }
}

static void bench(KCheck *k, IoptAddU8 *fn)
{
    static const struct {
        size_t rows, channels;
        IoptS8Out a, b, y;
    } cases[] = {
        { 38 * 38, 256, IOPT_S8_OUT_U8, IOPT_S8_OUT_U8, IOPT_S8_OUT_U8 },
        { 10 * 10, 2048, IOPT_S8_OUT_U8, IOPT_S8_OUT_U8, IOPT_S8_OUT_U8 },
        { 38 * 38, 256, IOPT_S8_OUT_U16, IOPT_S8_OUT_U8, IOPT_S8_OUT_U16 },
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        const ptrdiff_t stride = (ptrdiff_t)cases[i].channels;
        const size_t elems = cases[i].rows * cases[i].channels;
        const IoptAddU8Job job = { .channels = cases[i].channels,
                                   .a = { cases[i].a, stride, 3, 0.7F },
                                   .b = { cases[i].b, stride, 100, 0.3F },
                                   .y = { cases[i].y, stride, 0, 250, 5 } };
        kc_case(k, "%zu rows of %zu, %s + %s", cases[i].rows, cases[i].channels,
                kc_s8_name(cases[i].a), kc_s8_name(cases[i].b));
        const void *const a = kc_codes(k, job.a.type, elems), *const b =
                                                                  kc_codes(k, job.b.type, elems);
        void *const y = kc_result(k, job.y.type, elems);
        KC_BENCH_BYTES(k,
                       elems * (iopt_s8_bytes(job.a.type) + iopt_s8_bytes(job.b.type) +
                                iopt_s8_bytes(job.y.type)),
                       fn(&job, a, b, y, 0, cases[i].rows));
    }
}

void kcheck_add_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    if (k->bench) {
        bench(k, (IoptAddU8 *)new_fn);
        return;
    }
    for (int i = 0; i < 600; i++) {
        const KcRows rows = kc_rows_random(k);
        const ptrdiff_t b_stride =
            (ptrdiff_t)rows.channels + kc_random(k, 0, 1) * kc_random(k, 0, 9);
        const IoptAddU8Job job = { .channels = rows.channels,
                                   .a = kc_s8_in(k, rows.x_stride, 1),
                                   .b = kc_s8_in(k, b_stride, 1),
                                   .y = kc_s8_end(k, rows.y_stride) };
        kc_case(k, "%s, %s + %s to %s", kc_rows_text(&rows).s, kc_s8_name(job.a.type),
                kc_s8_name(job.b.type), kc_s8_name(job.y.type));
        compare(k, &job, &rows, (IoptAddU8 *)ref_fn, (IoptAddU8 *)new_fn);
    }
}
