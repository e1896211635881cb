/* Random small networks as text. */
#include "t_random_graph.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"

enum { STEPS = 14, MAX_VALUES = STEPS + 1 };

/* A graph being written: its text, and the channels of the values that a next op may read. */
typedef struct Writer {
    IoptText text;
    uint32_t state;
    int count;
    int channels[MAX_VALUES]; /* of value v0, v1, ...: all are [2,6,6,c] */
} Writer;

static unsigned roll(Writer *w, unsigned sides)
{
    w->state = w->state * 1664525u + 1013904223u;
    return (w->state >> 10) % sides;
}

static void write_vector(Writer *w, const char *name, int size)
{
    iopt_text_printf(&w->text, "%s%d = Const(random %u) : f32[%d]\n", name, w->count, roll(w, 900),
                     size);
}

static int write_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 4), k = roll(w, 2) ? 3 : 1, n = w->count;
    iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[%d,%d,%d,%d]\n", n, roll(w, 900), k, k,
                     in, out);
    iopt_text_printf(&w->text, "v%d = Conv2D(v%d, w%d) strides=[1,1,1,1] padding=SAME\n", n, x, n);
    return out;
}

static int write_depthwise(Writer *w, int x)
{
    const int in = w->channels[x], times = 1 + (int)roll(w, 2), n = w->count;
    iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[3,3,%d,%d]\n", n, roll(w, 900), in,
                     times);
    iopt_text_printf(&w->text,
                     "v%d = DepthwiseConv2dNative(v%d, w%d) strides=[1,1,1,1] padding=SAME\n", n, x,
                     n);
    return in * times;
}

static int write_channel_op(Writer *w, int x)
{
    static const char *const ops[] = { "Mul", "Add", "Sub", "BiasAdd", "AddV2" };
    const char *const op = ops[roll(w, 5)];
    write_vector(w, "c", w->channels[x]);
    if (strcmp(op, "BiasAdd") != 0 && roll(w, 3) == 0)
        iopt_text_printf(&w->text, "v%d = %s(c%d, v%d)\n", w->count, op, w->count, x);
    else
        iopt_text_printf(&w->text, "v%d = %s(v%d, c%d)\n", w->count, op, x, w->count);
    return w->channels[x];
}

static int write_batch_norm(Writer *w, int x)
{
    const int n = w->count;
    write_vector(w, "g", w->channels[x]);
    write_vector(w, "o", w->channels[x]);
    write_vector(w, "m", w->channels[x]);
    iopt_text_printf(&w->text, "z%d = Const(0.5 2 1 3 0.25) : f32[%d]\n", n, w->channels[x]);
    iopt_text_printf(&w->text,
                     "v%d = FusedBatchNorm(v%d, g%d, o%d, m%d, z%d) epsilon=0.01 "
                     "is_training=false\n",
                     n, x, n, n, n, n);
    return w->channels[x];
}

static int write_unary(Writer *w, int x)
{
    static const char *const ops[] = { "Relu", "Identity", "Relu6", "Neg", "StopGradient" };
    iopt_text_printf(&w->text, "v%d = %s(v%d)\n", w->count, ops[roll(w, 5)], x);
    return w->channels[x];
}

static int write_pool(Writer *w, int x)
{
    iopt_text_printf(&w->text, "v%d = %s(v%d) ksize=[1,3,3,1] strides=[1,1,1,1] padding=SAME\n",
                     w->count, roll(w, 2) ? "AvgPool" : "MaxPool", x);
    return w->channels[x];
}

static int write_concat(Writer *w, int x)
{
    const int y = (int)roll(w, (unsigned)w->count);
    iopt_text_printf(&w->text, "a%d = Const(3) : i32[]\nv%d = ConcatV2(v%d, v%d, a%d) N=2\n",
                     w->count, w->count, x, y, w->count);
    return w->channels[x] + w->channels[y];
}

static int write_padded_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 4), n = w->count;
    iopt_text_printf(&w->text, "p%d = Const(0 0 1 1 1 1 0 0) : i32[4,2]\nq%d = Pad(v%d, p%d)\n", n,
                     n, x, n);
    iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[3,3,%d,%d]\n", n, roll(w, 900), in,
                     out);
    iopt_text_printf(&w->text, "v%d = Conv2D(q%d, w%d) strides=[1,1,1,1] padding=VALID\n", n, n, n);
    return out;
}

/* The sum with another value of as many channels; if there is none, a Relu. */
static int write_sum(Writer *w, int x)
{
    int y = (int)roll(w, (unsigned)w->count);

    for (int tries = 0; tries < w->count && (y == x || w->channels[y] != w->channels[x]); tries++)
        y = (y + 1) % w->count;
    if (y == x || w->channels[y] != w->channels[x])
        iopt_text_printf(&w->text, "v%d = Relu(v%d)\n", w->count, x);
    else
        iopt_text_printf(&w->text, "v%d = AddV2(v%d, v%d)\n", w->count, x, y);
    return w->channels[x];
}

/* --- what older exporters wrote -------------------------------------------------------------- */

/* A convolution and one of the batch norms, channels now and then dead: without weights. */
static int write_conv_with_norm(Writer *w, int x)
{
    static const char *const tails[] = {
        "FusedBatchNorm(u%d, g%d, o%d, m%d, z%d) epsilon=0.01 is_training=false\n",
        "FusedBatchNormV3(u%d, g%d, o%d, m%d, z%d) epsilon=0.01 is_training=false U=f32\n",
        ("BatchNormWithGlobalNormalization(u%d, m%d, z%d, o%d, g%d) variance_epsilon=0.01 "
         "scale_after_normalization=true\n")
    };
    const int in = w->channels[x], out = 1 + (int)roll(w, 4), n = w->count;

    if (roll(w, 6) == 0)
        iopt_text_printf(&w->text, "w%d = Const(0) : f32[3,3,%d,%d]\n", n, in, out);
    else
        iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[3,3,%d,%d]\n", n, roll(w, 900), in,
                         out);
    iopt_text_printf(&w->text, "u%d = Conv2D(v%d, w%d) strides=[1,1,1,1] padding=SAME\n", n, x, n);
    write_vector(w, "g", out);
    write_vector(w, "o", out);
    write_vector(w, "m", out);
    iopt_text_printf(&w->text, "z%d = Const(0.5 2 1 3 0.25) : f32[%d]\nv%d = ", n, out, n);
    iopt_text_printf(&w->text, tails[roll(w, IOPT_COUNT(tails))], n, n, n, n, n);
    return out;
}

/* A convolution, scaled. */
static int write_scaled_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 4), n = w->count;

    iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[1,1,%d,%d]\n", n, roll(w, 900), in,
                     out);
    iopt_text_printf(&w->text, "u%d = Conv2D(v%d, w%d) strides=[1,1,1,1] padding=SAME\n", n, x, n);
    write_vector(w, "c", out);
    iopt_text_printf(&w->text, "v%d = Mul(u%d, c%d)\n", n, n, n);
    return out;
}

/* Dilation, as TensorFlow 1.x spelled it. */
static int write_atrous_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 4), n = w->count;

    iopt_text_printf(&w->text,
                     "k%d = Const(2 2) : i32[2]\np%d = Const(2 2 2 2) : i32[2,2]\n"
                     "j%d = Const(0 0 0 0) : i32[2,2]\n",
                     n, n, n);
    iopt_text_printf(&w->text, "s%d = SpaceToBatchND(v%d, k%d, p%d)\n", n, x, n, n);
    iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[3,3,%d,%d]\n", n, roll(w, 900), in,
                     out);
    iopt_text_printf(&w->text,
                     "u%d = Conv2D(s%d, w%d) strides=[1,1,1,1] padding=VALID data_format=NHWC "
                     "use_cudnn_on_gpu=true\nv%d = BatchToSpaceND(u%d, k%d, j%d)\n",
                     n, n, n, n, n, n, n);
    return out;
}

/* A larger image with a mirrored rim, convolved down to the size that all values have. */
static int write_resized_conv(Writer *w, int x)
{
    const int in = w->channels[x], out = 1 + (int)roll(w, 4), n = w->count;
    const bool resize = roll(w, 3) != 0, pad = !resize || roll(w, 2) == 0;

    if (resize)
        iopt_text_printf(&w->text,
                         "s%d = Const(%d) : i32[2]\n"
                         "r%d = ResizeBilinear(v%d, s%d) align_corners=false T=f32\n",
                         n, pad ? 6 : 8, n, x, n);
    if (pad)
        iopt_text_printf(&w->text,
                         "p%d = Const(0 0 1 1 1 1 0 0) : i32[4,2]\n"
                         "q%d = MirrorPad(%c%d, p%d) mode=REFLECT\n",
                         n, n, resize ? 'r' : 'v', resize ? n : x, n);
    iopt_text_printf(&w->text, "w%d = Const(random %u) : f32[3,3,%d,%d]\n", n, roll(w, 900), in,
                     out);
    iopt_text_printf(&w->text, "v%d = Conv2D(%c%d, w%d) strides=[1,1,1,1] padding=VALID\n", n,
                     pad ? 'q' : 'r', n, n);
    return out;
}

/* A part of the channels: another output than the first. */
static int write_split(Writer *w, int x)
{
    const int n = w->count, c = w->channels[x];

    if (c < 2 || c % 2)
        return write_unary(w, x);
    iopt_text_printf(&w->text,
                     "a%d = Const(3) : i32[]\ns%d = Split(a%d, v%d) num_split=2 T=f32\n"
                     "v%d = Identity(s%d:1, ^v%d)\n",
                     n, n, n, x, n, n, (int)roll(w, (unsigned)n));
    return c / 2;
}

/* What folds: a constant expression of the shape or of constants, with a control input. */
static int write_expression(Writer *w, int x)
{
    const int n = w->count;

    write_vector(w, "b", w->channels[x]);
    write_vector(w, "c", w->channels[x]);
    iopt_text_printf(&w->text, "e%d = Mul(b%d, c%d, ^v%d)\nf%d = Identity(e%d)\n", n, n, n, x, n,
                     n);
    iopt_text_printf(&w->text, "v%d = %s(v%d, f%d)\n", n, roll(w, 2) ? "BiasAdd" : "Mul", x, n);
    return w->channels[x];
}

static int write_fake_quant(Writer *w, int x)
{
    const int n = w->count;

    iopt_text_printf(&w->text,
                     "l%d = Const(-%u) : f32[]\nh%d = Const(%u) : f32[]\n"
                     "v%d = FakeQuantWithMinMaxVars(v%d, l%d, h%d) num_bits=8 narrow_range=false\n",
                     n, 1 + roll(w, 4), n, 1 + roll(w, 4), n, x, n, n);
    return w->channels[x];
}

static int write_square(Writer *w, int x)
{
    const int n = w->count;

    iopt_text_printf(&w->text,
                     "h%d = Const(0.125) : f32[]\nq%d = Mul(h%d, v%d)\nv%d = Mul(q%d, q%d)\n", n, n,
                     n, x, n, n, n);
    return w->channels[x];
}

/* --- the network ----------------------------------------------------------------------------- */

typedef int WritePiece(Writer *w, int x);

static char *write_network(Test *t, unsigned seed, WritePiece *const *writers, unsigned n_writers,
                           int steps)
{
    Writer w = { .state = seed, .count = 1, .channels = { 2 } };
    char *text;

    iopt_text_printf(&w.text, "v0 = Placeholder() : f32[2,6,6,2]\n");
    for (int i = 0; i < steps; i++) {
        /* mostly the newest value: deep rather than wide */
        const int x = roll(&w, 4) ? w.count - 1 : (int)roll(&w, (unsigned)w.count);
        w.channels[w.count] = writers[roll(&w, n_writers)](&w, x);
        w.count++;
    }
    iopt_text_printf(&w.text, "return v%d, v%d\n", w.count - 1, w.count - 3);
    T_OK(t, iopt_text_finish(&w.text, &text, &t->err));
    return text;
}

char *t_random_graph(Test *t, unsigned seed)
{
    static WritePiece *const writers[] = { write_conv,       write_depthwise,  write_channel_op,
                                           write_channel_op, write_batch_norm, write_unary,
                                           write_pool,       write_concat,     write_padded_conv,
                                           write_sum };

    return write_network(t, seed, writers, IOPT_COUNT(writers), STEPS);
}

char *t_random_old_graph(Test *t, unsigned seed, int steps)
{
    static WritePiece *const writers[] = {
        write_conv,        write_depthwise,   write_channel_op,
        write_unary,       write_pool,        write_concat,
        write_sum,         write_padded_conv, write_conv_with_norm,
        write_scaled_conv, write_atrous_conv, write_resized_conv,
        write_split,       write_expression,  write_conv_with_norm,
        write_fake_quant,  write_square
    };

    return write_network(t, seed, writers, IOPT_COUNT(writers), steps < STEPS ? steps : STEPS);
}
