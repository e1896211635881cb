/* transpose_f32 against the C variant: every bit, for any sizes, strides and splits. */
#include <string.h>

#include "kcheck.h"
#include "kernels/transpose_f32/transpose_f32.h"

static void compare(KCheck *k, const IoptTransposeF32Job *job, size_t matrices,
                    IoptTransposeF32 *ref, IoptTransposeF32 *fn)
{
    const size_t rows = matrices * job->columns, cut = (size_t)kc_random(k, 0, (int64_t)rows);
    const size_t y_elems = rows * (size_t)job->y_stride;
    const size_t x_elems = matrices * job->rows * (size_t)job->x_stride;
    /* any bits: most are odd floats, signaling NaN among them */
    const float *const x = kc_copy(k, kc_s16(k, 2 * x_elems), x_elems * sizeof *x);
    float *const want = kc_bytes(k, y_elems * sizeof *want);
    float *const got = kc_bytes(k, y_elems * sizeof *got);
    float *const parts = kc_bytes(k, y_elems * sizeof *parts);

    ref(job, x, want, 0, rows);
    fn(job, x, got, 0, rows);
    if (memcmp(got, want, y_elems * sizeof *want) != 0)
        kc_fail(k, "other bits");
    fn(job, x, parts, cut, rows);
    fn(job, x, parts, 0, cut);
    if (memcmp(parts, want, y_elems * sizeof *want) != 0)
        kc_fail(k, "in parts: other bits");
}

void kcheck_transpose_f32(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptTransposeF32 *const ref = (IoptTransposeF32 *)ref_fn;
    IoptTransposeF32 *const fn = (IoptTransposeF32 *)new_fn;

    for (int i = 0; i < 300 && !k->bench; i++) {
        const size_t rows = (size_t)kc_random(k, 1, 50), columns = (size_t)kc_random(k, 1, 50);
        const IoptTransposeF32Job job = { .rows = rows,
                                          .columns = columns,
                                          .x_stride = (ptrdiff_t)columns + kc_random(k, 0, 3),
                                          .y_stride = (ptrdiff_t)rows + kc_random(k, 0, 3) };
        const size_t matrices = (size_t)kc_random(k, 1, 3);
        kc_case(k, "%zu of %zux%zu, strides %td %td", matrices, rows, columns, job.x_stride,
                job.y_stride);
        compare(k, &job, matrices, ref, fn);
    }

    static const size_t sizes[][2] = {
        { 3, 299 * 299 }, { 64, 56 * 56 }, { 49, 960 }, { 1024, 1024 }
    };
    for (size_t i = 0; i < IOPT_COUNT(sizes); i++) {
        const size_t rows = sizes[i][0], columns = sizes[i][1];
        const IoptTransposeF32Job job = { rows, columns, (ptrdiff_t)columns, (ptrdiff_t)rows };
        kc_case(k, "%zux%zu", rows, columns);
        const float *const x = kc_f32(k, rows * columns);
        float *const y = kc_f32(k, rows * columns);
        KC_BENCH_BYTES(k, 2 * rows * columns * sizeof *x, fn(&job, x, y, 0, columns));
    }
}
