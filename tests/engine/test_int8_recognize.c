/* What becomes of quantized graphs: which steps they are, and what stays float. */
#include "engine/t_engine.h"
#include "iopt/engine.h"
#include "t_graph.h"

#include <stdio.h>

#include "base/text.h"

#define INPUT "x = Placeholder() : f32[1,8,8,8]\n"
#define QUANTIZED "q = FakeQuantWithMinMaxArgs(x) num_bits=8 min=-1.0 max=1.0\n"
#define WEIGHTS                                                         \
    "k = Const(random 1) : i8[3,3,8,8]\nf = Cast(k) SrcT=i8 DstT=f32\n" \
    "s = Const(0.01 0.02) : f32[8]\nw = Mul(f, s)\n"
#define CONV "c = Conv2D(q, w) strides=[1,1,1,1] padding=SAME\n"

static void expect(Test *t, const char *text, const char *steps, size_t layers, const char *why)
{
    const IoptPlanOptions options = { .threads = 1 };
    IoptGraph *graph = t_graph(t, text);
    IoptText got = { 0 };
    IoptPlan *plan;

    T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
    for (size_t i = 0; i < iopt_plan_steps(plan); i++)
        iopt_text_printf(&got, "%s%s", i ? ", " : "", iopt_plan_step(plan, i).op);
    T_SAME_TEXT(t, got.s, steps);
    T_SAME_INT(t, iopt_plan_int8(plan).layers, layers);
    T_SAME_TEXT(t, iopt_plan_int8(plan).why ? iopt_plan_int8(plan).why : "", why);
    iopt_text_free(&got);
    iopt_plan_destroy(plan);
    iopt_graph_destroy(graph);
}

static void a_chain_is_one_step(Test *t)
{
    expect(t,
           INPUT QUANTIZED WEIGHTS CONV "b = Const(random 2) : f32[8]\nd = BiasAdd(c, b)\n"
                                        "r = Relu(d)\n"
                                        "y = FakeQuantWithMinMaxArgs(r) num_bits=8 min=0.0 "
                                        "max=2.0\n"
                                        "return y\n",
           "Quantize, Conv2D+BiasAdd+Relu, Dequantize", 1, "");
    expect(t, INPUT QUANTIZED WEIGHTS CONV "return c\n", "Quantize, Conv2D", 1, "");
}

static void channels_first_are_turned(Test *t)
{
    expect(t,
           INPUT QUANTIZED WEIGHTS "b = Const(random 2) : f32[8]\n"
                                   "c = Conv2D(q, w) strides=[1,1,1,1] padding=SAME "
                                   "data_format=NCHW\n"
                                   "d = BiasAdd(c, b) data_format=NCHW\nr = Relu(d)\n"
                                   "y = FakeQuantWithMinMaxArgs(r) num_bits=8 min=0.0 max=2.0\n"
                                   "return y\n",
           "Quantize, Transpose, Conv2D+BiasAdd+Relu, Transpose, Dequantize", 1, "");
}

static void a_quantizer_behind_a_concatenation_is_one_of_each_part(Test *t)
{
    expect(t,
           INPUT QUANTIZED WEIGHTS CONV "a = Const(3) : i32[]\n"
                                        "p = MaxPool(q) ksize=[1,3,3,1] strides=[1,1,1,1] "
                                        "padding=SAME\n"
                                        "j = ConcatV2(c, p, a) N=2\n"
                                        "y = FakeQuantWithMinMaxArgs(j) num_bits=8 min=-2.0 "
                                        "max=2.0\n"
                                        "return y\n",
           "Quantize, Conv2D, Requantize, MaxPool, Dequantize", 1, "");
}

static void what_cannot_be_integers_stays_float(Test *t)
{
    expect(t,
           INPUT "q = FakeQuantWithMinMaxArgs(x) num_bits=12 min=-1.0 max=1.0\n" WEIGHTS CONV
                 "return c\n",
           "Quantize, Dequantize, Conv2D", 0, "its input has more than 8 bits");
    expect(t, INPUT QUANTIZED "w = Const(random 5) : f32[3,3,8,8]\n" CONV "return c\n",
           "Quantize, Dequantize, Conv2D", 0, "its weights are not quantized");
    expect(t, INPUT QUANTIZED WEIGHTS CONV "z = Const(1 0) : f32[8]\nm = Mul(c, z)\nreturn m\n",
           "Quantize, Dequantize, Conv2D+Mul", 0, "a factor of its outputs is zero or not finite");
}

/* A step that is infinite or no number; a range that is wider than floats. */
static void ranges_without_steps_stay_float(Test *t)
{
    static const char *const quantizers[] = {
        "q = FakeQuantWithMinMaxArgs(x) num_bits=8 min=-3e38 max=3e38\n",
        "l = Const(-inf) : f32[]\nh = Const(1) : f32[]\nq = FakeQuantWithMinMaxVars(x, l, h)\n",
        "l = Const(0) : f32[]\nh = Const(1e-45) : f32[]\nq = FakeQuantWithMinMaxVars(x, l, h)\n",
        "l = Const(-3e38) : f32[]\nh = Const(3e38) : f32[]\n"
        "q = QuantizeAndDequantizeV2(x, l, h) range_given=true\n",
    };

    for (size_t i = 0; i < IOPT_COUNT(quantizers); i++) {
        const IoptPlanOptions options = { .threads = 1 };
        char text[1024];
        IoptPlan *plan;
        (void)snprintf(text, sizeof text, INPUT "%s" WEIGHTS CONV "return c\n", quantizers[i]);
        IoptGraph *graph = t_graph(t, text);
        T_OK(t, iopt_plan_create(graph, &options, &plan, &t->err));
        T_SAME_INT(t, iopt_plan_int8(plan).layers, 0);
        iopt_plan_destroy(plan);
        iopt_graph_destroy(graph);
    }
}

/* 70,000 products of 255 * 127 leave 31 bits. */
static void sums_that_could_overflow_stay_float(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[1,70000]\n" QUANTIZED "k = Const(127) : i8[70000,1]\n"
           "f = Cast(k) SrcT=i8 DstT=f32\ns = Const(0.01) : f32[]\nw = Mul(f, s)\n"
           "c = MatMul(q, w)\nreturn c\n",
           "Quantize, Dequantize, MatMul", 0, "its sums could leave 32 bits");
}

static void other_readers_get_floats(Test *t)
{
    expect(t, INPUT QUANTIZED WEIGHTS CONV "h = Tanh(q)\nreturn c, h\n",
           "Quantize, Dequantize, Tanh, Conv2D", 1, "");
}

static void internal_ops_stand_in_no_file(Test *t)
{
    const IoptPlanOptions options = { .threads = 1 };
    IoptGraph *graph = t_graph(t, INPUT "y = _Int8Quantize(x)\nreturn y\n");
    IoptPlan *plan;

    T_FAILS(t, iopt_plan_create(graph, &options, &plan, &t->err), IOPT_UNSUPPORTED,
            "_Int8Quantize");
    iopt_graph_destroy(graph);
}

/* Filters in 8 bits whose layer stays float are unpacked when the plan is made. */
static void weights_alone_are_unpacked(Test *t)
{
    t_engine_check(t, INPUT WEIGHTS "q = Identity(x)\n" CONV "return c\n", "Conv2D");
}

const TestCase tests_int8_recognize[] = {
    TEST(a_chain_is_one_step),
    TEST(channels_first_are_turned),
    TEST(a_quantizer_behind_a_concatenation_is_one_of_each_part),
    TEST(what_cannot_be_integers_stays_float),
    TEST(ranges_without_steps_stay_float),
    TEST(sums_that_could_overflow_stay_float),
    TEST(other_readers_get_floats),
    TEST(internal_ops_stand_in_no_file),
    TEST(weights_alone_are_unpacked),
    { 0 },
};
