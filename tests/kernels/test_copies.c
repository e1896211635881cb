/* Kernels that move values: transposition and rows of bytes. */
#include <string.h>

#include "kernels/copy_rows/copy_rows.h"
#include "kernels/transpose_f32/transpose_f32.h"
#include "t.h"
#include "t_variants.h"

static void nchw_becomes_nhwc(Test *t)
{
    enum { IMAGES = 2, CHANNELS = 3, PIXELS = 35, ELEMS = IMAGES * CHANNELS * PIXELS };
    float x[ELEMS], y[ELEMS];
    const IoptTransposeF32Job job = { CHANNELS, PIXELS, PIXELS, CHANNELS };

    for (size_t i = 0; i < ELEMS; i++)
        x[i] = (float)i;
    T_EACH_VARIANT(variant, &iopt_kernel_transpose_f32)
    {
        memset(y, 0, sizeof y);
        ((IoptTransposeF32 *)variant->fn)(&job, x, y, 0, 50);
        ((IoptTransposeF32 *)variant->fn)(&job, x, y, 50, IMAGES * PIXELS);
        for (size_t i = 0; i < ELEMS; i++) {
            const size_t n = i / (CHANNELS * PIXELS), c = i % CHANNELS, p = i / CHANNELS % PIXELS;
            T_NEAR(t, y[i], x[(n * CHANNELS + c) * PIXELS + p], 0);
        }
    }
}

static void rows_of_any_size_keep_to_their_place(Test *t)
{
    enum { ROWS = 3, STRIDE = 40 };
    char from[ROWS * STRIDE], to[ROWS * STRIDE];

    for (size_t i = 0; i < sizeof from; i++)
        from[i] = (char)(i + 1);
    for (size_t bytes = 0; bytes <= STRIDE; bytes++) {
        memset(to, 0, sizeof to);
        iopt_copy_rows(from, STRIDE, to, STRIDE, bytes, ROWS);
        for (size_t i = 0; i < sizeof to; i++)
            T_SAME_INT(t, to[i], i % STRIDE < bytes ? from[i] : 0);
    }
}

static void a_row_is_repeated(Test *t)
{
    char to[8] = "????????";

    iopt_copy_rows("ab", 0, to, 3, 2, 2);
    T_CHECK(t, memcmp(to, "ab?ab???", sizeof to) == 0);
}

const TestCase tests_copies[] = {
    TEST(nchw_becomes_nhwc),
    TEST(rows_of_any_size_keep_to_their_place),
    TEST(a_row_is_repeated),
    { 0 },
};
