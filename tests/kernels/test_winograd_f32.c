/* winograd_f32: which tile it picks, and that small exact cases come out exactly. */
#include "kernels/winograd_f32/winograd_f32.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "t.h"

static IoptWinogradF32Job job_of(size_t size, size_t channels, size_t n)
{
    return (IoptWinogradF32Job){
        .window = { size, size, size, size, 3, 3, 1, 1, 1, 1, 1, 1 },
        .images = 1,
        .channels = channels,
        .n = n,
    };
}

/* A filter that is 1 in the middle copies the image; F(2x2,3x3) of small integers is exact. */
static void copies_an_image(Test *t)
{
    enum { SIZE = 5 };
    float x[SIZE * SIZE], y[SIZE * SIZE], filter[9] = { [4] = 1 };

    for (size_t i = 0; i < IOPT_COUNT(x); i++)
        x[i] = (float)i;
    for (size_t v = 0; v < iopt_kernel_winograd_f32.count; v++) {
        const IoptVariant *const variant = &iopt_kernel_winograd_f32.variants[v];
        void *packed = NULL, *scratch = NULL;
        IoptWinogradF32Job job = job_of(SIZE, 1, 1);
        if (variant->cpu & ~iopt_cpu_flags())
            continue;
        job.tile = 2;
        T_OK(t,
             iopt_alloc_aligned(&packed, iopt_winograd_f32_packed_bytes(variant, &job), &t->err));
        T_OK(t,
             iopt_alloc_aligned(&scratch, iopt_winograd_f32_scratch_bytes(variant, &job), &t->err));
        iopt_winograd_f32_pack(variant, &job, filter, 1, packed);
        job.packed = packed;
        job.x = x;
        job.y = y;
        job.x_stride = job.y_stride = 1;
        job.lo = -INFINITY;
        job.hi = INFINITY;
        const IoptWinogradF32Range all = iopt_winograd_f32_part(variant, &job, 0, 1);
        ((IoptWinogradF32Run *)variant->fn)(&job, &all, scratch);
        for (size_t i = 0; i < IOPT_COUNT(x); i++)
            T_NEAR(t, y[i], x[i], 0);
        free(packed);
        free(scratch);
    }
}

static void wide_layers_are_worth_it(Test *t)
{
    const IoptKernel *const kernel = &iopt_kernel_winograd_f32;
    const IoptWinogradF32Job wide = job_of(56, 128, 128), narrow = job_of(56, 1, 1);

    for (size_t v = 0; v < kernel->count; v++) {
        T_SAME_INT(t, iopt_winograd_f32_tile(&kernel->variants[v], &wide), 4);
        T_SAME_INT(t, iopt_winograd_f32_tile(&kernel->variants[v], &narrow), 0);
    }
}

static void only_its_own_windows_count(Test *t)
{
    const IoptVariant *const variant = &iopt_kernel_winograd_f32.variants[0];
    IoptWinogradF32Job job = job_of(40, 256, 256);

    job.window.kernel_h = 1;
    T_SAME_INT(t, iopt_winograd_f32_tile(variant, &job), 4);
    job.window.kernel_w = 7;
    T_SAME_INT(t, iopt_winograd_f32_tile(variant, &job), 2);
    job.window.kernel_w = 5;
    T_SAME_INT(t, iopt_winograd_f32_tile(variant, &job), 0);
    job = job_of(40, 256, 256);
    job.window.stride_w = 2;
    T_SAME_INT(t, iopt_winograd_f32_tile(variant, &job), 0);
    job = job_of(40, 256, 256);
    job.window.dilation_h = 2;
    T_SAME_INT(t, iopt_winograd_f32_tile(variant, &job), 0);
}

static void filters_have_to_be_finite(Test *t)
{
    const float good[] = { 1, -1e35F, 0 }, nan[] = { 1, NAN }, large[] = { 1, -2e36F };

    T_CHECK(t, iopt_winograd_f32_takes(good, 3));
    T_CHECK(t, !iopt_winograd_f32_takes(nan, 2));
    T_CHECK(t, !iopt_winograd_f32_takes(large, 2));
}

const TestCase tests_winograd_f32[] = {
    TEST(copies_an_image),
    TEST(wide_layers_are_worth_it),
    TEST(only_its_own_windows_count),
    TEST(filters_have_to_be_finite),
    { 0 },
};
