/* Opening a model: names, guesses, constants, shapes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/graphdef.h"
#include "measure/model.h"
#include "t_graph.h"

/* Writes the graph to a file and gives its path. */
static const char *file_of(Test *t, const char *text)
{
    const char *const path = t_path(t_temp_dir(), "model.pb");
    IoptGraph *const graph = t_graph(t, text);

    T_OK(t, iopt_graphdef_save(graph, path, &t->err));
    iopt_graph_destroy(graph);
    return path;
}

static const char net[] = "x = Placeholder() : f32[?,4]\n"
                          "is_training = Placeholder() : b[]\n"
                          "unused = Placeholder() : f32[3]\n"
                          "s = Switch(x, is_training)\n"
                          "a = Neg(s:1)\n"
                          "b = Relu(s)\n"
                          "m = Merge(b, a)\n"
                          "y = Abs(m)\n"
                          "loss = Sub(unused, unused)\n"
                          "return y\n";

static IoptStatus open_net(Test *t, const IoptModelRequest *request, IoptModel *model)
{
    return iopt_model_open(file_of(t, net), request, model, &t->err);
}

static void needed_inputs_are_guessed_and_flags_set(Test *t)
{
    const char *const outputs[] = { "y" };
    const IoptModelRequest request = { .outputs = outputs, .n_outputs = 1 };
    IoptModel model;

    T_OK(t, open_net(t, &request, &model));
    T_SAME_INT(t, model.graph->n_inputs, 1);
    T_SAME_TEXT(t, model.graph->inputs[0].node->name, "x");
    T_SAME_TEXT(t, iopt_graph_find(model.graph, "is_training")->op, "Const");
    T_SAME_TEXT(t, model.notes, "set for inference: is_training=0; inputs (guessed): x float[?,4]");
    iopt_model_close(&model);
}

static void looking_changes_nothing(Test *t)
{
    const IoptModelRequest request = { .as_is = true };
    IoptModel model;

    T_OK(t, open_net(t, &request, &model));
    T_SAME_INT(t, model.graph->n_inputs + model.graph->n_outputs, 0);
    T_SAME_TEXT(t, iopt_graph_find(model.graph, "is_training")->op, "Placeholder");
    T_SAME_TEXT(t, model.notes, "");
    iopt_model_close(&model);
}

static void a_placeholder_takes_a_constant(Test *t)
{
    const char *const outputs[] = { "y" }, *const sets[] = { "is_training=true" };
    const IoptModelRequest request = {
        .outputs = outputs, .n_outputs = 1, .sets = sets, .n_sets = 1
    };
    IoptModel model;

    T_OK(t, open_net(t, &request, &model));
    const IoptTensor *const value = iopt_const(iopt_graph_find(model.graph, "is_training"));
    T_CHECK(t, value && value->dtype == IOPT_BOOL && *(const unsigned char *)value->data == 1);
    iopt_model_close(&model);
}

static void a_shape_is_fixed_and_flows_on(Test *t)
{
    const char *const outputs[] = { "y" }, *const shapes[] = { "x=7,?" };
    const IoptModelRequest request = {
        .outputs = outputs, .n_outputs = 1, .shapes = shapes, .n_shapes = 1
    };
    IoptModel model;

    T_OK(t, open_net(t, &request, &model));
    const IoptFact fact = iopt_fact_at((IoptValue){ iopt_graph_find(model.graph, "b"), 0 });
    T_SAME_TEXT(t, iopt_fact_text(&fact).s, "float[7,4]");
    iopt_model_close(&model);
}

/* --inputs in the middle of a graph, with a shape: the value becomes a placeholder. */
static void the_middle_can_be_fed_with_a_shape(Test *t)
{
    const char *const inputs[] = { "b" }, *const outputs[] = { "y" }, *const shapes[] = { "2,4" };
    const IoptModelRequest request = { .inputs = inputs,
                                       .n_inputs = 1,
                                       .outputs = outputs,
                                       .n_outputs = 1,
                                       .shapes = shapes,
                                       .n_shapes = 1 };
    IoptModel model;

    T_OK(t, open_net(t, &request, &model));
    T_SAME_TEXT(t, model.graph->inputs[0].node->name, "b");
    T_SAME_TEXT(t, model.graph->inputs[0].node->op, "Placeholder");
    const IoptFact fact = iopt_fact_at(model.graph->inputs[0]);
    T_SAME_TEXT(t, iopt_fact_text(&fact).s, "float[2,4]");
    iopt_model_close(&model);
}

static void a_lone_placeholder_has_no_output(Test *t)
{
    const char *const path = file_of(t, "x = Placeholder() : f32[1]\nreturn x\n");
    const IoptModelRequest request = { 0 };
    IoptModel model;

    T_FAILS(t, iopt_model_open(path, &request, &model, &t->err), IOPT_BAD_MODEL, "--outputs");
}

static void what_does_not_fit_is_refused(Test *t)
{
    const char *names[] = { "y", "y:0" }, *bad[] = { NULL };
    IoptModelRequest request = { .outputs = names, .n_outputs = 1 };
    IoptModel model;

    names[0] = "z:one";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "want NODE or NODE:PORT");
    names[0] = "y:1";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "has 1 outputs only");
    names[0] = "los";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "did you mean 'loss'?");
    names[0] = "y";
    request.n_outputs = 2;
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "'y:0' is given twice");
    request.n_outputs = 1;
    request.shapes = bad;
    request.n_shapes = 1;
    bad[0] = "7";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "does not fit");
    bad[0] = "b=7,4";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "is not an input");
    bad[0] = "1,2,3,4,5,6,7,8,9,10,11";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "want dimensions");
    request.n_shapes = 0;
    request.sets = bad;
    request.n_sets = 1;
    bad[0] = "is_training=maybe";
    T_FAILS(t, open_net(t, &request, &model), IOPT_INVALID_ARGUMENT, "true, false or a number");
    T_CHECK(t, model.graph == NULL);
}

static void shapes_are_read(Test *t)
{
    IoptShape shape;

    T_OK(t, iopt_shape_parse("1,?,-1,3", &shape, &t->err));
    T_SAME_TEXT(t, iopt_shape_text(&shape).s, "[1,?,?,3]");
    T_FAILS(t, iopt_shape_parse("", &shape, &t->err), IOPT_INVALID_ARGUMENT, "want dimensions");
    T_FAILS(t, iopt_shape_parse("1,,2", &shape, &t->err), IOPT_INVALID_ARGUMENT, "want dimensions");
    T_FAILS(t, iopt_shape_parse("1,2,", &shape, &t->err), IOPT_INVALID_ARGUMENT, "want dimensions");
    T_FAILS(t, iopt_shape_parse("99999999999999999999", &shape, &t->err), IOPT_INVALID_ARGUMENT,
            "want dimensions");
}

const TestCase tests_model[] = {
    TEST(needed_inputs_are_guessed_and_flags_set),
    TEST(looking_changes_nothing),
    TEST(a_placeholder_takes_a_constant),
    TEST(a_shape_is_fixed_and_flows_on),
    TEST(the_middle_can_be_fed_with_a_shape),
    TEST(a_lone_placeholder_has_no_output),
    TEST(what_does_not_fit_is_refused),
    TEST(shapes_are_read),
    { 0 },
};
