/* TensorFlow's quantized ops in plans: every bit that of the reference engine, codes and ranges. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/t_engine.h"

/* Floats to codes in the range that they take, as the tool writes it. */
#define CODES_OF_X                                                       \
    "d = Const(-1) : i32[1]\nz = Const(0) : i32[1]\nr = Reshape(x, d)\n" \
    "mn = Min(r, z)\nmx = Max(r, z)\nq = QuantizeV2(x, mn, mx) T=qu8 mode=MIN_FIRST\n"
#define RANGES                                                                      \
    "wl = Const(-0.7) : f32[]\nwh = Const(1.3) : f32[]\nbl = Const(-0.2) : f32[]\n" \
    "bh = Const(0.9) : f32[]\n"
#define SHRINK(to, from)                                                            \
    to "r = RequantizationRange(" from ", " from ":1, " from ":2) Tinput=qi32\n" to \
       " = Requantize(" from ", " from ":1, " from ":2, " to "r, " to "r:1) "       \
       "Tinput=qi32 out_type=qu8\n"

static void convolutions_with_all_that_follows(Test *t)
{
    static const char *const cases[] = {
        "x = Placeholder() : f32[2,9,11,7]\nw = Const(random 1) : qu8[3,3,7,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=SAME strides=[1,1,1,1]\n",
        "x = Placeholder() : f32[1,29,30,3]\nw = Const(random 1) : qu8[3,3,3,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=VALID strides=[1,2,2,1]\n",
        "x = Placeholder() : f32[2,13,9,64]\nw = Const(random 1) : qu8[1,1,64,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=SAME strides=[1,1,1,1]\n",
        "x = Placeholder() : f32[1,16,17,5]\nw = Const(random 1) : qu8[1,1,5,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=SAME strides=[1,5,5,1]\n",
        "x = Placeholder() : f32[1,8,9,4]\nw = Const(random 1) : qu8[1,1,4,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=VALID strides=[1,4,4,1]\n",
        "x = Placeholder() : f32[7,33]\nw = Const(random 1) : qu8[33,20]\n" CODES_OF_X
        "c = QuantizedMatMul(q, w, q:1, q:2, wl, wh)\n",
        "x = Placeholder() : f32[1,70]\nw = Const(random 1) : qu8[20,70]\n" CODES_OF_X
        "c = QuantizedMatMul(q, w, q:1, q:2, wl, wh) transpose_b=true\n",
    };
    char text[2048];

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        (void)snprintf(
            text, sizeof text,
            RANGES "%sb = Const(random 2) : qu8[20]\n" SHRINK(
                "s", "c") "a = QuantizedBiasAdd(s, b, s:1, s:2, bl, bh) "
                          "out_type=qi32\n" SHRINK("e", "a") "y = QuantizedRelu(e, e:1, "
                                                             "e:2)\nreturn y, y:1, y:2\n",
            cases[i]);
        t_engine_check_bits(t, text, NULL);
        (void)snprintf(text, sizeof text, RANGES "%sreturn c, c:1, c:2\n", cases[i]);
        t_engine_check_bits(t, text, NULL);
    }
}

static void one_pass_does_all_stages(Test *t)
{
    t_engine_check_bits(
        t,
        RANGES
        "x = Placeholder() : f32[1,9,9,8]\nw = Const(random 1) : qu8[3,3,8,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=SAME strides=[1,1,1,1]\n" SHRINK(
            "s", "c") "f = Dequantize(s, s:1, s:2) mode=MIN_FIRST\n"
                      "k = Const(random 5) : f32[20]\nm = Mul(f, k)\n"
                      "o = Const(random 6) : f32[20]\nn = Add(m, o)\n"
                      "v = Reshape(n, d)\nnl = Min(v, z)\nnh = Max(v, z)\n"
                      "g = QuantizeV2(n, nl, nh) T=qu8 mode=MIN_FIRST\n"
                      "y = QuantizedRelu6(g, g:1, g:2)\nreturn y, y:1, y:2\n",
        "QuantizeV2, QuantizeV2, QuantizeV2, QuantizedConv2D, QuantizedConv2D, QuantizedConv2D, "
        "QuantizedConv2D+Requantize+Dequantize+Mul+Add+QuantizeV2+QuantizedRelu6, "
        "QuantizedConv2D, QuantizedConv2D, "
        "QuantizedConv2D+Requantize+Dequantize+Mul+Add+QuantizeV2+QuantizedRelu6");
}

static void values_that_others_read_stay(Test *t)
{
    t_engine_check_bits(
        t,
        RANGES
        "x = Placeholder() : f32[1,9,9,8]\nw = Const(random 1) : qu8[3,3,8,20]\n" CODES_OF_X
        "c = QuantizedConv2D(q, w, q:1, q:2, wl, wh) padding=SAME strides=[1,1,1,1]\n" SHRINK(
            "s", "c") "f = Dequantize(s, s:1, s:2) mode=MIN_FIRST\n"
                      "h = Requantize(c, c:1, c:2, sr, wh) Tinput=qi32 out_type=qu8\n"
                      "y = QuantizedRelu6(s, s:1, s:2)\n"
                      "return y, y:1, y:2, f, mx, h, sr:1, c:1\n",
        NULL);
}

static void pairs(Test *t)
{
    static const char *const others[] = { "qu8[2,5,6,20]", "qu8[20]", "qu8[1,1,1,20]",
                                          "qu8[]",         "qu8[1]",  "qu8[1,5,6,20]" };
    char text[1024];

    for (size_t i = 0; i < IOPT_COUNT(others); i++) {
        (void)snprintf(
            text, sizeof text,
            RANGES
            "x = Placeholder() : f32[2,5,6,20]\nw = Const(random 1) : %s\n" CODES_OF_X
            "a = QuantizedAdd(q, w, q:1, q:2, wl, wh) Toutput=qi32\n"
            "m = QuantizedMul(w, q, bl, bh, q:1, q:2) Toutput=qi32\n" SHRINK("s", "a")
                SHRINK("p", "m") "y = QuantizedRelu(s, s:1, s:2)\nk = QuantizedAdd(w, q, wl, wh, "
                                 "q:1, q:2) Toutput=qi32\n"
                                 "return y, y:1, y:2, p, p:1, p:2, k, k:1, k:2\n",
            others[i]);
        t_engine_check_bits(t, text, NULL);
    }
}

static void pools_concatenations_and_shapes(Test *t)
{
    t_engine_check_bits(
        t,
        RANGES "x = Placeholder() : f32[2,12,13,21]\nu = Placeholder() : qu8[2,6,7,5]\n" CODES_OF_X
               "a = QuantizedMaxPool(q, q:1, q:2) T=qu8 ksize=[1,3,3,1] strides=[1,2,2,1] "
               "padding=SAME\n"
               "m = QuantizedAvgPool(q, q:1, q:2) T=qu8 ksize=[1,3,2,1] strides=[1,2,2,1] "
               "padding=SAME\n"
               "k = Const(3) : i32[]\n"
               "j = QuantizedConcat(k, a, u, m, a:1, wl, m:1, a:2, wh, m:2) T=qu8 N=3\n"
               "e = Const(4 -1) : i32[2]\nh = QuantizedReshape(j, e, j:1, j:2) T=qu8\n"
               "f = Dequantize(h, h:1, h:2) mode=MIN_FIRST\n"
               "g = Dequantize(u, wl, wh)\np = Dequantize(u, wl, wh) mode=SCALED\n"
               "return j, j:1, j:2, m, m:1, h, f, g, p, a:2\n",
        NULL);
}

/* Ranges without a width, below zero, or the wrong way round: plain C, or what it says. */
static void ranges_that_are_none(Test *t)
{
    static const char *const ranges[] = { "0 0",    "-3 -1",        "2 2",
                                          "5 1e20", "-1e-30 1e-30", "-0.25 0.125" };
    char text[1024], low[16], high[16];

    for (size_t i = 0; i < IOPT_COUNT(ranges); i++) {
        T_CHECK(t, sscanf(ranges[i], "%15s %15s", low, high) == 2);
        (void)snprintf(
            text, sizeof text,
            RANGES
            "x = Placeholder() : qu8[1,6,6,9]\nw = Const(random 1) : qu8[3,3,9,12]\n"
            "l = Const(%s) : f32[]\nh = Const(%s) : f32[]\n"
            "c = QuantizedConv2D(x, w, l, h, wl, wh) padding=SAME "
            "strides=[1,1,1,1]\n" SHRINK(
                "s", "c") "b = Const(random 2) : qu8[12]\n"
                          "a = QuantizedBiasAdd(s, b, s:1, s:2, bl, bh) out_type=qi32\n" SHRINK(
                              "e", "a") "return e, e:1, e:2, s:1, s:2\n",
            low, high);
        t_engine_check_bits(t, text, NULL);
    }
}

static void rows_over_threads(Test *t)
{
    t_engine_check_bits(
        t,
        RANGES "x = Placeholder() : qu8[2,13,17,40]\ns = Const(29 11) : i32[2]\n"
               "p = Const(random 3) : qu8[40]\nq = Const(random 4) : qu8[40]\n"
               "r = Const(random 5) : qu8[40]\nv = Const(random 6) : qu8[40]\n"
               "y = QuantizedResizeBilinear(x, s, wl, wh) T=qu8\n"
               "z = QuantizedResizeBilinear(x, s, wl, wh) T=qu8 align_corners=true\n"
               "u = QuantizedBatchNormWithGlobalNormalization(x, wl, wh, p, bl, bh, q, bh, wh, r, "
               "wl, wh, v, bl, bh) out_type=qi32 variance_epsilon=0.001 "
               "scale_after_normalization=true\n"
               "return y, y:1, y:2, z, u, u:1\n",
        NULL);
}

/* Those in constant ranges may go by codes, whose values are a last bit away. */
static void fake_quantizations(Test *t)
{
    t_engine_check(
        t,
        "x = Placeholder() : f32[2,9,11,21]\nl = Const(-0.7) : f32[]\nh = Const(0.4) : f32[]\n"
        "o = Const(0) : f32[]\nm = Placeholder() : f32[21]\nn = Abs(m)\ni = Neg(n)\n"
        "a = FakeQuantWithMinMaxArgs(x) min=-0.5 max=0.9\n"
        "b = FakeQuantWithMinMaxVars(x, l, h) num_bits=4 narrow_range=true\n"
        "c = FakeQuantWithMinMaxVars(x, o, o)\nd = FakeQuantWithMinMaxVars(x, h, l)\n"
        "e = FakeQuantWithMinMaxVarsPerChannel(x, i, n)\n"
        "f = QuantizeAndDequantizeV2(x, l, h) range_given=true\n"
        "g = QuantizeAndDequantizeV2(x, l, h) range_given=false signed_input=true\n"
        "j = QuantizeAndDequantizeV2(x, l, h) range_given=true round_mode=HALF_UP\n"
        "k = Const(6) : i32[]\np = QuantizeAndDequantizeV3(x, l, h, k) range_given=true\n"
        "q = QuantizeAndDequantizeV3(x, l, h, k) range_given=false\n"
        "return a, b, c, d, e, f, g, j, p, q\n",
        NULL);
}

/* --- random networks ------------------------------------------------------------------------- */

typedef struct Random {
    IoptText text;
    uint32_t state;
    int n;        /* values so far */
    int channels; /* of the codes v<n> [1, 8, 8, channels] */
} Random;

static uint32_t pick(Random *r, uint32_t count)
{
    r->state = r->state * 1664525u + 1013904223u;
    return (r->state >> 8) % count;
}

/* The next value from qint32 codes t<n>. */
static void add_shrink(Random *r)
{
    const int n = r->n++;

    if (pick(r, 4) == 0) {
        iopt_text_printf(&r->text,
                         "v%d = QuantizeDownAndShrinkRange(t%d, t%d:1, t%d:2) "
                         "Tinput=qi32 out_type=qu8\n",
                         n + 1, n, n, n);
        return;
    }
    iopt_text_printf(&r->text, "g%d = RequantizationRange(t%d, t%d:1, t%d:2) Tinput=qi32\n", n, n,
                     n, n);
    iopt_text_printf(&r->text,
                     "v%d = Requantize(t%d, t%d:1, t%d:2, g%d, g%d:1) Tinput=qi32 out_type=qu8\n",
                     n + 1, n, n, n, n, n);
}

static void add_convolution(Random *r)
{
    const int n = r->n, channels = 1 + (int)pick(r, 40), size = pick(r, 2) ? 1 : 3;

    iopt_text_printf(&r->text,
                     "w%d = Const(random %d) : qu8[%d,%d,%d,%d]\nt%d = QuantizedConv2D(v%d, w%d, "
                     "v%d:1, v%d:2, wl, wh) padding=SAME strides=[1,1,1,1]\n",
                     n, n, size, size, r->channels, channels, n, n, n, n, n);
    r->channels = channels;
    add_shrink(r);
}

static void add_bias(Random *r)
{
    const int n = r->n;

    iopt_text_printf(&r->text,
                     "b%d = Const(random %d) : qu8[%d]\nt%d = QuantizedBiasAdd(v%d, b%d, v%d:1, "
                     "v%d:2, bl, bh) out_type=qi32\n",
                     n, n, r->channels, n, n, n, n, n);
    add_shrink(r);
}

static void add_sum(Random *r)
{
    const int n = r->n;

    iopt_text_printf(&r->text,
                     "p%d = QuantizedMaxPool(v%d, v%d:1, v%d:2) T=qu8 ksize=[1,3,3,1] "
                     "strides=[1,1,1,1] padding=SAME\nt%d = Quantized%s(v%d, p%d, v%d:1, v%d:2, "
                     "p%d:1, p%d:2) Toutput=qi32\n",
                     n, n, n, n, n, pick(r, 3) ? "Add" : "Mul", n, n, n, n, n, n);
    add_shrink(r);
}

/* To floats and back. */
static void add_reals(Random *r)
{
    const int n = r->n++;

    iopt_text_printf(&r->text, "f%d = Dequantize(v%d, v%d:1, v%d:2) mode=MIN_FIRST\n", n, n, n, n);
    if (pick(r, 2))
        iopt_text_printf(&r->text, "k%d = Const(random %d) : f32[%d]\nm%d = Mul(f%d, k%d)\n", n, n,
                         r->channels, n, n, n);
    else
        iopt_text_printf(&r->text, "m%d = Relu(f%d)\n", n, n);
    iopt_text_printf(&r->text,
                     "r%d = Reshape(m%d, d)\nl%d = Min(r%d, z)\nh%d = Max(r%d, z)\n"
                     "v%d = QuantizeV2(m%d, l%d, h%d) T=qu8 mode=MIN_FIRST\n",
                     n, n, n, n, n, n, n + 1, n, n, n);
}

static void add_relu(Random *r)
{
    const int n = r->n++;

    iopt_text_printf(&r->text, "v%d = QuantizedRelu%s(v%d, v%d:1, v%d:2)\n", n + 1,
                     pick(r, 2) ? "6" : "", n, n, n);
}

static void random_networks(Test *t)
{
    for (unsigned seed = 1; seed <= 60; seed++) {
        static void (*const layers[])(Random *) = { add_convolution, add_convolution, add_bias,
                                                    add_sum,         add_reals,       add_relu };
        Random r = { .state = seed * 2654435761u, .channels = 1 + (int)(seed % 30) };

        iopt_text_printf(&r.text,
                         RANGES "d = Const(-1) : i32[1]\nz = Const(0) : i32[1]\n"
                                "x = Placeholder() : qu8[1,8,8,%d]\nl = Const(-2.5) : f32[]\n"
                                "h = Const(4) : f32[]\nv0 = QuantizedRelu6(x, l, h)\n",
                         r.channels);
        for (uint32_t i = 3 + pick(&r, 8); i > 0; i--)
            layers[pick(&r, IOPT_COUNT(layers))](&r);
        iopt_text_printf(&r.text, "return v%d, v%d:1, v%d:2, v%d\n", r.n, r.n, r.n, r.n / 2);
        t_engine_check_bits(t, r.text.s, NULL);
        iopt_text_free(&r.text);
    }
}

const TestCase tests_quantized_plans[] = {
    TEST(convolutions_with_all_that_follows),
    TEST(one_pass_does_all_stages),
    TEST(values_that_others_read_stay),
    TEST(pairs),
    TEST(pools_concatenations_and_shapes),
    TEST(ranges_that_are_none),
    TEST(rows_over_threads),
    TEST(fake_quantizations),
    TEST(random_networks),
    { 0 },
};
