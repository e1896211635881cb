/* What the transforms that fold do beyond TensorFlow's tool, and that folding keeps the values. */
#include <math.h>
#include <string.h>

#include "passes/gtt/gtt_driver.h"
#include "t_graph.h"

#define BN                                 \
    "x = Placeholder() : f32[1,5,5,2]\n"   \
    "w = Const(random 1) : f32[3,3,2,4]\n" \
    "g = Const(random 2) : f32[4]\n"       \
    "o = Const(random 3) : f32[4]\n"       \
    "m = Const(random 4) : f32[4]\n"       \
    "v = Const(0.5 2 1 3) : f32[4]\n"      \
    "c = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"

typedef struct Said {
    char text[2048];
} Said;

static void say(void *user, const char *line)
{
    Said *const said = user;
    strncat(said->text, line, sizeof said->text - strlen(said->text) - 1);
}

/* Runs transforms over a graph with input "x" and output "y"; destroys the graph. */
static IoptStatus transform_graph(Test *t, IoptGraph *graph, const char *transforms, bool strict,
                                  Said *said, IoptNodeList **out)
{
    static const char *const inputs[] = { "x" }, *const outputs[] = { "y" };
    const IoptGttLog log = { say, said };
    const IoptTransformContext context = { .inputs = inputs,
                                           .n_inputs = 1,
                                           .outputs = outputs,
                                           .n_outputs = 1,
                                           .strict_compat = strict,
                                           .log = &log };
    IoptGttCalls calls = { 0 };
    IoptNodeList *list;

    T_OK(t, iopt_list_from_graph(graph, &list, &t->err));
    T_OK(t, iopt_gtt_parse(transforms, &calls, &t->err));
    const IoptStatus status = iopt_gtt_run(list, &calls, &context, out, &t->err);
    iopt_gtt_calls_free(&calls);
    iopt_list_destroy(list);
    iopt_graph_destroy(graph);
    return status;
}

static IoptStatus transform(Test *t, const char *text, const char *transforms, bool strict,
                            Said *said, IoptNodeList **out)
{
    return transform_graph(t, t_graph(t, text), transforms, strict, said, out);
}

/* The ops that are left, and the same values of "y" as before. */
static void expect(Test *t, const char *text, const char *transforms, const char *ops)
{
    Said said = { "" };
    IoptNodeList *list;
    IoptGraph *before = t_graph(t, text), *after;

    T_OK(t, transform(t, text, transforms, false, &said, &list));
    T_OK(t, iopt_list_link(list, &after, &t->err));
    t_expect_ops(t, after, ops);
    IoptTensor *const a = t_eval_node(t, before, "y"), *const b = t_eval_node(t, after, "y");
    T_SAME_INT(t, iopt_elems(a), iopt_elems(b));
    for (size_t i = 0; i < iopt_elems(a); i++)
        T_NEAR(t, iopt_tensor_get_f64(b, i), iopt_tensor_get_f64(a, i), 1e-4);
    iopt_tensor_destroy(a);
    iopt_tensor_destroy(b);
    iopt_graph_destroy(before);
    iopt_graph_destroy(after);
    iopt_list_destroy(list);
}

static void newer_batch_norms_fold_on_request(Test *t)
{
    static const char text[] =
        BN "n = FusedBatchNormV3(c, g, o, m, v) epsilon=0.001 is_training=false U=f32\n"
           "y = Relu(n)\n"
           "return y\n";

    expect(t, text, "fold_old_batch_norms",
           "Placeholder Const Const Const Const Const Conv2D FusedBatchNormV3 Relu");
    expect(t, text, "fold_old_batch_norms(all_versions=true)",
           "Const Placeholder Conv2D Const BiasAdd Relu");
}

static void statistics_keep_a_batch_norm(Test *t)
{
    expect(t,
           BN "n = FusedBatchNormV3(c, g, o, m, v) epsilon=0.001 is_training=false U=f32\n"
              "y = Add(n, n:1)\n"
              "return y\n",
           "fold_old_batch_norms(all_versions=true)",
           "FusedBatchNormV3 Conv2D Const Const Const Const Placeholder Const Add");
}

static void outputs_are_protected_on_request(Test *t)
{
    static const char text[] = "x = Placeholder() : f32[1,5,5,2]\n"
                               "w = Const(random 1) : f32[3,3,2,4]\n"
                               "s = Const(1 2 3 4) : f32[4]\n"
                               "y = Conv2D(x, w) strides=[1,1,1,1] padding=SAME\n"
                               "p = Mul(y, s)\n"
                               "return p\n";
    Said said = { "" };
    IoptNodeList *list;

    T_OK(t, transform(t, text, "fold_batch_norms", false, &said, &list));
    T_SAME_INT(t, list->n_nodes, 3);
    iopt_list_destroy(list);
    T_OK(t, transform(t, text, "fold_batch_norms(protect_outputs=true)", false, &said, &list));
    T_SAME_INT(t, list->n_nodes, 5);
    T_CHECK(t, strstr(said.text, "'p' is not folded: a part of it is an output") != NULL);
    iopt_list_destroy(list);
}

static void shared_parameters_do_not_hang(Test *t)
{
    static const char text[] = BN "d = Conv2D(x, w) strides=[1,1,1,1] padding=VALID\n"
                                  "n = FusedBatchNorm(c, g, o, m, v) epsilon=0.001\n"
                                  "k = Mul(m, m)\n"
                                  "y = Add(n, k)\n"
                                  "return y\n";
    Said said = { "" };
    IoptNodeList *list;

    T_OK(t, transform(t, text, "fold_old_batch_norms", false, &said, &list));
    iopt_list_destroy(list);
    T_FAILS(t, transform(t, text, "fold_old_batch_norms", true, &said, &list),
            IOPT_INVALID_ARGUMENT, "for ever");
}

static void constants_fold(Test *t)
{
    expect(t,
           "x = Placeholder() : f32[2,3]\n"
           "a = Const(1 2 3) : f32[3]\n"
           "b = Neg(a)\n"
           "s = Shape(x)\n"
           "e = Const(2) : f32[]\n"
           "h = Fill(s, e) T=f32\n"
           "p = Mul(x, b)\n"
           "y = Add(p, h)\n"
           "return y\n",
           "fold_constants", "Mul Add Const Const Placeholder");
}

/* A graph with a node that is to stand beside one which is gone. */
static IoptGraph *colocated(Test *t)
{
    static const IoptBytes gone = { "loc:@gone", 9 };
    const IoptAttr classes = {
        .name = "_class", .kind = IOPT_ATTR_STRINGS, .count = 1, .u.strings = &gone
    };
    IoptGraph *const graph = t_graph(t, "x = Placeholder() : f32[3]\n"
                                        "a = Const(1 2 3) : f32[3]\n"
                                        "b = Neg(a)\n"
                                        "y = Mul(x, b)\n"
                                        "return y\n");

    T_OK(t, iopt_node_set_attr(iopt_graph_find(graph, "b"), &classes, &t->err));
    return graph;
}

static void stale_colocations_drop_on_request(Test *t)
{
    Said said = { "" };
    IoptNodeList *list;

    T_FAILS(t, transform_graph(t, colocated(t), "fold_constants", false, &said, &list),
            IOPT_INVALID_ARGUMENT, "Node 'b' expects to be colocated with unknown node 'gone'");
    T_OK(t, transform_graph(t, colocated(t), "fold_constants(drop_stale_colocations=true)", false,
                            &said, &list));
    T_SAME_INT(t, list->n_nodes, 3);
    iopt_list_destroy(list);
}

const TestCase tests_gtt_folding[] = {
    TEST(newer_batch_norms_fold_on_request),
    TEST(statistics_keep_a_batch_norm),
    TEST(outputs_are_protected_on_request),
    TEST(shared_parameters_do_not_hang),
    TEST(constants_fold),
    TEST(stale_colocations_drop_on_request),
    { 0 },
};
