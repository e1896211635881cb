/* Ranges are nudged as TensorFlow nudges them, and once is enough. */
#include "tensor/quant_range.h"

#include <math.h>
#include <stdint.h>

#include "t.h"

static void zero_becomes_a_step(Test *t)
{
    IoptQuantRange range;

    T_CHECK(t, iopt_quant_range_read(-0.3f, 1, 8, &range));
    T_NEAR(t, range.scale, 1.3 / 255, 1e-9);
    T_SAME_INT(t, range.zero_point, 59); /* 0.3 / 1.3 * 255 = 58.8 */
    T_NEAR(t, range.min, -59 * 1.3 / 255, 1e-7);
    T_NEAR(t, range.max, 196 * 1.3 / 255, 1e-7);
    T_CHECK(t, iopt_quant_range_read(1, 3, 8, &range)); /* moved down to zero */
    T_NEAR(t, range.min, 0, 0);
    T_NEAR(t, range.max, 2, 1e-6);
}

static void a_range_without_a_step_is_none(Test *t)
{
    IoptQuantRange range;

    T_CHECK(t, !iopt_quant_range_read(0, 0, 8, &range));
    T_CHECK(t, !iopt_quant_range_read(1, -1, 8, &range));
    T_CHECK(t, !iopt_quant_range_read(-INFINITY, 1, 8, &range));
    T_CHECK(t, !iopt_quant_range_read(0, NAN, 8, &range));
    T_CHECK(t, !iopt_quant_range_read(-3e38f, 3e38f, 8, &range));
}

/* Ranges of all sizes and kinds of zero points, from a small generator. */
static void nudging_again_changes_nothing(Test *t)
{
    uint32_t state = 1;

    for (int i = 0; i < 20000; i++) {
        const int bits = 2 + i % 15;
        float bound[2];
        for (int k = 0; k < 2; k++) {
            state = state * 1664525u + 1013904223u;
            bound[k] = ldexpf((float)(state >> 8), (int)(state % 180) - 110);
        }
        const IoptQuantRange range = iopt_quant_range(i % 3 ? -bound[0] : 0, bound[1], bits);
        IoptQuantRange again;
        T_CHECK(t, iopt_quant_range_read(range.min, range.max, bits, &again));
        T_CHECK(t, again.min == range.min && again.max == range.max);
        T_CHECK(t, again.scale == range.scale && again.zero_point == range.zero_point);
        T_CHECK(t, range.min <= 0 && range.max >= 0);
        const double span = (double)bound[1] + (i % 3 ? (double)bound[0] : 0);
        if (span >= 0x1p-100) {
            const double got = (double)range.max - (double)range.min;
            T_CHECK(t, got >= span * 0.9999999 && got <= span * (1 + ldexp(1, bits - 22)));
        }
    }
}

static void nothing_but_zeros_get_a_range_all_the_same(Test *t)
{
    const IoptQuantRange range = iopt_quant_range(0, 0, 8);

    T_NEAR(t, range.min, 0, 0);
    T_NEAR(t, range.max, 1, 1e-4);
    const IoptQuantRange below = iopt_quant_range(-4, -1, 8);
    T_NEAR(t, below.min, -4, 1e-3);
    T_NEAR(t, below.max, 0, 0);
}

const TestCase tests_quant_range[] = {
    TEST(zero_becomes_a_step),
    TEST(a_range_without_a_step_is_none),
    TEST(nudging_again_changes_nothing),
    TEST(nothing_but_zeros_get_a_range_all_the_same),
    { 0 },
};
