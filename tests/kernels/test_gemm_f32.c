/* gemm_f32 by every variant of this CPU, on small integers: exact in any order of summation. */
#include "kernels/gemm_f32/gemm_f32.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "t.h"

static const float no_clamp[2] = { -INFINITY, INFINITY };

/* Packs b and runs all of the work in `parts` parts, by each variant in turn; the results have to
 * be `want` [rows][n]. */
static void expect(Test *t, IoptGemmF32 gemm, const float *b, size_t parts, const float *want)
{
    const size_t k = gemm.taps * gemm.depth;
    float c[64];

    for (size_t v = 0; v < iopt_kernel_gemm_f32.count; v++) {
        const IoptVariant *const variant = &iopt_kernel_gemm_f32.variants[v];
        void *packed = NULL;
        if (variant->cpu & ~iopt_cpu_flags())
            continue;
        T_OK(t, iopt_alloc_aligned(&packed, iopt_gemm_f32_packed_bytes(variant, k, gemm.n) + 1,
                                   &t->err));
        iopt_gemm_f32_pack(variant, b, gemm.n, 1, k, gemm.n, packed);
        gemm.packed = packed;
        gemm.c = c;
        gemm.c_stride = (ptrdiff_t)gemm.n;
        for (size_t part = 0; part < parts; part++) {
            const IoptGemmF32Range range = iopt_gemm_f32_part(variant, &gemm, part, parts);
            ((IoptGemmF32Run *)variant->fn)(&gemm, &range);
        }
        for (size_t i = 0; i < gemm.rows * gemm.n; i++)
            T_NEAR(t, c[i], want[i], 0);
        free(packed);
    }
}

static void multiplies_matrices(Test *t)
{
    const float a[] = { 1, 2, 3, 4, 5, 6 }, b[] = { 1, 0, 2, 0, 1, 2, 1, 1, 2 };
    const float want[] = { 4, 5, 12, 10, 11, 30 };

    expect(t,
           (IoptGemmF32){ .rows = 2,
                          .n = 3,
                          .taps = 1,
                          .depth = 3,
                          .a = a,
                          .a_stride = 3,
                          .lo = no_clamp[0],
                          .hi = no_clamp[1] },
           b, 1, want);
}

static void finishes_in_the_stated_order(Test *t)
{
    const float a[] = { 1, -2, 3 }, b[] = { 2, 1 };
    const float scale[] = { 10, -1 }, bias[] = { 1, 2 }, residual[] = { 1, 2, 30, 4, -25, 6 };
    /* 20*1+1+1, -1*1+2+2; 20*-2+1+30, 2+2+4; 20*3+1-25, -3+2+6; then into 0 .. 24 */
    const float want[] = { 22, 3, 0, 8, 24, 5 };

    expect(t,
           (IoptGemmF32){ .rows = 3,
                          .n = 2,
                          .taps = 1,
                          .depth = 1,
                          .a = a,
                          .a_stride = 1,
                          .scale = scale,
                          .bias = bias,
                          .residual = residual,
                          .residual_stride = 2,
                          .lo = 0,
                          .hi = 24 },
           b, 2, want);
}

/* 1-D convolution of 4 pixels by 3 taps, SAME: the first and the last pixel reach into zeros. */
static void finds_rows_through_offsets(Test *t)
{
    enum { Z = INT32_MIN };
    const float image[] = { 1, 2, 3, 4 }, zeros[] = { 0 }, filter[] = { 100, 10, 1 };
    const int32_t offset[] = { Z, 0, 1, 0, 1, 2, 1, 2, 3, 2, 3, Z };
    const float want[] = { 12, 123, 234, 340 };

    T_SAME_INT(t, IOPT_GEMM_F32_ZEROS, Z);
    expect(t,
           (IoptGemmF32){ .rows = 4,
                          .n = 1,
                          .taps = 3,
                          .depth = 1,
                          .a = image,
                          .offset = offset,
                          .zeros = zeros,
                          .lo = no_clamp[0],
                          .hi = no_clamp[1] },
           filter, 3, want);
}

static void empty_sums_are_the_bias(Test *t)
{
    const float bias[] = { 3, 4 }, want[] = { 3, 4, 3, 4 };

    expect(t,
           (IoptGemmF32){ .rows = 2,
                          .n = 2,
                          .taps = 1,
                          .depth = 0,
                          .a = bias,
                          .bias = bias,
                          .lo = no_clamp[0],
                          .hi = no_clamp[1] },
           bias, 1, want);
    expect(t,
           (IoptGemmF32){ .rows = 0, .n = 2, .taps = 1, .depth = 1, .a = bias, .lo = 0, .hi = 1 },
           bias, 2, want);
}

/* Every row and panel belongs to exactly one part, whatever their numbers. */
static void parts_cover_everything_once(Test *t)
{
    const IoptVariant *const variant = &iopt_kernel_gemm_f32.variants[0];

    for (size_t rows = 0; rows < 40; rows += 13)
        for (size_t n = 0; n < 100; n += 33)
            for (size_t parts = 1; parts < 9; parts++) {
                const IoptGemmF32 gemm = { .rows = rows, .n = n, .taps = 1, .depth = 8 };
                size_t covered = 0;
                for (size_t part = 0; part < parts; part++) {
                    const IoptGemmF32Range r = iopt_gemm_f32_part(variant, &gemm, part, parts);
                    covered += (r.row_end - r.row_begin) * (r.panel_end - r.panel_begin);
                }
                T_SAME_INT(t, covered, rows * iopt_gemm_f32_panels(variant, n));
            }
}

const TestCase tests_gemm_f32[] = {
    TEST(multiplies_matrices),         TEST(finishes_in_the_stated_order),
    TEST(finds_rows_through_offsets),  TEST(empty_sums_are_the_bias),
    TEST(parts_cover_everything_once), { 0 },
};
