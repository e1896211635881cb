/* Conversions between real numbers and codes, on values worked out by hand. */
#include "ops/quantized.h"
#include "t.h"

static const IoptRange one = { -1, 1 }, six = { 0, 6 };

static void reals_become_codes(Test *t)
{
    static const struct {
        float real;
        int64_t in_one, in_six;
    } cases[] = { { -1.5f, 0, 0 },   { -0.5f, 64, 0 },    { 0, 128, 0 },
                  { 0.5f, 192, 21 }, { 5.99f, 255, 255 }, { 7, 255, 255 } };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        T_SAME_INT(t, iopt_code_of(IOPT_QU8, cases[i].real, one), cases[i].in_one);
        T_SAME_INT(t, iopt_code_of(IOPT_QU8, cases[i].real, six), cases[i].in_six);
    }
    T_SAME_INT(t, iopt_code_of(IOPT_QI32, 1, one), INT32_MAX);
    T_SAME_INT(t, iopt_code_unclamped(IOPT_QI32, 1, one), 2147483648);
}

static void zero_may_lie_outside(Test *t)
{
    T_SAME_INT(t, iopt_zero_code(IOPT_QU8, one), 128);
    T_SAME_INT(t, iopt_zero_code(IOPT_QU8, (IoptRange){ -2, 6 }), 64);
    T_SAME_INT(t, iopt_zero_code(IOPT_QU8, (IoptRange){ 1, 2 }), -255);
    T_SAME_INT(t, iopt_zero_code(IOPT_QU8, (IoptRange){ 2, 2 }), 0);
}

/* The two ways back differ in the last bits, and in which code is nearest to zero. */
static void codes_become_reals(Test *t)
{
    const IoptToReal array = iopt_to_real(IOPT_QU8, one);

    T_CHECK(t, iopt_code_real(IOPT_QU8, 0, one) == -0.996078491f);
    T_CHECK(t, iopt_code_real(IOPT_QU8, 128, one) == 0.00784307718f);
    T_CHECK(t, iopt_code_real(IOPT_QI32, 2147483647, (IoptRange){ -10, 10 }) == 10.0f);
    T_CHECK(t, iopt_real(&array, 127) == 0);
    T_CHECK(t, iopt_real(&array, 128) == 0.00784313679f);
}

static void products_have_a_symmetric_range(Test *t)
{
    const IoptRange range = iopt_product_range(IOPT_QU8, one, IOPT_QU8, six);

    T_CHECK(t, range.min == -396306.125f && range.max == 396306.125f);
}

/* 32 bits to 8, by fixed point. */
static void expect_requantized(Test *t, IoptRange from, int32_t code, IoptRange to, int64_t want)
{
    uint8_t result = 0;
    const IoptTensor x = { .dtype = IOPT_QI32, .data = &code, .bytes = sizeof code };
    IoptTensor y = { .dtype = IOPT_QU8, .data = &result, .bytes = sizeof result };

    iopt_requantize(&x, from, &y, to);
    T_SAME_INT(t, result, want);
}

static void wide_codes_become_narrow(Test *t)
{
    const IoptRange wide = { -128, 128 }, thousand = { -1000, 1000 }, bytes = { 0, 255 };

    expect_requantized(t, wide, -(1 << 24), one, 0);
    expect_requantized(t, wide, -(1 << 23), one, 64);
    expect_requantized(t, wide, 0, one, 128);
    expect_requantized(t, wide, 1 << 24, one, 255);
    expect_requantized(t, thousand, 2147484, bytes, 1);
    expect_requantized(t, thousand, 214748365, bytes, 100);
    expect_requantized(t, thousand, 547608330, bytes, 255);
}

const TestCase tests_quantized[] = {
    TEST(reals_become_codes),       TEST(zero_may_lie_outside),
    TEST(codes_become_reals),       TEST(products_have_a_symmetric_range),
    TEST(wide_codes_become_narrow), { 0 },
};
