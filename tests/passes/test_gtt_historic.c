/* Transforms that TensorFlow 1.15 does not have, and graphs on which its own ones fail: small ones,
 * written out. */
#include <stdio.h>
#include <string.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_driver.h"
#include "t_node_list.h"
#include "tensor/tensor.h"

static void moments_become_one_node(Test *t)
{
    IoptNodeList *list = t_list(t);

    (void)t_list_add(t, list, "x", "Placeholder", "");
    t_list_add_floats(t, list, "axes", iopt_shape_scalar(), (const float[]){ 0 });
    t_list_add_floats(t, list, "axes2", iopt_shape_scalar(), (const float[]){ 0 });
    IoptListNode *const mean = t_list_add(t, list, "m", "Mean", "x axes");
    T_OK(t, iopt_node_set_bool(mean->node, "keep_dims", true, &t->err));
    T_OK(t, iopt_node_set_type(mean->node, "Tidx", IOPT_I32, &t->err));
    (void)t_list_add(t, list, "d", "Sub", "x m");
    (void)t_list_add(t, list, "s", "Mul", "d d");
    (void)t_list_add(t, list, "v", "Mean", "s axes2");
    (void)t_list_add(t, list, "y", "Add", "v m");
    t_list_transform(t, &list, "fold_moments");
    t_list_expect(t, list,
                  "m__moments=Moments(x,m_axes) m_axes=Const() x=Placeholder() "
                  "y=Add(m__moments:1,m__moments:0)");
    iopt_list_destroy(list);
}

static void batch_norm_by_division_goes_into_the_filter(Test *t)
{
    const IoptShape filter = iopt_shape(4, (const int64_t[]){ 1, 1, 2, 2 });
    const IoptShape channels = iopt_shape(1, (const int64_t[]){ 2 });
    IoptNodeList *list = t_list(t);

    (void)t_list_add(t, list, "x", "Placeholder", "");
    t_list_add_floats(t, list, "w", filter, (const float[]){ 1, 2, 3, 4 });
    t_list_add_floats(t, list, "mean", channels, (const float[]){ 1, -1 });
    t_list_add_floats(t, list, "deviation", channels, (const float[]){ 2, 4 });
    t_list_add_floats(t, list, "gamma", channels, (const float[]){ 4, 2 });
    t_list_add_floats(t, list, "beta", channels, (const float[]){ 10, 20 });
    (void)t_list_add(t, list, "c", "Conv2D", "x w");
    (void)t_list_add(t, list, "s", "Sub", "c mean");
    (void)t_list_add(t, list, "d", "RealDiv", "s deviation");
    (void)t_list_add(t, list, "m", "Mul", "d gamma");
    (void)t_list_add(t, list, "y", "BiasAdd", "m beta");
    t_list_transform(t, &list, "fold_subdivmul_batch_norms");
    t_list_expect(t, list,
                  "x=Placeholder() w=Const() c=Conv2D(x,w) beta=Const() y=BiasAdd(c,beta)");
    const float *const w = iopt_f32(iopt_const(list->nodes[1]->node));
    const float *const beta = iopt_f32(iopt_const(list->nodes[3]->node));
    T_NEAR(t, w[0], 2, 0);
    T_NEAR(t, w[1], 1, 0);
    T_NEAR(t, w[2], 6, 0);
    T_NEAR(t, w[3], 2, 0);
    T_NEAR(t, beta[0], 8, 0);
    T_NEAR(t, beta[1], 20.5, 0);
    iopt_list_destroy(list);
}

static void spelled_out_batch_norm_becomes_one_node(Test *t)
{
    const IoptShape scalar = iopt_shape_scalar();
    IoptNodeList *list = t_list(t);

    (void)t_list_add(t, list, "x", "Placeholder", "");
    (void)t_list_add(t, list, "mean", "Placeholder", "");
    (void)t_list_add(t, list, "variance", "Placeholder", "");
    t_list_add_floats(t, list, "epsilon", scalar, (const float[]){ 1 });
    t_list_add_floats(t, list, "gamma", scalar, (const float[]){ 1 });
    t_list_add_floats(t, list, "beta", scalar, (const float[]){ 1 });
    (void)t_list_add(t, list, "a", "Add", "variance epsilon");
    (void)t_list_add(t, list, "r", "Rsqrt", "a");
    (void)t_list_add(t, list, "k", "Mul", "r gamma");
    (void)t_list_add(t, list, "xk", "Mul", "x k");
    (void)t_list_add(t, list, "mk", "Mul", "mean k");
    (void)t_list_add(t, list, "b", "Sub", "beta mk");
    (void)t_list_add(t, list, "y", "Add", "xk b");
    (void)t_list_add(t, list, "z", "Relu", "y");
    t_list_transform(t, &list, "fold_batch_norms_algebraic");
    t_list_expect(t, list,
                  "y__BatchNorm=BatchNorm(gamma,beta,mean,variance) gamma=Const() beta=Const() "
                  "mean=Placeholder() variance=Placeholder() x=Placeholder() "
                  "z=Relu(y__BatchNorm)");
    iopt_list_destroy(list);
}

/* The two transforms are each other's inverse, but for the FakeQuant that stays. */
static void moving_averages_come_and_go(Test *t)
{
    IoptNodeList *list = t_list(t);

    (void)t_list_add(t, list, "x", "Placeholder", "");
    (void)t_list_add(t, list, "bounded", "Relu6", "x");
    (void)t_list_add(t, list, "y", "MatMul", "x bounded");
    t_list_transform(t, &list, "fake_quantize_training");
    T_SAME_TEXT(t, list->nodes[2]->inputs[0], "x/FakeQuantWithMinMaxVars");
    T_SAME_TEXT(t, list->nodes[2]->inputs[1], "bounded/FakeQuantWithMinMaxVars");
    t_list_transform(t, &list,
                     "rename_op(old_op_name=VariableV2, new_op_name=Const) remove_ema "
                     "sort_by_execution_order");
    size_t left = 0;
    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptListNode *const node = list->nodes[i];
        if (strcmp(node->node->name, "x/FakeQuantWithMinMaxVars") != 0)
            continue;
        left++;
        T_SAME_TEXT(t, node->inputs[0], "x");
        T_SAME_TEXT(t, node->inputs[1], "x/Min/Variable");
        T_SAME_TEXT(t, node->inputs[2], "x/Max/Variable");
    }
    T_SAME_INT(t, left, 1);
    T_SAME_INT(t, list->n_nodes, 9);
    iopt_list_destroy(list);
}

static void add_mkl_conv(Test *t, IoptNodeList *list, const char *name, const char *op,
                         const char *inputs)
{
    IoptListNode *const node = t_list_add(t, list, name, op, inputs);

    T_OK(t, iopt_node_set_type(node->node, "Tinput", IOPT_QU8, &t->err));
    T_OK(t, iopt_node_set_type(node->node, "Tfilter", IOPT_QI8, &t->err));
    T_OK(t, iopt_node_set_string(node->node, "padding", "SAME", &t->err));
    T_OK(t, iopt_node_set_ints(node->node, "strides", (const int64_t[]){ 1, 1, 1, 1 }, 4, &t->err));
}

static void requantize_joins_the_convolution(Test *t)
{
    const IoptShape scalar = iopt_shape_scalar();
    IoptNodeList *list = t_list(t);

    (void)t_list_add(t, list, "x", "Placeholder", "");
    (void)t_list_add(t, list, "w", "Placeholder", "");
    t_list_add_floats(t, list, "lo", scalar, (const float[]){ -1 });
    t_list_add_floats(t, list, "hi", scalar, (const float[]){ 1 });
    t_list_add_floats(t, list, "lo2", scalar, (const float[]){ -1 });
    t_list_add_floats(t, list, "hi2", scalar, (const float[]){ 1 });
    t_list_add_floats(t, list, "bias1", scalar, (const float[]){ 0.5f });
    t_list_add_floats(t, list, "bias2", scalar, (const float[]){ 0.5f });
    add_mkl_conv(t, list, "c1", "QuantizedConv2DWithBias", "x w bias1 lo hi lo hi");
    (void)t_list_add(t, list, "r1", "Requantize", "c1 c1:1 c1:2 lo hi");
    add_mkl_conv(t, list, "c2", "QuantizedConv2DWithBiasAndRelu", "r1 w bias2 r1:1 r1:2 lo hi");
    (void)t_list_add(t, list, "r2", "Requantize", "c2 c2:1 c2:2 lo2 hi2");
    t_list_transform(t, &list, "fuse_quantized_conv_and_requantize");
    t_list_expect(t, list,
                  "x=Placeholder() w=Placeholder() bias1=Const() bias2=Const() "
                  "r1=QuantizedConv2DWithBiasAndRequantize(x,w,bias1,lo,hi,lo,hi,lo,hi) "
                  "lo=Const() hi=Const() "
                  "r2=QuantizedConv2DWithBiasAndReluAndRequantize(r1,w,bias2,r1:1,r1:2,lo,hi,lo2,"
                  "hi2) lo2=Const() hi2=Const()");
    T_SAME_INT(t, iopt_attr_type(list->nodes[4]->node, "Tbias", IOPT_DTYPE_NONE), IOPT_F32);
    T_SAME_INT(t, iopt_attr_type(list->nodes[4]->node, "out_type", IOPT_DTYPE_NONE), IOPT_QI8);
    T_SAME_INT(t, iopt_attr_type(list->nodes[7]->node, "Tbias", IOPT_DTYPE_NONE), IOPT_QI32);
    T_SAME_INT(t, iopt_attr_type(list->nodes[7]->node, "out_type", IOPT_DTYPE_NONE), IOPT_QU8);
    const IoptTensor *const bias = iopt_const(list->nodes[3]->node);
    T_SAME_INT(t, bias->dtype, IOPT_QI32);
    T_SAME_INT(t, *(const int32_t *)bias->data, 16192); /* 0.5 * 255 * 127 */
    iopt_list_destroy(list);
}

/* TensorFlow measures x twice under one name and stumbles over it. */
static void an_input_that_is_read_twice_is_measured_once(Test *t)
{
    const IoptTransformContext strict = { .strict_compat = true };
    IoptNodeList *list = t_list(t), *after;
    IoptGttCalls calls;

    IoptListNode *const x = t_list_add(t, list, "x", "Placeholder", "");
    T_OK(t, iopt_node_set_type(x->node, "dtype", IOPT_F32, &t->err));
    IoptListNode *const y = t_list_add(t, list, "y", "Mul", "x x ^x");
    T_OK(t, iopt_node_set_type(y->node, "T", IOPT_F32, &t->err));
    T_OK(t, iopt_gtt_parse("quantize_nodes", &calls, &t->err));
    T_FAILS(t, iopt_gtt_run(list, &calls, &strict, &after, &t->err), IOPT_INVALID_ARGUMENT,
            "RenameNodeInputs argument contains a cycle for y_eightbit/x/");
    iopt_gtt_calls_free(&calls);
    t_list_transform(t, &list, "quantize_nodes");
    size_t found = 0;
    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptListNode *const node = list->nodes[i];
        if (strcmp(node->node->op, "QuantizedMul") != 0)
            continue;
        found++;
        T_SAME_INT(t, node->n_inputs, 7);
        T_SAME_TEXT(t, node->inputs[0], "y_eightbit/x/quantize:0");
        T_SAME_TEXT(t, node->inputs[1], "y_eightbit/x/quantize:0");
        T_SAME_TEXT(t, node->inputs[6], "^x");
    }
    T_SAME_INT(t, found, 1);
    iopt_list_destroy(list);
}

const TestCase tests_gtt_historic[] = {
    TEST(moments_become_one_node),
    TEST(batch_norm_by_division_goes_into_the_filter),
    TEST(spelled_out_batch_norm_becomes_one_node),
    TEST(moving_averages_come_and_go),
    TEST(requantize_joins_the_convolution),
    TEST(an_input_that_is_read_twice_is_measured_once),
    { 0 },
};
