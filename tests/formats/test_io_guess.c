/* Guessed inputs and outputs, and drawings. */
#include <stdlib.h>
#include <string.h>

#include "formats/dot.h"
#include "formats/io_guess.h"
#include "formats/pbtxt.h"
#include "platform/file.h"
#include "t.h"

static IoptGraph *parse(Test *t, const char *text)
{
    IoptGraph *graph;

    T_OK(t, iopt_pbtxt_parse((IoptBytes){ text, strlen(text) }, &graph, &t->err));
    return graph;
}

static const char training[] =
    "node { name: 'flag' op: 'PlaceholderWithDefault' attr { key: 'dtype' value { type: DT_BOOL } "
    "} "
    "input: 'off' }"
    "node { name: 'off' op: 'Const' }"
    "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }"
    "node { name: 'net/y' op: 'Relu' input: 'x' }"
    "node { name: 'net/check' op: 'Assert' input: 'net/y' }"
    "node { name: 'loss' op: 'ScalarSummary' input: 'off' input: 'net/y' }"
    "node { name: 'net/sub/\"z\\\\' op: 'Softmax' input: 'net/y' input: '^flag' }"
    "node { name: 'step' op: 'Identity' input: 'off' }"
    "node { name: 'codes' op: 'QuantizeV2' input: 'net/y' input: 'off' input: 'off' }"
    "node { name: 'init' op: 'NoOp' }";

static void what_training_left_is_no_output(Test *t)
{
    IoptGraph *const graph = parse(t, training);
    IoptValue *values;
    size_t count;

    T_OK(t, iopt_guess_inputs(graph, &values, &count, &t->err));
    T_SAME_INT(t, count, 1);
    T_SAME_TEXT(t, values[0].node->name, "x");
    free(values);
    T_OK(t, iopt_guess_outputs(graph, false, &values, &count, &t->err));
    T_SAME_INT(t, count, 5);
    T_SAME_TEXT(t, values[0].node->name, "net/check");
    free(values);
    T_OK(t, iopt_guess_outputs(graph, true, &values, &count, &t->err));
    T_SAME_INT(t, count, 1);
    T_SAME_TEXT(t, values[0].node->op, "Softmax");
    free(values);
    iopt_graph_destroy(graph);
}

static void drawings_are_escaped(Test *t)
{
    const char *const path = t_path(t_temp_dir(), "net.dot");
    IoptGraph *const graph = parse(t, training);
    IoptText text = { 0 };
    IoptBuffer *file;

    T_OK(t, iopt_dot_save(graph, &(IoptDotOptions){ .clusters = true }, path, &t->err));
    T_OK(t, iopt_file_map(path, &file, &t->err));
    iopt_text_append(&text, iopt_buffer_data(file), iopt_buffer_bytes(file));
    T_CHECK(t, strstr(text.s, "subgraph cluster_0 { label=\"net\"") != NULL);
    T_CHECK(t, strstr(text.s, "subgraph cluster_1 { label=\"sub\"") != NULL);
    T_CHECK(t, strstr(text.s, "label=\"Softmax\\n\\\"z\\\\\"") != NULL);
    T_CHECK(t, strstr(text.s, "n0 -> n6 [style=dashed]") != NULL);
    int depth = 0;
    for (const char *c = text.s; *c; c++)
        depth += (*c == '{') - (*c == '}');
    T_SAME_INT(t, depth, 0);
    iopt_text_free(&text);
    iopt_buffer_unref(file);
    iopt_graph_destroy(graph);
}

const TestCase tests_io_guess[] = {
    TEST(what_training_left_is_no_output),
    TEST(drawings_are_escaped),
    { 0 },
};
