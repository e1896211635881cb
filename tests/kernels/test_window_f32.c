/* Kernels that slide a window: where it lies, and sums and maxima one can count by hand. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/avgpool_f32/avgpool_f32.h"
#include "kernels/dwconv_f32/dwconv_f32.h"
#include "kernels/maxpool_f32/maxpool_f32.h"
#include "t.h"
#include "t_variants.h"

enum { SIZE = 5, CHANNELS = 19 };

/* 3 x 3 over 5 x 5 with a border of one pixel */
static const IoptWindow same_3x3 = { SIZE, SIZE, SIZE, SIZE, 3, 3, 1, 1, 1, 1, 1, 1 };

/* Of the three pixels around `at`, those in the image. */
static float neighbours(size_t at)
{
    return at == 0 || at == SIZE - 1 ? 2 : 3;
}

static void taps_stay_in_the_image(Test *t)
{
    /* 5 pixels, 3 taps 2 apart, 2 pixels of padding: tap 1 of output 0 sees pixel 0 */
    IoptTaps taps = iopt_window_taps(0, 5, 3, 1, 2, 2);
    T_SAME_INT(t, taps.begin, 1);
    T_SAME_INT(t, taps.end, 3);
    T_SAME_INT(t, taps.at, 0);
    /* output 4 begins at pixel 2: tap 2 would see pixel 6 */
    taps = iopt_window_taps(4, 5, 3, 1, 2, 2);
    T_SAME_INT(t, taps.begin, 0);
    T_SAME_INT(t, taps.end, 2);
    T_SAME_INT(t, taps.at, 2);
    /* nothing but padding, on either side */
    taps = iopt_window_taps(0, 5, 3, 1, 1, 4);
    T_SAME_INT(t, taps.begin, taps.end);
    taps = iopt_window_taps(9, 5, 3, 1, 1, 0);
    T_SAME_INT(t, taps.begin, taps.end);
}

static void depthwise_ones_count_the_pixels(Test *t)
{
    float x[SIZE * SIZE * CHANNELS], y[SIZE * SIZE * CHANNELS];
    float filter[9 * CHANNELS], packed[9 * 32], bias[CHANNELS];

    for (size_t i = 0; i < IOPT_COUNT(x); i++)
        x[i] = 1;
    for (size_t i = 0; i < IOPT_COUNT(filter); i++)
        filter[i] = (float)(i % CHANNELS);
    for (size_t c = 0; c < CHANNELS; c++)
        bias[c] = -100;
    T_SAME_INT(t, iopt_dwconv_f32_packed_elems(9, CHANNELS), IOPT_COUNT(packed));
    iopt_dwconv_f32_pack(9, CHANNELS, filter, packed);
    const IoptDwconvF32Job job = { .window = same_3x3,
                                   .channels = CHANNELS,
                                   .multiplier = 1,
                                   .x_stride = CHANNELS,
                                   .y_stride = CHANNELS,
                                   .weights = packed,
                                   .bias = bias,
                                   .lo = -80,
                                   .hi = INFINITY };

    T_EACH_VARIANT(variant, &iopt_kernel_dwconv_f32)
    {
        ((IoptDwconvF32 *)variant->fn)(&job, x, y, 0, SIZE);
        for (size_t i = 0; i < IOPT_COUNT(y); i++) {
            const size_t oy = i / CHANNELS / SIZE, ox = i / CHANNELS % SIZE, c = i % CHANNELS;
            const float sum = neighbours(oy) * neighbours(ox) * (float)c - 100;
            T_NEAR(t, y[i], sum > -80 ? sum : -80, 0);
        }
    }
}

static void depthwise_multiplier_spreads_a_channel(Test *t)
{
    /* one pixel, 2 channels, 3 outputs of each */
    const float x[] = { 10, 1 }, filter[] = { 1, 2, 3, 4, 5, 6 };
    const float want[] = { 10, 20, 30, 4, 5, 6 };
    float packed[16], y[6];
    const IoptDwconvF32Job job = { .window = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0 },
                                   .channels = 2,
                                   .multiplier = 3,
                                   .x_stride = 2,
                                   .y_stride = 6,
                                   .weights = packed,
                                   .lo = -INFINITY,
                                   .hi = INFINITY };

    iopt_dwconv_f32_pack(1, 6, filter, packed);
    T_EACH_VARIANT(variant, &iopt_kernel_dwconv_f32)
    {
        ((IoptDwconvF32 *)variant->fn)(&job, x, y, 0, 1);
        for (size_t i = 0; i < IOPT_COUNT(y); i++)
            T_NEAR(t, y[i], want[i], 0);
    }
}

static void average_divides_by_pixels_in_the_image(Test *t)
{
    float x[SIZE * SIZE * CHANNELS], y[SIZE * SIZE * CHANNELS];
    const IoptPoolF32Job job = { same_3x3, CHANNELS, CHANNELS, CHANNELS };

    for (size_t i = 0; i < IOPT_COUNT(x); i++) /* the column's number */
        x[i] = (float)(i / CHANNELS % SIZE);
    T_EACH_VARIANT(variant, &iopt_kernel_avgpool_f32)
    {
        ((IoptPoolF32 *)variant->fn)(&job, x, y, 0, SIZE);
        for (size_t i = 0; i < IOPT_COUNT(y); i++) {
            const size_t ox = i / CHANNELS % SIZE;
            const double want = ox == 0 ? 0.5 : ox == SIZE - 1 ? 3.5 : (double)ox;
            T_NEAR(t, y[i], want, 0);
        }
    }
}

static void maximum_is_written_into_a_slice(Test *t)
{
    /* two images side by side in one buffer of 2 * CHANNELS: only the second half is written */
    float x[SIZE * SIZE * CHANNELS], y[SIZE * SIZE * 2 * CHANNELS];
    const IoptPoolF32Job job = { same_3x3, CHANNELS, CHANNELS, 2 * CHANNELS };

    for (size_t i = 0; i < IOPT_COUNT(x); i++) /* the pixel's number */
        x[i] = (float)(i / CHANNELS);
    T_EACH_VARIANT(variant, &iopt_kernel_maxpool_f32)
    {
        memset(y, 0, sizeof y);
        ((IoptPoolF32 *)variant->fn)(&job, x, y + CHANNELS, 0, SIZE);
        for (size_t i = 0; i < IOPT_COUNT(y); i++) {
            const size_t pixel = i / (2 * CHANNELS), oy = pixel / SIZE, ox = pixel % SIZE;
            const size_t below = oy < SIZE - 1 ? oy + 1 : oy, right = ox < SIZE - 1 ? ox + 1 : ox;
            const bool ours = i % (2 * CHANNELS) >= CHANNELS;
            T_NEAR(t, y[i], ours ? (double)(below * SIZE + right) : 0.0, 0);
        }
    }
}

static void maximum_passes_over_nan(Test *t)
{
    const float x[] = { NAN, -3, NAN, NAN, -INFINITY, -INFINITY };
    float y[3];
    const IoptPoolF32Job job = { { 1, 6, 1, 3, 1, 2, 1, 2, 1, 1, 0, 0 }, 1, 1, 1 };

    T_EACH_VARIANT(variant, &iopt_kernel_maxpool_f32)
    {
        ((IoptPoolF32 *)variant->fn)(&job, x, y, 0, 1);
        T_NEAR(t, y[0], -3, 0);
        T_NEAR(t, y[1], -FLT_MAX, 0);
        T_NEAR(t, y[2], -FLT_MAX, 0);
    }
}

const TestCase tests_window_f32[] = {
    TEST(taps_stay_in_the_image),
    TEST(depthwise_ones_count_the_pixels),
    TEST(depthwise_multiplier_spreads_a_channel),
    TEST(average_divides_by_pixels_in_the_image),
    TEST(maximum_is_written_into_a_slice),
    TEST(maximum_passes_over_nan),
    { 0 },
};
