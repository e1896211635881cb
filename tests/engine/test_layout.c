/* NCHW graphs run in NHWC; transposes remain at the borders alone. */
#include "engine/t_engine.h"

#define IMAGE                               \
    "x = Placeholder() : f32[2,8,9,7]\n"    \
    "w = Const(random 1) : f32[3,3,8,12]\n" \
    "b = Const(random 2) : f32[12]\n"       \
    "v = Const(0.5 0.7 2 3) : f32[12]\n"    \
    "c = Conv2D(x, w) padding=SAME strides=[1,1,2,2] data_format=NCHW\n"

static void a_block_has_one_transpose_on_either_side(Test *t)
{
    t_engine_check(t,
                   IMAGE "n = FusedBatchNorm(c, b, b, b, v) is_training=false data_format=NCHW\n"
                         "r = Relu(n)\n"
                         "p = MaxPool(r) ksize=[1,1,3,3] strides=[1,1,1,1] padding=SAME "
                         "data_format=NCHW\n"
                         "axis = Const(1) : i32[]\n"
                         "k = ConcatV2(r, p, axis) N=2\nreturn k\n",
                   "Transpose, Conv2D+FusedBatchNorm+Relu, MaxPool, Transpose");
}

static void what_has_no_other_order_gets_a_transpose(Test *t)
{
    t_engine_check(t,
                   IMAGE "d = BiasAdd(c, b) data_format=NCHW\n"
                         "shape = Const(2 -1) : i32[2]\ny = Reshape(d, shape)\nreturn y\n",
                   "Transpose, Conv2D+BiasAdd, Transpose");
}

static void transposes_of_the_graph_cancel(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,9,7,8]\nin = Const(0 3 1 2) : i32[4]\n"
                   "out = Const(0 2 3 1) : i32[4]\nw = Const(random 1) : f32[3,3,8,12]\n"
                   "u = Transpose(x, in)\n"
                   "c = Conv2D(u, w) padding=VALID strides=[1,1,1,1] data_format=NCHW\n"
                   "y = Transpose(c, out)\nreturn y\n",
                   "Conv2D");
}

static void constants_mean_pad_and_slice_follow(Test *t)
{
    t_engine_check(t,
                   IMAGE "s = Const(random 5) : f32[1,12,1,1]\nm = Mul(c, s)\n"
                         "q = Const(0 0 0 0 0 1 0 1) : i32[4,2]\np = Pad(m, q)\n"
                         "from = Const(0 0 1 1) : i32[4]\nto = Const(0 0 0 0) : i32[4]\n"
                         "by = Const(1 1 1 1) : i32[4]\n"
                         "l = StridedSlice(p, from, to, by) begin_mask=3 end_mask=15\n"
                         "axes = Const(2 3) : i32[2]\na = Add(l, c)\n"
                         "y = Mean(a, axes)\nz = Mean(a, axes) keep_dims=true\nreturn y, z\n",
                   NULL);
}

static void explicit_padding_and_dilation_follow(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[1,4,9,8]\nw = Const(random 1) : f32[3,3,4,6]\n"
                   "y = Conv2D(x, w) padding=EXPLICIT explicit_paddings=[0,0,0,0,1,2,3,0] "
                   "strides=[1,1,2,1] dilations=[1,1,1,2] data_format=NCHW\nreturn y\n",
                   NULL);
}

const TestCase tests_layout[] = {
    TEST(a_block_has_one_transpose_on_either_side), TEST(what_has_no_other_order_gets_a_transpose),
    TEST(transposes_of_the_graph_cancel),           TEST(constants_mean_pad_and_slice_follow),
    TEST(explicit_padding_and_dilation_follow),     { 0 },
};
