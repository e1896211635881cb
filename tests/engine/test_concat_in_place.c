/* Concatenations: written in place where that can be, right in any case. */
#include "engine/t_engine.h"

#define IMAGE                               \
    "x = Placeholder() : f32[2,6,5,8]\n"    \
    "axis = Const(3) : i32[]\n"             \
    "w = Const(random 1) : f32[3,3,8,12]\n" \
    "v = Const(random 2) : f32[1,1,8,20]\n"

static void producers_write_their_slice(Test *t)
{
    t_engine_check(t,
                   IMAGE "a = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\n"
                         "b = Conv2D(x, v) padding=SAME strides=[1,1,1,1]\n"
                         "c = MaxPool(x) ksize=[1,3,3,1] strides=[1,1,1,1] padding=SAME\n"
                         "y = ConcatV2(a, b, c, axis) N=3\nreturn y\n",
                   "Conv2D, Conv2D, MaxPool");
}

static void a_slice_with_other_readers(Test *t)
{
    t_engine_check(t,
                   IMAGE "u = Const(random 3) : f32[1,1,12,4]\n"
                         "a = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\nr = Relu(a)\n"
                         "b = Conv2D(r, u) padding=SAME strides=[1,1,1,1]\n"
                         "s = Sigmoid(r)\n"
                         "y = ConcatV2(r, b, axis) N=2\nreturn y, s, r\n",
                   "Conv2D+Relu, Conv2D, Sigmoid");
}

static void one_in_another(Test *t)
{
    t_engine_check(t,
                   IMAGE "a = Conv2D(x, w) padding=SAME strides=[1,1,1,1]\n"
                         "b = Conv2D(x, v) padding=SAME strides=[1,1,1,1]\n"
                         "c = ConcatV2(a, b, axis) N=2\n"
                         "d = Relu(c)\n"
                         "e = ConcatV2(d, c, x, axis) N=3\n"
                         "y = ConcatV2(e, x, axis) N=2\nreturn y, c\n",
                   "Conv2D, Conv2D, Relu, copy, copy");
}

static void the_same_value_twice(Test *t)
{
    t_engine_check(t, IMAGE "r = Relu(x)\ny = ConcatV2(r, r, x, axis) N=3\nreturn y\n",
                   "Relu, copy, copy");
}

static void in_two_concatenations(Test *t)
{
    t_engine_check(t,
                   IMAGE "r = Relu(x)\ns = Sigmoid(x)\ny = ConcatV2(r, s, axis) N=2\n"
                         "z = ConcatV2(s, r, axis) N=2\nreturn y, z\n",
                   "Relu, Sigmoid, copy, copy");
}

static void along_other_axes(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,3,4]\nz = Placeholder() : f32[2,1,4]\n"
                   "one = Const(1) : i32[]\nr = Relu(x)\ny = ConcatV2(r, z, x, one) N=3\n"
                   "zero = Const(0) : i32[]\nv = ConcatV2(x, r, zero) N=2\n"
                   "q = Concat(one, z, x) N=2\nreturn y, v, q\n",
                   NULL);
}

static void a_reshape_of_a_slice(Test *t)
{
    t_engine_check(t,
                   IMAGE "shape = Const(2 -1) : i32[2]\nrows = Const(-1 8) : i32[2]\n"
                         "r = Relu(x)\ns = Sigmoid(x)\n"
                         "c = ConcatV2(r, s, axis) N=2\n"
                         "f = Reshape(r, shape)\ng = Reshape(s, rows)\nh = Tanh(g)\n"
                         "return c, f, g, h\n",
                   NULL);
}

static void flattened_parts(Test *t)
{
    t_engine_check(t,
                   IMAGE "shape = Const(2 -1) : i32[2]\none = Const(1) : i32[]\n"
                         "r = Relu(x)\na = Reshape(r, shape)\nb = Reshape(x, shape)\n"
                         "y = ConcatV2(a, b, one) N=2\nreturn y\n",
                   NULL);
}

static void empty_parts(Test *t)
{
    t_engine_check(t,
                   "x = Placeholder() : f32[2,3]\nz = Placeholder() : f32[2,0]\n"
                   "axis = Const(1) : i32[]\nr = Relu(x)\ns = Relu(z)\n"
                   "y = ConcatV2(s, r, z, axis) N=3\nreturn y\n",
                   NULL);
}

const TestCase tests_concat_in_place[] = {
    TEST(producers_write_their_slice),
    TEST(a_slice_with_other_readers),
    TEST(one_in_another),
    TEST(the_same_value_twice),
    TEST(in_two_concatenations),
    TEST(along_other_axes),
    TEST(a_reshape_of_a_slice),
    TEST(flattened_parts),
    TEST(empty_parts),
    { 0 },
};
