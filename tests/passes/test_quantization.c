/* Planning, settling and applying: where FakeQuant goes, with which range, and what becomes of
 * weights and biases. */
#include <stdio.h>

#include "passes/pipeline.h"
#include "t_quant.h"

static void expect_fake(Test *t, const IoptNode *fake, const char *of, int bits, float min,
                        float max)
{
    T_SAME_TEXT(t, fake->op, "FakeQuantWithMinMaxVars");
    T_SAME_TEXT(t, fake->in[0].node->name, of);
    T_SAME_INT(t, iopt_attr_int(fake, "num_bits", 0), bits);
    T_NEAR(t, iopt_f32(iopt_const_input(fake, 1))[0], min, 0.07);
    T_NEAR(t, iopt_f32(iopt_const_input(fake, 2))[0], max, 0.07);
}

static void a_chain_has_one_point_at_its_end(Test *t)
{
    IoptGraph *q = t_quantize(t, T_QUANT_NET "return s\n", iopt_int8_options());

    T_SAME_INT(t, t_count_ops(q, "FakeQuantWithMinMaxVars"), 2);
    expect_fake(t, t_source(t, q, "c", 0), "x", 8, -4, 4);
    expect_fake(t, t_source(t, q, "e", 0), "r", 8, 0, 4);
    T_SAME_TEXT(t, t_source(t, q, "s", 0)->name, "e");
    iopt_graph_destroy(q);
}

static void weights_become_int8_under_their_name(Test *t)
{
    IoptGraph *q = t_quantize(t, T_QUANT_NET "return s\n", iopt_int8_options());
    const IoptNode *const mul = t_source(t, q, "c", 1);

    T_SAME_TEXT(t, mul->name, "w");
    T_SAME_TEXT(t, mul->op, "Mul");
    T_SAME_TEXT(t, mul->in[0].node->op, "Cast");
    T_SAME_INT(t, iopt_attr_type(mul->in[0].node, "SrcT", IOPT_DTYPE_NONE), IOPT_I8);
    const IoptTensor *const codes = iopt_const_input(mul->in[0].node, 0);
    const IoptTensor *const scale = iopt_const_input(mul, 1);
    T_CHECK(t, codes && scale && codes->dtype == IOPT_I8);
    T_SAME_INT(t, iopt_elems(codes), 3 * 3 * 2 * 4);
    T_SAME_INT(t, scale->shape.rank, 1);
    T_SAME_INT(t, scale->shape.dim[0], 4);
    iopt_graph_destroy(q);
}

static void quantizing_twice_changes_nothing(Test *t)
{
    const IoptInt8Options options = iopt_int8_options();
    IoptGraph *q = t_quantize(t, T_QUANT_NET "return s\n", options), *again;
    IoptQuantization *plan;
    IoptPassLog log = { 0 };

    const size_t nodes = q->n_nodes;
    T_OK(t, iopt_recipe_run(&q, iopt_recipe_find("weights8"), &(IoptPipelineOptions){ 0 }, &log,
                            &t->err));
    for (size_t i = 0; i < log.count; i++)
        if (log.entries[i].outcome != IOPT_PASS_NOTHING)
            T_FAIL(t, "%s changed something", log.entries[i].pass);
    T_SAME_INT(t, q->n_nodes, nodes);
    T_OK(t, iopt_quantization_plan(q, &options, &plan, &t->err));
    T_CHECK(t, plan->left_alone && strstr(plan->left_alone, "quantized already"));
    T_OK(t, iopt_quantization_settle(plan, q, &options, &t->err));
    T_OK(t, iopt_quantization_apply(q, plan, &options, &again, &t->err));
    T_SAME_INT(t, again->n_nodes, nodes);
    iopt_pass_log_free(&log);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(again);
    iopt_graph_destroy(q);
}

/* --- sums, concatenations, wide streams ----------------------------------------------------- */

#define SUM                                                         \
    T_QUANT_NET "u = Const(random 3) : f32[1,1,4,4]\n"              \
                "f = Conv2D(r, u) strides=[1,1,1,1] padding=SAME\n" \
                "a = Add(r, f)\n"                                   \
                "g = Conv2D(a, u) strides=[1,1,1,1] padding=SAME\n"

static void a_sum_quantizes_its_residual_only(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    options.wide = IOPT_WIDE_NEVER;
    IoptGraph *q = t_quantize(t, SUM "return g\n", options);

    expect_fake(t, t_source(t, q, "a", 0), "r", 8, 0, 4);
    T_SAME_TEXT(t, t_source(t, q, "a", 1)->name, "f"); /* in the accumulators of f */
    expect_fake(t, t_source(t, q, "g", 0), "a", 8, -4, 4);
    iopt_graph_destroy(q);
}

static void a_wide_sum_is_narrowed_for_layers(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    options.wide = IOPT_WIDE_ALWAYS;
    IoptGraph *q = t_quantize(t,
                              SUM "h = Add(a, g)\n"
                                  "k = Conv2D(h, v) strides=[1,1,1,1] padding=SAME\n"
                                  "return k\n",
                              options);
    const IoptNode *const narrow = t_source(t, q, "g", 0);

    T_SAME_INT(t, iopt_attr_int(narrow, "num_bits", 0), 8);
    expect_fake(t, narrow->in[0].node, "a", 16, -4, 4);
    T_CHECK(t, t_source(t, q, "h", 0) == narrow->in[0].node); /* the next sum reads all 16 bits */
    iopt_graph_destroy(q);
}

/* Five sums on one stream: five roundings and that of the residual. */
static void a_long_stream_is_wide_a_short_one_is_not(Test *t)
{
    static const char first[] = SUM, sums[][96] = {
        "f1 = Conv2D(a, u) strides=[1,1,1,1] padding=SAME\na1 = Add(a, f1)\n",
        "f2 = Conv2D(a1, u) strides=[1,1,1,1] padding=SAME\na2 = Add(a1, f2)\n",
        "f3 = Conv2D(a2, u) strides=[1,1,1,1] padding=SAME\na3 = Add(a2, f3)\n",
        "f4 = Conv2D(a3, u) strides=[1,1,1,1] padding=SAME\na4 = Add(a3, f4)\n",
    };
    char text[4096];

    for (size_t n = 1; n <= 4; n += 3) {
        size_t used = (size_t)snprintf(text, sizeof text, "%s", first);
        for (size_t i = 0; i < n; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s", sums[i]);
        (void)snprintf(text + used, sizeof text - used,
                       "h = Conv2D(a%zu, u) strides=[1,1,1,1] padding=SAME\nreturn h\n", n);
        IoptGraph *q = t_quantize(t, text, iopt_int8_options());
        T_SAME_INT(t, iopt_attr_int(t_source(t, q, "a1", 0), "num_bits", 0), n == 4 ? 16 : 8);
        iopt_graph_destroy(q);
    }
}

static void a_stream_before_a_map_is_wide(Test *t)
{
    IoptGraph *q = t_quantize(t,
                              SUM "h = Mul(a, b)\n"
                                  "i = BiasAdd(h, b)\n"
                                  "j = Relu(i)\n"
                                  "k = Conv2D(j, u) strides=[1,1,1,1] padding=SAME\n"
                                  "l = Add(a, k)\n"
                                  "m = Mul(l, b)\n"
                                  "o = Conv2D(m, u) strides=[1,1,1,1] padding=SAME\n"
                                  "return o\n",
                              iopt_int8_options());

    T_SAME_INT(t, iopt_attr_int(t_source(t, q, "m", 0), "num_bits", 0), 16);
    T_SAME_INT(t, iopt_attr_int(t_source(t, q, "k", 0), "num_bits", 0), 8);
    T_SAME_INT(t, iopt_attr_int(t_source(t, q, "o", 0), "num_bits", 0), 8);
    iopt_graph_destroy(q);
}

#define CONCAT                                                                    \
    T_QUANT_NET "u = Const(random 3) : f32[1,1,4,4]\n"                            \
                "f = Conv2D(r, u) strides=[1,1,1,1] padding=SAME\n"               \
                "i = Relu(f)\n"                                                   \
                "j = MaxPool(r) ksize=[1,3,3,1] strides=[1,1,1,1] padding=SAME\n" \
                "axis = Const(3) : i32[]\n"                                       \
                "k = ConcatV2(i, j, axis) N=2\n"                                  \
                "z = Const(random 4) : f32[1,1,8,3]\n"                            \
                "l = Conv2D(k, z) strides=[1,1,1,1] padding=SAME\n"               \
                "return l\n"

/* i goes from 0 to `of_i`, r from 0 to 4. */
static IoptGraph *quantize_concat(Test *t, float of_i, bool unify)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, CONCAT);
    IoptQuantization *plan = t_quant_plan(t, g, &options);

    options.unify_ranges = unify;
    plan->points[iopt_quantization_find(plan, "i")].max = of_i;
    plan->points[iopt_quantization_find(plan, "k")].min = 0;
    T_OK(t, iopt_quantization_settle(plan, g, &options, &t->err));
    IoptGraph *q = t_quant_apply(t, g, plan, &options);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
    return q;
}

static void a_concat_shares_the_union(Test *t)
{
    IoptGraph *q = quantize_concat(t, 3, true);

    T_SAME_TEXT(t, t_source(t, q, "l", 0)->name, "k");
    expect_fake(t, t_source(t, q, "k", 0), "i", 8, 0, 4);
    T_SAME_TEXT(t, t_source(t, q, "k", 1)->name, "j");
    expect_fake(t, t_source(t, q, "j", 0), "r", 8, 0, 4);
    iopt_graph_destroy(q);
}

static void a_value_others_read_keeps_a_far_narrower_range(Test *t)
{
    IoptGraph *q = quantize_concat(t, 20, true);

    expect_fake(t, t_source(t, q, "k", 0), "i", 8, 0, 20);
    expect_fake(t, t_source(t, q, "f", 0), "r", 8, 0, 4);
    expect_fake(t, t_source(t, q, "l", 0), "k", 8, 0, 20);
    iopt_graph_destroy(q);
}

static void without_unification_all_keep_their_ranges(Test *t)
{
    IoptGraph *q = quantize_concat(t, 3, false);

    expect_fake(t, t_source(t, q, "k", 0), "i", 8, 0, 3);
    expect_fake(t, t_source(t, q, "l", 0), "k", 8, 0, 4);
    iopt_graph_destroy(q);
}

static void relu_of_quantized_values_keeps_q(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    options.wide = IOPT_WIDE_NEVER;
    IoptGraph *q =
        t_quantize(t,
                   T_QUANT_NET "p = MaxPool(e) ksize=[1,2,2,1] strides=[1,1,1,1] padding=SAME\n"
                               "n = Relu(e)\n"
                               "o = Const(random 5) : f32[1,1,3,3]\n"
                               "g = Conv2D(p, o) strides=[1,1,1,1] padding=SAME\n"
                               "h = Conv2D(n, o) strides=[1,1,1,1] padding=SAME\n"
                               "return g, h\n",
                   options);

    expect_fake(t, t_source(t, q, "n", 0), "e", 8, -4, 4);
    T_SAME_TEXT(t, t_source(t, q, "h", 0)->name, "n");
    iopt_graph_destroy(q);
}

/* --- what stays float ----------------------------------------------------------------------- */

static void edges_and_names_stay_float_on_wish(Test *t)
{
    static const char *const keep[] = { "c" };
    IoptInt8Options options = iopt_int8_options();
    IoptQuantization *plan;
    IoptGraph *g = t_graph(t, T_QUANT_NET "return s\n");

    options.float_last = true;
    options.keep_float = keep;
    options.n_keep_float = 1;
    T_OK(t, iopt_quantization_plan(g, &options, &plan, &t->err));
    T_SAME_INT(t, plan->n_layers, 2);
    T_SAME_TEXT(t, plan->layers[0].why, "asked for");
    T_SAME_TEXT(t, plan->layers[1].why, "a last layer, asked for");
    T_SAME_TEXT(t, plan->left_alone, "no layer of it can be in 8 bits");
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
}

static void what_cannot_be_int8_says_why(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptQuantization *plan;
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[2,4]\n"
                              "y = Placeholder() : f32[4,4]\n"
                              "w = Const(1 nan 2) : f32[4,3]\n"
                              "a = MatMul(x, y)\n"
                              "b = MatMul(x, w)\n"
                              "v = Const(random 1) : f32[4,3]\n"
                              "c = MatMul(a, v)\n"
                              "return b, c\n");

    T_OK(t, iopt_quantization_plan(g, &options, &plan, &t->err));
    T_SAME_INT(t, plan->n_layers, 3);
    T_SAME_TEXT(t, plan->layers[0].why, "its filter is no float constant");
    T_SAME_TEXT(t, plan->layers[1].why, "its weights are not all finite");
    T_OK(t, iopt_quantization_settle(plan, g, &options, &t->err));
    T_SAME_TEXT(t, plan->layers[2].why, "its input was not calibrated");
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(g);
}

static void sums_beyond_int32_stay_float(Test *t)
{
    IoptInt8Options options = iopt_int8_options();
    IoptGraph *g = t_graph(t, "x = Placeholder() : f32[1,70000]\n"
                              "w = Const(1) : f32[70000,2]\n"
                              "y = MatMul(x, w)\n"
                              "return y\n");
    IoptQuantization *plan = t_quant_plan(t, g, &options);
    IoptGraph *q = t_quant_apply(t, g, plan, &options);

    T_SAME_TEXT(t, plan->layers[0].why, "its sums might leave int32");
    T_SAME_INT(t, t_count_ops(q, "FakeQuantWithMinMaxVars"), 0);
    iopt_quantization_destroy(plan);
    iopt_graph_destroy(q);
    iopt_graph_destroy(g);
}

static void a_dead_channel_with_a_bias_stays_int8(Test *t)
{
    IoptGraph *q = t_quantize(t,
                              "x = Placeholder() : f32[1,2]\n"
                              "w = Const(1 1e-20 0.5 1e-20) : f32[2,2]\n"
                              "b = Const(0 3) : f32[2]\n"
                              "y = MatMul(x, w)\n"
                              "z = BiasAdd(y, b)\n"
                              "return z\n",
                              iopt_int8_options());
    const IoptTensor *const scale = iopt_const_input(t_source(t, q, "y", 1), 1);

    T_CHECK(t, scale && iopt_f32(scale)[1] >= 3 / (8.0f / 255 * 0x1p29f) * 0.99f);
    iopt_graph_destroy(q);
}

const TestCase tests_quantization[] = {
    TEST(a_chain_has_one_point_at_its_end),
    TEST(weights_become_int8_under_their_name),
    TEST(quantizing_twice_changes_nothing),
    TEST(a_sum_quantizes_its_residual_only),
    TEST(a_wide_sum_is_narrowed_for_layers),
    TEST(a_long_stream_is_wide_a_short_one_is_not),
    TEST(a_stream_before_a_map_is_wide),
    TEST(a_concat_shares_the_union),
    TEST(a_value_others_read_keeps_a_far_narrower_range),
    TEST(without_unification_all_keep_their_ranges),
    TEST(relu_of_quantized_values_keeps_q),
    TEST(edges_and_names_stay_float_on_wish),
    TEST(what_cannot_be_int8_says_why),
    TEST(sums_beyond_int32_stay_float),
    TEST(a_dead_channel_with_a_bias_stays_int8),
    { 0 },
};
