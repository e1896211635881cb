/* Every lowering against the reference engine. */
#include <stdio.h>

#include "engine/t_engine.h"

static void convolutions_of_every_geometry(Test *t)
{
    static const char *const cases[] = {
        "x = Placeholder() : f32[1,11,13,16]\nw = Const(random 1) : f32[5,3,16,33]\n"
        "y = Conv2D(x, w) padding=SAME strides=[1,2,3,1]\nreturn y\n",
        "x = Placeholder() : f32[3,8,8,16]\nw = Const(random 1) : f32[1,7,16,40]\n"
        "y = Conv2D(x, w) padding=VALID strides=[1,1,1,1]\nreturn y\n",
        "x = Placeholder() : f32[2,9,9,12]\nw = Const(random 1) : f32[3,3,12,16]\n"
        "y = Conv2D(x, w) padding=SAME strides=[1,1,1,1] dilations=[1,2,3,1]\nreturn y\n",
        "x = Placeholder() : f32[2,6,6,12]\nw = Const(random 1) : f32[3,3,4,18]\n"
        "b = Const(random 2) : f32[18]\nc = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\n"
        "y = BiasAdd(c, b)\nreturn y\n",
        "x = Placeholder() : f32[2,9,10,3]\nw = Const(random 1) : f32[3,3,3,32]\n"
        "y = Conv2D(x, w) padding=EXPLICIT explicit_paddings=[0,0,2,1,0,3,0,0] "
        "strides=[1,2,2,1]\nreturn y\n",
        "x = Placeholder() : f32[1,7,7,3]\nw = Const(random 1) : f32[7,7,3,8]\n"
        "y = Conv2D(x, w) padding=SAME strides=[1,2,2,1] dilations=[1,1,1,1]\nreturn y\n",
        "x = Placeholder() : f32[2,20,20,32]\nw = Const(random 1) : f32[3,3,32,64]\n"
        "y = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\nreturn y\n",
        "x = Placeholder() : f32[0,8,8,4]\nw = Const(random 1) : f32[3,3,4,8]\n"
        "y = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\nreturn y\n",
        "x = Placeholder() : f32[1,2,2,4]\nw = Const(random 1) : f32[3,3,4,8]\n"
        "y = Conv2D(x, w) padding=VALID strides=[1,1,1,1]\nreturn y\n",
        "x = Placeholder() : f32[2,9,9,17]\nw = Const(random 1) : f32[5,5,17,1]\n"
        "y = DepthwiseConv2dNative(x, w) padding=SAME strides=[1,2,2,1]\nreturn y\n",
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++)
        t_engine_check(t, cases[i], NULL);
}

static void filters_that_are_no_constant(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[1,5,5,4]\nw = Placeholder() : f32[3,3,4,8]\n"
                   "c = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\ny = Relu(c)\nreturn y\n",
                   "Conv2D, Relu");
}

static void pools_and_means(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,29,28,20]\naxes = Const(2 1) : i32[2]\n"
                   "a = MaxPool(x) ksize=[1,3,3,1] strides=[1,2,2,1] padding=SAME\n"
                   "b = AvgPool(a) ksize=[1,3,2,1] strides=[1,1,1,1] padding=SAME\n"
                   "y = Mean(b, axes) keep_dims=true\nz = Mean(a, axes)\nreturn y, z\n",
                   "MaxPool, AvgPool, Mean, Mean");
}

static void elementwise_with_every_broadcast(Test *t)
{
    static const char *const others[] = { "f32[2,9,40,50]", "f32[2,1,1,50]", "f32[2,9,40,1]",
                                          "f32[50]",        "f32[1,1,1,50]", "f32[]",
                                          "f32[2,1,1,1]",   "f32[9,40,50]",  "f32[1,9,1,50]" };
    char text[1024];

    for (size_t i = 0; i < IOPT_COUNT(others); i++) {
        (void)snprintf(text, sizeof text,
                       "x = Placeholder() : f32[2,9,40,50]\nz = Placeholder() : %s\n"
                       "a = Add(x, z)\nb = Sub(x, z)\nc = Sub(z, x)\nd = Mul(z, x)\n"
                       "e = RealDiv(x, z)\nf = RealDiv(z, x)\ng = Maximum(x, z)\n"
                       "h = Minimum(x, z)\ni = Minimum(z, x)\nj = Relu(b)\nk = Relu6(c)\n"
                       "return a, d, e, f, g, h, i, j, k\n",
                       others[i]);
        t_engine_check(t, text, NULL);
    }
}

static void activations(Test *t)
{
    t_engine_check(
        t,
        "x = Placeholder() : f32[30,20,70]\na = Sigmoid(x)\nb = Tanh(x)\nc = Elu(x)\n"
        "d = Selu(x)\ne = LeakyRelu(x) alpha=0.3\nf = Softplus(x)\ng = Exp(x)\n"
        "h = Erf(x)\ni = Softmax(x)\nj = LogSoftmax(x)\nreturn a, b, c, d, e, f, g, h, i, j\n",
        NULL);
}

static void transposes(Test *t)
{
    static const char *const perms[] = { "0 2 3 1", "0 3 1 2", "0 1 3 2", "3 0 1 2",
                                         "2 1 0 3", "0 1 2 3", "3 2 1 0" };
    char text[256];

    for (size_t i = 0; i < IOPT_COUNT(perms); i++) {
        (void)snprintf(text, sizeof text,
                       "x = Placeholder() : f32[20,3,40,15]\np = Const(%s) : i32[4]\n"
                       "y = Transpose(x, p)\nreturn y\n",
                       perms[i]);
        t_engine_check(t, text, NULL);
    }
    t_engine_check(t,
                   "x = Placeholder() : f32[2,1,6,1]\np = Const(3 1 0 2) : i32[4]\n"
                   "y = Transpose(x, p)\nreturn y\n",
                   "");
}

static void regions(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,5,6,7]\nb = Const(0 1 1 0) : i32[4]\n"
                   "e = Const(2 5 6 7) : i32[4]\ns = Const(1 2 3 1) : i32[4]\n"
                   "u = StridedSlice(x, b, e, s)\n"
                   "m = StridedSlice(x, b, e, s) begin_mask=2 end_mask=4 shrink_axis_mask=1\n"
                   "n = Const(1 3 -1 4) : i32[4]\nl = Slice(x, b, n)\n"
                   "q = Const(1 0 0 2 3 1 0 1) : i32[4,2]\nv = Const(-2.5) : f32[]\n"
                   "p = Pad(x, q)\nw = PadV2(x, q, v)\nreturn u, m, l, p, w\n",
                   NULL);
}

static void splits_are_views(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,3,3,12]\naxis = Const(3) : i32[]\n"
                   "s = Split(axis, x) num_split=3\nr = Relu(s:1)\na = Add(s:0, r)\n"
                   "sizes = Const(5 1 6) : i32[3]\nv = SplitV(x, sizes, axis) num_split=3\n"
                   "zero = Const(0) : i32[]\nb = Split(zero, x) num_split=2\n"
                   "return a, s:2, v, v:1, v:2, b:1\n",
                   "Relu, Add");
}

static void half_and_integers(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f16[2,5]\nz = Placeholder() : f16[2,5]\na = Add(x, z)\n"
                   "y = Relu(a)\ni = Placeholder() : i32[4]\nj = Placeholder() : i32[4]\n"
                   "k = Add(i, j)\nreturn y, k\n",
                   NULL);
}

static void indices_that_only_a_run_knows(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[20,3]\ni = Placeholder() : i32[6]\n"
                   "axis = Const(0) : i32[]\ng = GatherV2(x, i, axis) Tparams=f32 Tindices=i32 "
                   "Taxis=i32\ny = Relu(g)\nreturn y\n",
                   "GatherV2, Relu");
}

const TestCase tests_lower[] = {
    TEST(convolutions_of_every_geometry),
    TEST(filters_that_are_no_constant),
    TEST(pools_and_means),
    TEST(elementwise_with_every_broadcast),
    TEST(activations),
    TEST(transposes),
    TEST(regions),
    TEST(splits_are_views),
    TEST(half_and_integers),
    TEST(indices_that_only_a_run_knows),
    { 0 },
};
