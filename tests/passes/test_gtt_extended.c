/* quantize_nodes(extended=true): newer ops become codes, constant tensors do no harm, and what
 * codes would change stays float. */
#include <math.h>
#include <stdio.h>

#include "t_graph.h"
#include "t_node_list.h"

static const char strip[] = " strip_unused_nodes";

/* Transforms a graph with input "x" and output "y"; *said gets what was said. */
static IoptGraph *quantize(Test *t, const char *text, const char *params, TSaid *said)
{
    const TTransform how = { .input = "x", .output = "y", .said = said };
    IoptGraph *const before = t_graph(t, text), *after;
    IoptNodeList *list;
    char transforms[256];

    (void)snprintf(transforms, sizeof transforms, "quantize_nodes(%s)%s", params, strip);
    T_OK(t, iopt_list_from_graph(before, &list, &t->err));
    T_OK(t, t_list_run(t, &list, transforms, &how));
    T_OK(t, iopt_list_link(list, &after, &t->err));
    iopt_list_destroy(list);
    iopt_graph_destroy(before);
    return after;
}

static void expect_op(Test *t, const IoptGraph *graph, const char *op, size_t want)
{
    size_t found = 0;

    for (size_t i = 0; i < graph->n_nodes; i++)
        found += iopt_is_op(graph->nodes[i], op);
    if (found != want)
        T_FAIL(t, "%zu %s, want %zu", found, op, want);
}

/* The graph computes the same as before, within `tolerance` of the largest. */
static void expect_near(Test *t, const char *text, IoptGraph *after, double tolerance)
{
    IoptGraph *const before = t_graph(t, text);
    IoptTensor *const want = t_eval_node(t, before, "y"), *const got = t_eval_node(t, after, "y");
    double largest = 1e-3, worst = 0;

    T_SAME_INT(t, iopt_elems(got), iopt_elems(want));
    for (size_t i = 0; i < iopt_elems(want); i++) {
        const double a = iopt_tensor_get_f64(want, i), b = iopt_tensor_get_f64(got, i);
        T_CHECK(t, isfinite(b));
        largest = fmax(largest, fabs(a));
        worst = fmax(worst, fabs(a - b));
    }
    if (worst > tolerance * largest)
        T_FAIL(t, "differs by %g, the largest is %g", worst, largest);
    iopt_tensor_destroy(want);
    iopt_tensor_destroy(got);
    iopt_graph_destroy(before);
}

static void newer_ops_become_codes(Test *t)
{
    static const char text[] = "x = Placeholder() : f32[1,6,6,2]\n"
                               "w = Const(random 1) : f32[3,3,2,2]\n"
                               "d = DepthwiseConv2dNative(x, w) strides=[1,1,1,1] padding=SAME\n"
                               "s = AddV2(d, d)\n"
                               "a = Const(-1) : i32[]\n"
                               "y = ConcatV2(d, s, a) N=2 Tidx=i32\n"
                               "return y\n";
    TSaid said = { "" };
    IoptGraph *const plain = quantize(t, text, "", &said);
    IoptGraph *const after = quantize(t, text, "extended=true", &said);

    expect_op(t, plain, "AddV2", 1);
    expect_op(t, plain, "QuantizedConcat", 0);
    expect_op(t, after, "QuantizedDepthwiseConv2D", 1);
    expect_op(t, after, "QuantizedAdd", 1);
    expect_op(t, after, "QuantizedConcat", 1);
    expect_op(t, after, "Dequantize", 1);
    expect_near(t, text, after, 0.03);
    T_SAME_TEXT(t, said.text, "");
    iopt_graph_destroy(plain);
    iopt_graph_destroy(after);
}

static void what_codes_would_change_stays_float(Test *t)
{
    static const char text[] =
        "x = Placeholder() : f32[1,6,6,2]\n"
        "w = Const(random 1) : f32[3,3,2,2]\n"
        "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME dilations=[1,2,2,1]\n"
        "r = Const(random 2) : f32[1,6,1,1]\n"
        "m = Mul(c, r)\n"
        "z = Const(12 12) : i32[2]\n"
        "y = ResizeBilinear(m, z) half_pixel_centers=true\n"
        "return y\n";
    TSaid said = { "" };
    IoptGraph *const after = quantize(t, text, "extended=true", &said);

    t_expect_ops(t, after, "Const Conv2D Const Placeholder Const Mul ResizeBilinear");
    expect_near(t, text, after, 0);
    T_SAME_TEXT(t, said.text,
                "Conv2D 'c' stays float: dilations\n"
                "Mul 'm' stays float: its shapes are not known to fit\n"
                "ResizeBilinear 'y' stays float: half pixel centers\n");
    iopt_graph_destroy(after);
}

/* A tensor that is -1 everywhere: its range is empty, and the product after it fails. */
static void constant_tensors_have_a_range(Test *t)
{
    static const char text[] = "x = Placeholder() : f32[2,3]\n"
                               "n = Const(0) : f32[3]\n"
                               "o = Const(-1) : f32[3]\n"
                               "w = Const(random 1) : f32[3,4]\n"
                               "z = Mul(x, n)\n"
                               "b = BiasAdd(z, o)\n"
                               "r = Relu(b)\n"
                               "p = MatMul(r, w) transpose_a=false transpose_b=false\n"
                               "q = MatMul(b, w) transpose_a=false transpose_b=false\n"
                               "y = AddV2(p, q)\n"
                               "return y\n";
    TSaid said = { "" };
    IoptGraph *const after = quantize(t, text, "extended=true", &said);

    expect_op(t, after, "QuantizedMatMul", 2);
    expect_op(t, after, "QuantizedAdd", 1);
    expect_near(t, text, after, 0.05);
    iopt_graph_destroy(after);
}

static void known_ranges_get_a_zero(Test *t)
{
    static const char text[] = "x = Placeholder() : f32[1,4,4,2]\n"
                               "r = Relu(x)\n"
                               "l = Const(0.25) : f32[]\n"
                               "h = Const(1.25) : f32[]\n"
                               "f = FakeQuantWithMinMaxVars(r, l, h) num_bits=8\n"
                               "y = Relu(f)\n"
                               "return y\n";
    TSaid said = { "" };
    IoptGraph *const after = quantize(t, text, "extended=true", &said);

    expect_op(t, after, "FakeQuantWithMinMaxVars", 0);
    expect_near(t, text, after, 0.01);
    iopt_graph_destroy(after);
}

static void ranges_move_over_what_keeps_the_order(Test *t)
{
    static const char text[] = "x = Placeholder() : f32[1,4,4,2]\n"
                               "b = Const(random 1) : f32[2]\n"
                               "a = BiasAdd(x, b)\n"
                               "n = Neg(a)\n"
                               "l = Const(-0.5) : f32[]\n"
                               "h = Const(2) : f32[]\n"
                               "y = FakeQuantWithMinMaxVars(n, l, h) num_bits=8\n"
                               "return y\n";
    TSaid said = { "" };
    IoptGraph *const after = quantize(t, text, "extended=true", &said);

    expect_near(t, text, after, 0.03);
    iopt_graph_destroy(after);
}

static void own_results_are_taken_again(Test *t)
{
    static const char text[] = "x = Placeholder() : f32[1,4,4,2]\n"
                               "b = Const(random 1) : f32[2]\n"
                               "y = BiasAdd(x, b)\n"
                               "return y\n";
    TSaid said = { "" };
    IoptGraph *const once = quantize(t, text, "extended=true", &said);
    const TTransform how = { .input = "x", .output = "y" };
    IoptNodeList *list;
    IoptGraph *twice;

    T_OK(t, iopt_list_from_graph(once, &list, &t->err));
    T_OK(t, t_list_run(t, &list, "quantize_nodes(extended=true) strip_unused_nodes", &how));
    T_OK(t, iopt_list_link(list, &twice, &t->err));
    expect_near(t, text, twice, 0.03);
    iopt_list_destroy(list);
    iopt_graph_destroy(once);
    iopt_graph_destroy(twice);
}

const TestCase tests_gtt_extended[] = {
    TEST(newer_ops_become_codes),
    TEST(what_codes_would_change_stays_float),
    TEST(constant_tensors_have_a_range),
    TEST(known_ranges_get_a_zero),
    TEST(ranges_move_over_what_keeps_the_order),
    TEST(own_results_are_taken_again),
    { 0 },
};
