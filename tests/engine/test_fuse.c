/* What is done in one step, and that it gives what the single nodes give. */
#include "engine/t_engine.h"

#define IMAGE "x = Placeholder() : f32[2,9,7,5]\n"
#define CONV                                      \
    IMAGE "w = Const(random 1) : f32[3,3,5,20]\n" \
          "b = Const(random 2) : f32[20]\n"       \
          "c = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\n"

static void bias_and_relu_go_into_the_convolution(Test *t)
{
    t_engine_check(t, CONV "d = BiasAdd(c, b)\ny = Relu6(d)\nreturn y\n", "Conv2D+BiasAdd+Relu6");
}

static void batch_norm_becomes_a_factor_and_a_summand(Test *t)
{
    t_engine_check(t,
                   CONV "v = Const(0.5 0.7 2 3) : f32[20]\n"
                        "n = FusedBatchNorm(c, b, b, b, v) is_training=false epsilon=0.001\n"
                        "y = Relu(n)\nreturn y\n",
                   "Conv2D+FusedBatchNorm+Relu");
}

static void constants_by_channel_are_taken_along(Test *t)
{
    t_engine_check(t,
                   CONV "s = Const(2) : f32[]\n"
                        "m = Mul(b, c)\nd = Sub(m, b)\ne = AddV2(s, d)\nf = Sub(b, e)\n"
                        "y = Identity(f)\nreturn y\n",
                   "Conv2D+Mul+Sub+AddV2+Sub");
}

static void a_residual_is_added_on_the_way_out(Test *t)
{
    t_engine_check(t,
                   CONV "r = Placeholder() : f32[2,9,7,20]\n"
                        "d = BiasAdd(c, b)\ne = Add(r, d)\ny = Relu(e)\nreturn y\n",
                   "Conv2D+BiasAdd+Add+Relu");
}

static void the_later_convolution_takes_the_residual(Test *t)
{
    t_engine_check(t,
                   CONV "w2 = Const(random 3) : f32[1,1,5,20]\n"
                        "c2 = Conv2D(x, w2) padding=VALID strides=[1,1,1,1]\n"
                        "d = BiasAdd(c2, b)\ny = Add(c, d)\nreturn y\n",
                   "Conv2D, Conv2D+BiasAdd+Add");
}

static void a_value_with_two_readers_stays(Test *t)
{
    t_engine_check(t, CONV "y = Relu(c)\nz = Sigmoid(c)\nreturn y, z\n", "Conv2D, Relu, Sigmoid");
}

static void an_output_stays(Test *t)
{
    t_engine_check(t, CONV "y = Relu(c)\nreturn y, c\n", "Conv2D, Relu");
}

static void nothing_is_added_behind_a_relu(Test *t)
{
    t_engine_check(t, CONV "d = Relu(c)\ny = BiasAdd(d, b)\nreturn y\n", "Conv2D+Relu, BiasAdd");
}

static void a_pad_goes_into_the_window(Test *t)
{
    t_engine_check(t,
                   IMAGE "w = Const(random 1) : f32[3,3,5,20]\n"
                         "q = Const(0 0 2 1 1 3 0 0) : i32[4,2]\n"
                         "p = Pad(x, q)\n"
                         "y = Conv2D(p, w) padding=VALID strides=[1,2,2,1]\nreturn y\n",
                   "Conv2D");
}

static void a_pad_of_channels_does_not(Test *t)
{
    t_engine_check(t,
                   IMAGE "w = Const(random 1) : f32[3,3,8,20]\n"
                         "q = Const(0 0 1 1 1 1 1 2) : i32[4,2]\n"
                         "p = Pad(x, q)\n"
                         "y = Conv2D(p, w) padding=VALID strides=[1,1,1,1]\nreturn y\n",
                   "Pad, Conv2D");
}

static void depthwise_takes_factor_summand_and_clamp(Test *t)
{
    t_engine_check(t,
                   IMAGE "w = Const(random 1) : f32[3,3,5,2]\n"
                         "b = Const(random 2) : f32[10]\n"
                         "c = DepthwiseConv2dNative(x, w) padding=SAME strides=[1,2,2,1]\n"
                         "m = Mul(c, b)\nd = BiasAdd(m, b)\ny = Relu6(d)\nreturn y\n",
                   "DepthwiseConv2dNative+Mul+BiasAdd+Relu6");
}

static void a_product_takes_bias_residual_and_relu(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[3,40]\n"
                   "r = Placeholder() : f32[3,50]\n"
                   "w = Const(random 1) : f32[50,40]\n"
                   "b = Const(random 2) : f32[50]\n"
                   "m = MatMul(x, w) transpose_b=true\n"
                   "d = BiasAdd(m, b)\ne = AddV2(d, r)\ny = Relu(e)\nreturn y\n",
                   "MatMul+BiasAdd+AddV2+Relu");
}

static void followers_without_a_root_are_one_pass(Test *t)
{
    t_engine_check(t,
                   IMAGE "s = Const(255) : f32[]\nm = Const(127) : f32[]\nq = Const(128) : f32[]\n"
                         "a = Mul(x, s)\nb = Sub(a, m)\nc = RealDiv(b, q)\ny = Relu(c)\nreturn y\n",
                   "Mul+Sub+RealDiv+Relu");
}

static void division_that_rounds_stays_division(Test *t)
{
    t_engine_check(t, IMAGE "q = Const(3) : f32[]\ny = RealDiv(x, q)\nreturn y\n", "RealDiv");
}

static void a_sum_takes_its_relu(Test *t)
{
    t_engine_check(t,
                   IMAGE "z = Placeholder() : f32[2,9,7,5]\n"
                         "a = Add(x, z)\ny = Relu(a)\nreturn y\n",
                   "Add+Relu");
}

const TestCase tests_fuse[] = {
    TEST(bias_and_relu_go_into_the_convolution),
    TEST(batch_norm_becomes_a_factor_and_a_summand),
    TEST(constants_by_channel_are_taken_along),
    TEST(a_residual_is_added_on_the_way_out),
    TEST(the_later_convolution_takes_the_residual),
    TEST(a_value_with_two_readers_stays),
    TEST(an_output_stays),
    TEST(nothing_is_added_behind_a_relu),
    TEST(a_pad_goes_into_the_window),
    TEST(a_pad_of_channels_does_not),
    TEST(depthwise_takes_factor_summand_and_clamp),
    TEST(a_product_takes_bias_residual_and_relu),
    TEST(followers_without_a_root_are_one_pass),
    TEST(division_that_rounds_stays_division),
    TEST(a_sum_takes_its_relu),
    { 0 },
};
