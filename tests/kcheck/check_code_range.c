/* code_range against the C variant: all kinds of elements, rows with gaps, NaN and both zeros. */
#include <string.h>

#include "kc_rows.h"
#include "kernels/code_range/code_range.h"

static const char *const names[IOPT_CODE_RANGE_COUNT] = {
    [IOPT_CODE_RANGE_U8] = "u8",           [IOPT_CODE_RANGE_S32] = "s32",
    [IOPT_CODE_RANGE_F32] = "f32",         [IOPT_CODE_RANGE_SUM] = "sum",
    [IOPT_CODE_RANGE_PRODUCT] = "product",
};

static const void *random_operand(KCheck *k, IoptCodeRangeOf of, size_t count)
{
    if (of == IOPT_CODE_RANGE_S32)
        return kc_s32(k, count);
    return of == IOPT_CODE_RANGE_F32 ? (const void *)kc_f32_wild(k, count) : kc_u8(k, count);
}

static void compare(KCheck *k, IoptCodeRangeOf of, IoptCodeRange *ref, IoptCodeRange *fn)
{
    const KcRows rows = kc_rows_random(k);
    const size_t elems = kc_rows_elems(&rows, rows.x_stride);
    const size_t begin = (size_t)kc_random(k, 0, (int64_t)rows.rows);
    const size_t bytes = rows.channels * sizeof(int32_t);

    kc_case(k, "%s, from row %zu of %s", names[of], begin, kc_rows_text(&rows).s);
    const IoptCodeRangeJob job = {
        .of = of,
        .channels = rows.channels,
        .x_stride = rows.x_stride,
        .z_stride = kc_random(k, 0, 1) ? rows.x_stride : 0,
        .x_first = (int32_t)kc_random(k, INT32_MIN, INT32_MAX),
        .x_step = (int32_t)kc_random(k, -100, 1000000),
        .z_first = (int32_t)kc_random(k, INT32_MIN, INT32_MAX),
        .z_step = (int32_t)kc_random(k, 0, 1000000),
    };
    const void *const x = random_operand(k, of, elems);
    const uint8_t *const z = kc_u8(k, job.z_stride ? elems : rows.channels);
    void *const want_least = kc_bytes(k, bytes), *const want_most = kc_bytes(k, bytes);
    void *const least = kc_bytes(k, bytes), *const most = kc_bytes(k, bytes);
    ref(&job, x, z, begin, rows.rows, want_least, want_most);
    fn(&job, x, z, begin, rows.rows, least, most);
    if (memcmp(least, want_least, bytes) != 0 || memcmp(most, want_most, bytes) != 0)
        kc_fail(k, "another range");
}

static void bench(KCheck *k, IoptCodeRange *fn)
{
    enum { ROWS = 400, CHANNELS = 192 };

    for (int of = 0; of < IOPT_CODE_RANGE_COUNT; of++) {
        const IoptCodeRangeJob job = {
            .of = (IoptCodeRangeOf)of, .channels = CHANNELS, .x_stride = CHANNELS, .z_stride = 0
        };
        const size_t size = of == IOPT_CODE_RANGE_S32 || of == IOPT_CODE_RANGE_F32 ? 4 : 1;
        kc_case(k, "%s of %d x %d", names[of], ROWS, CHANNELS);
        const void *const x = kc_bytes(k, ROWS * CHANNELS * size);
        int32_t *const least = kc_s32(k, CHANNELS), *const most = kc_s32(k, CHANNELS);
        KC_BENCH_BYTES(k, ROWS * CHANNELS * size, fn(&job, x, x, 0, ROWS, least, most));
    }
}

void kcheck_code_range(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptCodeRange *const ref = (IoptCodeRange *)ref_fn, *const fn = (IoptCodeRange *)new_fn;

    if (k->bench) {
        bench(k, fn);
        return;
    }
    for (int i = 0; i < 400 * IOPT_CODE_RANGE_COUNT; i++)
        compare(k, (IoptCodeRangeOf)(i % IOPT_CODE_RANGE_COUNT), ref, fn);
}
