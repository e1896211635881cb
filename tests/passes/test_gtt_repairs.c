/* What the graph transforms do better than TensorFlow's tool: by themselves where its result cannot
 * be used, and on request where it can. */
#include <math.h>
#include <string.h>

#include "formats/model_file.h"
#include "passes/gtt/gtt_build.h"
#include "t_node_list.h"
#include "tensor/tensor.h"

static const TTransform plain = { 0 }, strict = { .strict = true };

static const float *floats(Test *t, const IoptNodeList *list, const char *name)
{
    const IoptListNode *const node = t_list_find(list, name);

    if (!node)
        T_FAIL(t, "no node '%s'", name);
    return iopt_f32(iopt_const(node->node));
}

/* --- ranges ----------------------------------------------------------------------------------- */

static void zeros_and_negatives_have_a_range(Test *t)
{
    const IoptShape shape = iopt_shape(1, (const int64_t[]){ 4 });
    IoptNodeList *list = t_list(t);

    t_list_add_floats(t, list, "zeros", shape, (const float[]){ 0, 0, 0, 0 });
    t_list_add_floats(t, list, "below", shape, (const float[]){ -1, -2, -1, -1 });
    t_list_add_floats(t, list, "nan", shape, (const float[]){ 1, NAN, 1, 1 });
    t_list_transform(t, &list, "quantize_weights(minimum_size=1, safe_ranges=true)");
    T_NEAR(t, *floats(t, list, "zeros_quantized_min"), 0, 0);
    T_NEAR(t, *floats(t, list, "zeros_quantized_max"), 1, 0);
    T_NEAR(t, *floats(t, list, "below_quantized_min"), -2, 0);
    T_NEAR(t, *floats(t, list, "below_quantized_max"), 0, 0);
    T_SAME_TEXT(t, t_list_find(list, "nan")->node->op, "Const");
    iopt_list_destroy(list);
}

static void rounding_keeps_the_range(Test *t)
{
    const IoptShape shape = iopt_shape(1, (const int64_t[]){ 16 });
    float rising[16], ones[16];
    IoptNodeList *list = t_list(t);

    for (int i = 0; i < 16; i++) {
        rising[i] = (float)i - 15;
        ones[i] = -1;
    }
    t_list_add_floats(t, list, "rising", shape, rising);
    t_list_add_floats(t, list, "ones", shape, ones);
    t_list_transform(t, &list, "round_weights(num_steps=3, safe_ranges=true)");
    T_NEAR(t, floats(t, list, "rising")[0], -12.5, 0);
    T_NEAR(t, floats(t, list, "rising")[15], -2.5, 0);
    T_NEAR(t, floats(t, list, "ones")[7], -1, 0);
    iopt_list_destroy(list);
}

/* --- control inputs --------------------------------------------------------------------------- */

static IoptNodeList *concat_behind_a_control(Test *t)
{
    IoptNodeList *const list = t_list(t);

    (void)t_list_add_float(t, list, "x", "Placeholder", "");
    (void)t_list_add(t, list, "axis", "Const", "");
    (void)t_list_add(t, list, "n", "NoOp", "");
    (void)t_list_add_float(t, list, "y", "ConcatV2", "x x axis ^n");
    return list;
}

static void the_axis_goes_first_not_the_control_input(Test *t)
{
    IoptNodeList *list = concat_behind_a_control(t);
    TSaid said = { "" };
    const TTransform loud = { .strict = true, .said = &said };

    T_OK(t, t_list_run(t, &list, "backport_concatv2", &plain));
    t_list_expect(t, list, "x=Placeholder() axis=Const() n=NoOp() y=Concat(axis,x,x,^n)");
    iopt_list_destroy(list);
    list = concat_behind_a_control(t);
    T_OK(t, t_list_run(t, &list, "backport_concatv2", &loud));
    t_list_expect(t, list, "x=Placeholder() axis=Const() n=NoOp() y=Concat(^n,x,x,axis)");
    T_SAME_TEXT(t, said.text, "strict: the control input of 'y' becomes its axis\n");
    iopt_list_destroy(list);
}

static void expect_inlined(Test *t, const char *name, const char *want)
{
    const char *const folder = t_path(t_path(t_data_dir(), "gtt/inline_partitionedcall"), name);
    IoptNodeList *list;

    T_OK(t, iopt_model_load_list(t_path(folder, "in.pb"), NULL, &list, &t->err));
    T_OK(t, t_list_run(t, &list, "inline_partitionedcall", &plain));
    t_list_expect(t, list, want);
    iopt_list_destroy(list);
}

static void calls_keep_their_control_inputs(Test *t)
{
    expect_inlined(t, "control_inside",
                   "x=Placeholder() y=Placeholder() call/add=AddV2(x,y,^call/n) call/n=NoOp() "
                   "out=Identity(call/add:0)");
    expect_inlined(t, "control_consumer",
                   "x=Placeholder() y=Placeholder() call/add=AddV2(x,y) "
                   "out=Identity(x,^call/add)");
    expect_inlined(t, "control_input_on_call",
                   "x=Placeholder() y=Placeholder() call/add=AddV2(x,y,^x) "
                   "out=Identity(call/add:0)");
    expect_inlined(t, "output_is_input", "x=Placeholder() y=Placeholder() out=Identity(x)");
}

/* --- ports ------------------------------------------------------------------------------------ */

static void a_print_lists_the_types_it_prints(Test *t)
{
    IoptNodeList *list = t_list(t);

    (void)t_list_add_float(t, list, "x", "Placeholder", "");
    (void)t_list_add(t, list, "axis", "Const", "");
    IoptListNode *const split = t_list_add_float(t, list, "s", "Split", "axis x");
    T_OK(t, iopt_node_set_int(split->node, "num_split", 3, &t->err));
    (void)t_list_add_float(t, list, "y", "Relu", "s:2");
    T_OK(t, t_list_run(t, &list, "insert_logging(op=Split)", &plain));
    const IoptListNode *const print = t_list_find(list, "s__print__");
    T_CHECK(t, print != NULL);
    T_SAME_INT(t, print->n_inputs, 2);
    T_SAME_INT(t, iopt_attr(print->node, "U")->count, 1);
    iopt_list_destroy(list);
}

/* SpaceToBatchND(x:1) -> Conv2D -> BatchToSpaceND, of filters 2x2 and blocks 2x2. */
static IoptNodeList *atrous(Test *t)
{
    const IoptShape filter = iopt_shape(4, (const int64_t[]){ 2, 2, 1, 1 });
    IoptNodeList *const list = t_list(t);
    IoptTensor *block;
    IoptListNode *node;

    (void)t_list_add(t, list, "x", "Unpack", "a");
    T_OK(t, iopt_tensor_vector_i32((const int32_t[]){ 2, 2 }, 2, &block, &t->err));
    T_OK(t, iopt_gtt_add_const(list, "b", block, &node, &t->err));
    (void)t_list_add(t, list, "p", "Const", "");
    t_list_add_floats(t, list, "w", filter, (const float[]){ 1, 2, 3, 4 });
    (void)t_list_add_float(t, list, "s", "SpaceToBatchND", "x:1 b p");
    IoptListNode *const conv = t_list_add_float(t, list, "c", "Conv2D", "s w");
    T_OK(t, iopt_node_set_ints(conv->node, "strides", (const int64_t[]){ 1, 1, 1, 1 }, 4, &t->err));
    T_OK(t, iopt_node_set_string(conv->node, "data_format", "NHWC", &t->err));
    T_OK(t, iopt_node_set_bool(conv->node, "use_cudnn_on_gpu", true, &t->err));
    (void)t_list_add_float(t, list, "y", "BatchToSpaceND", "c b p");
    (void)t_list_add(t, list, "a", "Placeholder", "");
    return list;
}

static void a_port_is_kept_on_request(Test *t)
{
    IoptNodeList *list = atrous(t);

    T_OK(t, t_list_run(t, &list, "flatten_atrous_conv", &plain));
    t_list_expect(t, list, "x=Unpack(a) w=Const() y=Conv2D(x,w) a=Placeholder()");
    iopt_list_destroy(list);
    list = atrous(t);
    T_OK(t, t_list_run(t, &list, "flatten_atrous_conv(keep_ports=true)", &plain));
    t_list_expect(t, list, "x=Unpack(a) w=Const() y=Conv2D(x:1,w) a=Placeholder()");
    iopt_list_destroy(list);
}

static IoptNodeList *two_placeholders(Test *t)
{
    IoptNodeList *const list = t_list(t);

    (void)t_list_add_float(t, list, "left", "Placeholder", "");
    (void)t_list_add_float(t, list, "right", "Placeholder", "");
    (void)t_list_add_float(t, list, "out", "Relu", "right");
    return list;
}

static void ports_protect_on_request(Test *t)
{
    const TTransform ported = { .input = "right:0", .output = "out:0" };
    IoptNodeList *list = two_placeholders(t);

    T_OK(t, t_list_run(t, &list, "merge_duplicate_nodes", &ported));
    T_SAME_INT(t, list->n_nodes, 2);
    iopt_list_destroy(list);
    list = two_placeholders(t);
    T_OK(t, t_list_run(t, &list, "merge_duplicate_nodes(protect_outputs=true)", &ported));
    T_SAME_INT(t, list->n_nodes, 3);
    T_OK(t, t_list_run(t, &list, "obfuscate_names(protect_outputs=true)", &ported));
    T_CHECK(t, t_list_find(list, "right") && t_list_find(list, "out") && t_list_find(list, "0"));
    T_OK(t, t_list_run(t, &list, "obfuscate_names", &ported));
    T_CHECK(t, !t_list_find(list, "out"));
    iopt_list_destroy(list);
}

/* --- others who read -------------------------------------------------------------------------- */

static IoptNodeList *two_lookups(Test *t)
{
    const IoptShape shape = iopt_shape(2, (const int64_t[]){ 4, 1 });
    IoptNodeList *const list = t_list(t);

    t_list_add_floats(t, list, "w", shape, (const float[]){ 1, 0, 0, 2 });
    (void)t_list_add_float(t, list, "i", "Identity", "w");
    (void)t_list_add(t, list, "ids", "Placeholder", "");
    (void)t_list_add(t, list, "g", "Gather", "i ids");
    (void)t_list_add(t, list, "h", "Gather", "i ids");
    return list;
}

static void lookups_in_the_same_weights_stay(Test *t)
{
    IoptNodeList *list = two_lookups(t);
    TSaid said = { "" };
    const TTransform loud = { .output = "g", .said = &said };

    T_OK(t, t_list_run(t, &list, "sparsify_gather", &loud));
    t_list_expect(t, list,
                  "g=Gather(i,ids) h=Gather(i,ids) i=Identity(w) ids=Placeholder() w=Const() "
                  "group_deps=NoOp()");
    T_CHECK(t, strstr(said.text, "stays: others read its weights, too\n") != NULL);
    iopt_list_destroy(list);
    list = two_lookups(t);
    T_OK(t, t_list_run(t, &list, "sparsify_gather", &strict));
    T_CHECK(t, t_list_find(list, "g")->n_inputs == 1 || t_list_find(list, "h")->n_inputs == 1);
    iopt_list_destroy(list);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void an_ignored_error_says_what_it_cost(Test *t)
{
    IoptNodeList *list = two_placeholders(t);
    TSaid said = { "" };
    const TTransform loud = { .output = "nobody", .said = &said };

    T_OK(t, t_list_run(t, &list, "fold_constants(ignore_errors=true)", &loud));
    T_SAME_TEXT(t, said.text,
                "fold_constants did nothing, all 3 nodes stay; Ignoring error FetchOutputs node "
                "nobody: not found\n");
    iopt_list_destroy(list);
}

static void a_later_transform_is_named_so(Test *t)
{
    IoptNodeList *list = t_list(t);

    T_FAILS(t, t_list_run(t, &list, "fold_moments", &strict), IOPT_INVALID_ARGUMENT,
            "Transform 'fold_moments' not recognized. TensorFlow 1.15 does not have it.");
    iopt_list_destroy(list);
}

const TestCase tests_gtt_repairs[] = {
    TEST(zeros_and_negatives_have_a_range),
    TEST(rounding_keeps_the_range),
    TEST(the_axis_goes_first_not_the_control_input),
    TEST(calls_keep_their_control_inputs),
    TEST(a_print_lists_the_types_it_prints),
    TEST(a_port_is_kept_on_request),
    TEST(ports_protect_on_request),
    TEST(lookups_in_the_same_weights_stay),
    TEST(an_ignored_error_says_what_it_cost),
    TEST(a_later_transform_is_named_so),
    { 0 },
};
