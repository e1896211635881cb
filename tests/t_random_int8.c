/* Random small quantized networks as text. */
#include "t_random_int8.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { STEPS = 12, MAX_VALUES = STEPS + 1 };

/* A graph being written: its text, and the values that a next op may read, all [n,7,7,c]. */
typedef struct Writer {
    IoptText text;
    uint32_t state;
    int count, names;
    bool floats; /* layers that have to stay in floats are among them */
    int channels[MAX_VALUES];
} Writer;

static unsigned roll(Writer *w, unsigned sides)
{
    w->state = w->state * 1664525u + 1013904223u;
    return (w->state >> 10) % sides;
}

/* "FakeQuant of value `from`" as value `to`. */
static void write_quantizer(Writer *w, const char *from, const char *to)
{
    static const char *const mins[] = { "0.0", "-0.7", "-2.0", "-1.0", "0.0", "-0.013" };
    static const char *const maxs[] = { "1.0", "3.0", "6.0", "0.5", "2.5" };
    static const int bits[] = { 8, 8, 8, 8, 8, 8, 4, 16, 12 };
    const char *const min = mins[roll(w, 6)], *const max = maxs[roll(w, 5)];
    const int n = w->names++;

    switch (roll(w, 8)) {
    case 0:
        iopt_text_printf(&w->text, "%s = FakeQuantWithMinMaxArgs(%s) num_bits=8 min=%s max=%s\n",
                         to, from, min, max);
        return;
    case 1:
        iopt_text_printf(&w->text,
                         "i%d = Const(-1.5) : f32[]\nj%d = Const(1.5) : f32[]\n"
                         "%s = QuantizeAndDequantizeV2(%s, i%d, j%d) signed_input=true "
                         "num_bits=8 range_given=true\n",
                         n, n, to, from, n, n);
        return;
    default:
        iopt_text_printf(&w->text,
                         "i%d = Const(%s) : f32[]\nj%d = Const(%s) : f32[]\n"
                         "%s = FakeQuantWithMinMaxVars(%s, i%d, j%d) num_bits=%d "
                         "narrow_range=%s\n",
                         n, min, n, max, to, from, n, n, bits[roll(w, 9)],
                         roll(w, 5) ? "false" : "true");
    }
}

/* Weights of a shape, as value "w<count>". */
static void write_weights(Writer *w, const char *shape, int outputs)
{
    const int n = w->count;
    const unsigned roll6 = roll(w, 6), way = roll6 == 4 && !w->floats ? 5 : roll6;

    if (way == 0) { /* codes of 0..9 */
        iopt_text_printf(&w->text,
                         "k%d = Const(random %u) : i8[%s]\nf%d = Cast(k%d) SrcT=i8 DstT=f32\n"
                         "s%d = Const(random %u) : f32[%d]\nu%d = Abs(s%d)\n"
                         "t%d = Const(0.01) : f32[]\no%d = Mul(u%d, t%d)\nw%d = Mul(f%d, o%d)\n",
                         n, roll(w, 900), shape, n, n, n, roll(w, 900), outputs, n, n, n, n, n, n,
                         n, n, n);
        return;
    }
    iopt_text_printf(&w->text, "k%d = Const(random %u) : f32[%s]\n", n, roll(w, 900), shape);
    if (way == 1)
        iopt_text_printf(&w->text,
                         "m%d = Const(-1 -0.6 -0.9) : f32[%d]\nM%d = Const(1 0.8 0.9) : f32[%d]\n"
                         "w%d = FakeQuantWithMinMaxVarsPerChannel(k%d, m%d, M%d) num_bits=8 "
                         "narrow_range=true\n",
                         n, outputs, n, outputs, n, n, n, n);
    else if (way == 2)
        iopt_text_printf(&w->text,
                         "m%d = Const(-0.9) : f32[]\nM%d = Const(0.9) : f32[]\n"
                         "w%d = QuantizeAndDequantizeV2(k%d, m%d, M%d) num_bits=8\n",
                         n, n, n, n, n, n);
    else if (way == 3)
        iopt_text_printf(&w->text,
                         "w%d = FakeQuantWithMinMaxArgs(k%d) min=-0.4 max=1.0 "
                         "num_bits=8\n",
                         n, n);
    else if (way == 4)
        iopt_text_printf(&w->text, "w%d = Identity(k%d)\n", n, n); /* not quantized */
    else
        iopt_text_printf(&w->text,
                         "w%d = FakeQuantWithMinMaxArgs(k%d) min=-1.0 max=1.0 num_bits=8 "
                         "narrow_range=true\n",
                         n, n);
}

/* A value as large as another, or -1. */
static int partner(Writer *w, int x, int channels)
{
    int y = (int)roll(w, (unsigned)w->count);

    for (int tries = 0; tries < w->count && (y == x || w->channels[y] != channels); tries++)
        y = (y + 1) % w->count;
    return y != x && w->channels[y] == channels ? y : -1;
}

/* What follows a layer: "l<count>" to "y<count>". */
static void write_tail(Writer *w, int x, int channels)
{
    const int n = w->count, y = partner(w, x, channels);
    char last = 'l';

    if (roll(w, 3)) {
        iopt_text_printf(&w->text, "b%d = Const(random %u) : f32[%d]\nd%d = BiasAdd(%c%d, b%d)\n",
                         n, roll(w, 900), channels, n, last, n, n);
        last = 'd';
    }
    if (roll(w, 5) == 0) {
        iopt_text_printf(&w->text, "c%d = Const(0.5 1.5 -1) : f32[%d]\ne%d = Mul(%c%d, c%d)\n", n,
                         channels, n, last, n, n);
        last = 'e';
    }
    if (y >= 0 && roll(w, 2)) {
        iopt_text_printf(&w->text,
                         roll(w, 2) ? "a%d = Add(%c%d, q%d)\n" : "a%d = AddV2(%c%d, q%d)\n", n,
                         last, n, y);
        last = 'a';
    }
    iopt_text_printf(&w->text, "y%d = %s(%c%d)\n", n,
                     (const char *const[]){ "Relu", "Relu6", "Identity" }[roll(w, 3)], last, n);
}

/* Value x in 8 bits, as "r<count>". */
static void write_input(Writer *w, int x)
{
    const int n = w->count;

    if (w->floats)
        iopt_text_printf(&w->text, "r%d = Identity(q%d)\n", n, x);
    else
        iopt_text_printf(&w->text,
                         "r%d = FakeQuantWithMinMaxArgs(q%d) num_bits=8 min=-1.0 "
                         "max=2.5\n",
                         n, x);
}

static int write_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 9), k = 1 + 2 * (int)roll(w, 2),
              n = w->count;
    char shape[64];

    write_input(w, x);
    (void)snprintf(shape, sizeof shape, "%d,%d,%d,%d", k, k, in, out);
    write_weights(w, shape, out);
    iopt_text_printf(&w->text, "l%d = Conv2D(r%d, w%d) strides=[1,1,1,1] padding=SAME\n", n, n, n);
    write_tail(w, x, out);
    return out;
}

static int write_padded_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 20), n = w->count;
    char shape[64];

    write_input(w, x);
    (void)snprintf(shape, sizeof shape, "3,3,%d,%d", in, out);
    write_weights(w, shape, out);
    iopt_text_printf(&w->text,
                     "p%d = Const(0 0 1 1 1 1 0 0) : i32[4,2]\nP%d = Pad(r%d, p%d)\n"
                     "l%d = Conv2D(P%d, w%d) strides=[1,1,1,1] padding=VALID\n",
                     n, n, n, n, n, n, n);
    write_tail(w, x, out);
    return out;
}

static int write_depthwise(Writer *w, int x)
{
    const int in = w->channels[x], times = roll(w, 4) ? 1 : 2, n = w->count;
    char shape[64];

    write_input(w, x);
    (void)snprintf(shape, sizeof shape, "3,3,%d,%d", in, times);
    write_weights(w, shape, times);
    iopt_text_printf(&w->text,
                     "l%d = DepthwiseConv2dNative(r%d, w%d) strides=[1,1,1,1] padding=SAME\n", n, n,
                     n);
    write_tail(w, x, in * times);
    return in * times;
}

static int write_pool(Writer *w, int x)
{
    iopt_text_printf(&w->text, "y%d = %s(q%d) ksize=[1,3,3,1] strides=[1,1,1,1] padding=SAME\n",
                     w->count, roll(w, 2) ? "AvgPool" : "MaxPool", x);
    return w->channels[x];
}

static int write_concat(Writer *w, int x)
{
    const int y = (int)roll(w, (unsigned)w->count), n = w->count;

    iopt_text_printf(&w->text, "g%d = Const(3) : i32[]\ny%d = ConcatV2(q%d, q%d, g%d) N=2\n", n, n,
                     x, y, n);
    return w->channels[x] + w->channels[y];
}

static int write_sum(Writer *w, int x)
{
    const int y = partner(w, x, w->channels[x]), n = w->count;

    if (y < 0)
        iopt_text_printf(&w->text, "y%d = Relu(q%d)\n", n, x);
    else
        iopt_text_printf(&w->text, "z%d = AddV2(q%d, q%d)\ny%d = %s(z%d)\n", n, x, y, n,
                         roll(w, 2) ? "Relu" : "Identity", n);
    return w->channels[x];
}

/* The batch norm before a layer of ResNet V2. */
static int write_batch_norm(Writer *w, int x)
{
    const int n = w->count, c = w->channels[x];

    iopt_text_printf(&w->text,
                     "c%d = Const(random %u) : f32[%d]\nb%d = Const(random %u) : f32[%d]\n"
                     "m%d = Mul(q%d, c%d)\na%d = Add(m%d, b%d)\ny%d = Relu(a%d)\n",
                     n, roll(w, 900), c, n, roll(w, 900), c, n, x, n, n, n, n, n, n);
    return c;
}

/* Something that stays float. */
static int write_float(Writer *w, int x)
{
    static const char *const ops[] = { "Tanh", "Relu6", "Sigmoid", "Neg", "Relu" };
    iopt_text_printf(&w->text, "y%d = %s(q%d)\n", w->count,
                     w->floats    ? ops[roll(w, 5)]
                     : roll(w, 2) ? "Neg"
                                  : "Relu6",
                     x);
    return w->channels[x];
}

/* The mean of each image and a product, for the second output. */
static void write_head(Writer *w, int x)
{
    const int c = w->channels[x], n = w->count;
    char shape[64], mean[16], coded[16];

    (void)snprintf(shape, sizeof shape, "%d,5", c);
    (void)snprintf(mean, sizeof mean, "h%d", n);
    (void)snprintf(coded, sizeof coded, "H%d", n);
    iopt_text_printf(&w->text, "x%d = Const(1 2) : i32[2]\nh%d = Mean(q%d, x%d) keep_dims=false\n",
                     n, n, x, n);
    if (w->floats)
        write_quantizer(w, mean, coded);
    else
        iopt_text_printf(&w->text, "%s = FakeQuantWithMinMaxArgs(%s) num_bits=8 min=-1.0 max=2.0\n",
                         coded, mean);
    write_weights(w, shape, 5);
    iopt_text_printf(&w->text,
                     "l%d = MatMul(H%d, w%d)\nb%d = Const(random 3) : f32[5]\n"
                     "y%d = BiasAdd(l%d, b%d)\n",
                     n, n, n, n, n, n, n);
}

char *t_random_int8(Test *t, unsigned seed, int batch, bool floats)
{
    static int (*const writers[])(Writer *,
                                  int) = { write_conv,        write_conv,   write_depthwise,
                                           write_padded_conv, write_pool,   write_sum,
                                           write_batch_norm,  write_concat, write_float };
    Writer w = { .state = seed, .count = 1, .floats = floats, .channels = { 3 } };
    char *text, from[16], to[16];

    iopt_text_printf(&w.text, "x = Placeholder() : f32[%d,7,7,3]\n", batch);
    write_quantizer(&w, "x", "q0");
    for (int i = 0; i < STEPS; i++) {
        const int x = roll(&w, 4) ? w.count - 1 : (int)roll(&w, (unsigned)w.count);
        w.channels[w.count] = writers[roll(&w, IOPT_COUNT(writers))](&w, x);
        (void)snprintf(from, sizeof from, "y%d", w.count);
        (void)snprintf(to, sizeof to, "q%d", w.count);
        write_quantizer(&w, from, to);
        w.count++;
    }
    write_head(&w, w.count - 1);
    iopt_text_printf(&w.text, "return y%d, q%d\n", w.count, w.count - 3);
    T_OK(t, iopt_text_finish(&w.text, &text, &t->err));
    return text;
}
