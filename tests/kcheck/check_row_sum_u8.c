/* row_sum_u8 against the C variant. */
#include <string.h>

#include "kc_rows.h"
#include "kernels/row_sum_u8/row_sum_u8.h"

void kcheck_row_sum_u8(KCheck *k, IoptKernelFn ref_fn, IoptKernelFn new_fn)
{
    IoptRowSumU8 *const ref = (IoptRowSumU8 *)ref_fn, *const fn = (IoptRowSumU8 *)new_fn;

    for (int i = 0; i < 300 && !k->bench; i++) {
        KcRows rows = kc_rows_random(k);
        rows.channels *= (size_t)kc_random(k, 1, 4);
        rows.x_stride += (ptrdiff_t)rows.channels;
        const IoptRowSumU8Job job = { rows.channels, rows.x_stride };
        kc_case(k, "%zu rows of %zu", rows.rows, rows.channels);
        const uint8_t *const x = kc_u8(k, kc_rows_elems(&rows, rows.x_stride));
        int32_t *const want = kc_s32(k, rows.rows), *const got = kc_s32(k, rows.rows);
        ref(&job, x, want, 0, rows.rows);
        fn(&job, x, got, 0, rows.rows);
        if (rows.rows && memcmp(got, want, rows.rows * sizeof *got) != 0)
            kc_fail(k, "another sum");
    }
    if (k->bench) {
        const IoptRowSumU8Job job = { 192, 192 };
        kc_case(k, "400 rows of 192");
        const uint8_t *const x = kc_u8(k, 400 * 192);
        int32_t *const y = kc_s32(k, 400);
        KC_BENCH_BYTES(k, 400 * 192, fn(&job, x, y, 0, 400));
    }
}
