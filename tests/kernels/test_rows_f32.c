/* Kernels that work row by row: elementwise passes, means, softmax; values known in closed form. */
#include <math.h>

#include "kernels/binary_f32/binary_f32.h"
#include "kernels/mean_f32/mean_f32.h"
#include "kernels/scale_shift_f32/scale_shift_f32.h"
#include "kernels/softmax_f32/softmax_f32.h"
#include "kernels/unary_f32/unary_f32.h"
#include "t.h"
#include "t_variants.h"

enum { ROWS = 20, CHANNELS = 3, ELEMS = ROWS * CHANNELS };

static void batch_norm_and_relu6_in_one_pass(Test *t)
{
    const float scale[] = { 2, -1, 0.5F }, shift[] = { -10, 20, 0 };
    float y[ELEMS];
    const IoptScaleShiftF32Job job = { CHANNELS, CHANNELS, CHANNELS, scale, shift, 0, 6 };

    T_EACH_VARIANT(variant, &iopt_kernel_scale_shift_f32)
    {
        for (size_t i = 0; i < ELEMS; i++)
            y[i] = (float)(i / CHANNELS);
        ((IoptScaleShiftF32 *)variant->fn)(&job, y, y, 0, ROWS);
        for (size_t i = 0; i < ELEMS; i++) {
            const size_t c = i % CHANNELS;
            const float v = (float)(i / CHANNELS) * scale[c] + shift[c];
            T_NEAR(t, y[i], v < 0 ? 0 : v > 6 ? 6 : v, 0);
        }
    }
}

static void relu_keeps_nan(Test *t)
{
    const float x[] = { NAN, -1, INFINITY };
    float y[3];
    const IoptScaleShiftF32Job job = { 3, 3, 3, NULL, NULL, 0, INFINITY };

    T_EACH_VARIANT(variant, &iopt_kernel_scale_shift_f32)
    {
        ((IoptScaleShiftF32 *)variant->fn)(&job, x, y, 0, 1);
        T_CHECK(t, isnan(y[0]));
        T_NEAR(t, y[1], 0, 0);
        T_CHECK(t, isinf(y[2]));
    }
}

static void a_gate_is_shared_by_an_image(Test *t)
{
    /* squeeze-excite: two images of 10 pixels, a gate of 3 channels each */
    const float gate[] = { 1, 2, 3, 10, 20, 30 };
    float x[ELEMS], y[ELEMS];
    const IoptBinaryF32Job job = { IOPT_BINARY_MUL, CHANNELS, CHANNELS,  CHANNELS, CHANNELS,
                                   ROWS / 2,        false,    -INFINITY, INFINITY };

    for (size_t i = 0; i < ELEMS; i++)
        x[i] = (float)i;
    T_EACH_VARIANT(variant, &iopt_kernel_binary_f32)
    {
        ((IoptBinaryF32 *)variant->fn)(&job, x, gate, y, 0, ROWS / 2 + 3);
        ((IoptBinaryF32 *)variant->fn)(&job, x, gate, y, ROWS / 2 + 3, ROWS);
        for (size_t i = 0; i < ELEMS; i++)
            T_NEAR(t, y[i], x[i] * gate[i / (ELEMS / 2) * CHANNELS + i % CHANNELS], 0);
    }
}

static void maximum_with_nan_gives_the_first(Test *t)
{
    const float x[] = { NAN, 1, 0 }, z[] = { 1, NAN, -0.0F };
    float y[3];
    const IoptBinaryF32Job job = { IOPT_BINARY_MAX, 3, 3, 3, 3, 1, false, -INFINITY, INFINITY };

    T_EACH_VARIANT(variant, &iopt_kernel_binary_f32)
    {
        ((IoptBinaryF32 *)variant->fn)(&job, x, z, y, 0, 1);
        T_CHECK(t, isnan(y[0]));
        T_NEAR(t, y[1], 1, 0);
        T_CHECK(t, !signbit(y[2]));
    }
}

static void activations_take_their_known_values(Test *t)
{
    static const struct {
        IoptUnaryF32Op op;
        float x, y;
    } known[] = {
        { IOPT_UNARY_SIGMOID, 0, 0.5F },
        { IOPT_UNARY_SIGMOID, -INFINITY, 0 },
        { IOPT_UNARY_SIGMOID, INFINITY, 1 },
        { IOPT_UNARY_TANH, 0.549306144F, 0.5F },
        { IOPT_UNARY_TANH, -INFINITY, -1 },
        { IOPT_UNARY_ELU, -0.693147181F, -0.5F },
        { IOPT_UNARY_ELU, -INFINITY, -1 },
        { IOPT_UNARY_ELU, 3, 3 },
        { IOPT_UNARY_SELU, 1, 1.050700987F },
        { IOPT_UNARY_SELU, -INFINITY, -1.758099341F },
        { IOPT_UNARY_LEAKY_RELU, -10, -2.5F },
        { IOPT_UNARY_LEAKY_RELU, 7, 7 },
        { IOPT_UNARY_SOFTPLUS, 0, 0.693147181F },
        { IOPT_UNARY_SOFTPLUS, 1e30F, 1e30F },
        { IOPT_UNARY_SOFTPLUS, -INFINITY, 0 },
        { IOPT_UNARY_SWISH, 1.098612289F, 0.823959217F }, /* log(3) * 3 / 4 */
        { IOPT_UNARY_HARD_SWISH, 1, 0.666666667F },
        { IOPT_UNARY_HARD_SWISH, -4, 0 },
        { IOPT_UNARY_EXP, 1, 2.718281828F },
        { IOPT_UNARY_EXP, -INFINITY, 0 },
        { IOPT_UNARY_ERF, 0.476936276F, 0.5F },
        { IOPT_UNARY_ERF, -9, -1 },
        { IOPT_UNARY_GELU, 1, 0.841344746F },
        { IOPT_UNARY_GELU, -20, 0 },
        { IOPT_UNARY_GELU_TANH, 1, 0.841191991F },
        { IOPT_UNARY_GELU_TANH, 20, 20 },
    };

    T_EACH_VARIANT(variant, &iopt_kernel_unary_f32)
    for (size_t i = 0; i < IOPT_COUNT(known); i++) {
        const IoptUnaryF32Job job = { known[i].op, 0.25F, 2, 2, 2 };
        const float x[] = { known[i].x, NAN };
        float y[2];
        ((IoptUnaryF32 *)variant->fn)(&job, x, y, 0, 1);
        T_NEAR(t, y[0], known[i].y, 1e-6 + 2e-6 * fabs((double)known[i].y));
        T_CHECK(t, isnan(y[1]));
    }
}

static void mean_of_a_ramp(Test *t)
{
    float x[2 * 101 * CHANNELS], y[2 * CHANNELS];
    const IoptMeanF32Job job = { 101, CHANNELS, CHANNELS, CHANNELS };

    for (size_t i = 0; i < IOPT_COUNT(x); i++) /* each channel goes up by 3 from pixel to pixel */
        x[i] = (float)i;
    T_EACH_VARIANT(variant, &iopt_kernel_mean_f32)
    {
        ((IoptMeanF32 *)variant->fn)(&job, x, y, 0, 2 * CHANNELS);
        for (size_t i = 0; i < IOPT_COUNT(y); i++)
            T_NEAR(t, y[i], i / CHANNELS * 303 + i % CHANNELS + 150, 1e-4);
    }
}

static void softmax_of_equals_and_of_edges(Test *t)
{
    const float x[] = { 1000, 1000, 1000,     1000, 0, -INFINITY, 1.098612289F, -INFINITY, 0, NAN,
                        0,    0,    INFINITY, 0,    0, 0 };
    float y[16], log_y[16];
    const IoptSoftmaxF32Job job = { false, 4, 4, 4 }, log_job = { true, 4, 4, 4 };

    T_EACH_VARIANT(variant, &iopt_kernel_softmax_f32)
    {
        ((IoptSoftmaxF32 *)variant->fn)(&job, x, y, 0, 4);
        ((IoptSoftmaxF32 *)variant->fn)(&log_job, x, log_y, 0, 4);
        for (size_t i = 0; i < 4; i++) {
            T_NEAR(t, y[i], 0.25, 1e-7);
            T_NEAR(t, log_y[i], -1.386294361, 1e-6);
        }
        T_NEAR(t, y[4], 0.25, 1e-6);
        T_NEAR(t, y[5], 0, 0);
        T_NEAR(t, y[6], 0.75, 1e-6);
        T_CHECK(t, isinf(log_y[5]) && log_y[5] < 0);
        for (size_t i = 8; i < 16; i++)
            T_CHECK(t, isnan(y[i]) && isnan(log_y[i]));
    }
}

const TestCase tests_rows_f32[] = {
    TEST(batch_norm_and_relu6_in_one_pass),    TEST(relu_keeps_nan),
    TEST(a_gate_is_shared_by_an_image),        TEST(maximum_with_nan_gives_the_first),
    TEST(activations_take_their_known_values), TEST(mean_of_a_ramp),
    TEST(softmax_of_equals_and_of_edges),      { 0 },
};
