/* What a summary counts. */
#include <string.h>

#include "formats/pbtxt.h"
#include "measure/summary.h"
#include "t.h"

static const char text[] =
    "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }"
    "  attr { key: 'shape' value { shape { dim { size: -1 } dim { size: 4 } } } } }"
    "node { name: 'w' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }"
    "  attr { key: 'value' value { tensor { dtype: DT_FLOAT"
    "    tensor_shape { dim { size: 4 } dim { size: 3 } } float_val: 1 } } } }"
    "node { name: 'mm' op: 'MatMul' input: 'x' input: 'w'"
    "  attr { key: 'T' value { type: DT_FLOAT } } }"
    "node { name: 'check' op: 'CheckNumerics' input: 'mm'"
    "  attr { key: 'T' value { type: DT_FLOAT } } }"
    "node { name: 'z' op: 'Zorp' input: 'check' input: '^w' }"
    "library { function { signature { name: 'F' } node_def { name: 'r' op: 'Relu' } } }";

static void summarize(Test *t, IoptGraph **graph, IoptSummary *summary)
{
    T_OK(t, iopt_pbtxt_parse((IoptBytes){ text, sizeof text - 1 }, graph, &t->err));
    T_OK(t, iopt_summarize(*graph, summary, &t->err));
}

static void everything_is_counted(Test *t)
{
    IoptSummary s;
    IoptGraph *graph;

    summarize(t, &graph, &s);
    T_SAME_INT(t, s.n_nodes, 5);
    T_SAME_INT(t, s.n_control_edges, 1);
    T_SAME_INT(t, s.n_functions, 1);
    T_SAME_INT(t, s.parameters, 12);
    T_SAME_INT(t, s.constant_bytes, 48);
    T_NEAR(t, s.macs, 12, 0); /* one image, 4 inputs, 3 outputs */
    T_SAME_INT(t, s.n_macs_unknown, 0);
    T_SAME_INT(t, s.n_ops, 6);
    T_SAME_INT(t, s.n_unknown_ops, 1);
    T_SAME_TEXT(t, s.inputs[0].name, "x");
    T_SAME_INT(t, s.inputs[0].shape.dim[0], -1);
    T_SAME_TEXT(t, s.outputs[0].name, "z");
    T_SAME_INT(t, s.n_leftovers, 1);
    T_SAME_TEXT(t, s.leftovers[0].kind, "checks");
    T_SAME_TEXT(t, s.leftovers[0].first, "check");
    iopt_summary_free(&s);
    iopt_graph_destroy(graph);
}

static void table_and_json_say_the_same(Test *t)
{
    IoptText table = { 0 };
    IoptGraph *graph;
    IoptSummary s;
    cJSON *json;

    summarize(t, &graph, &s);
    T_OK(t, iopt_summary_table(&s, &table, &t->err));
    T_CHECK(t, strstr(table.s, "inputs         x  float[?,4]  (Placeholder)\n") != NULL);
    T_CHECK(t, strstr(table.s, "       1  Zorp, such as 'z'\n") != NULL);
    T_OK(t, iopt_summary_json(&s, &json, &t->err));
    T_SAME_INT(t, cJSON_GetNumberValue(cJSON_GetObjectItem(json, "parameters")), 12);
    T_SAME_INT(t, cJSON_GetArraySize(cJSON_GetObjectItem(json, "ops")), 6);
    cJSON_Delete(json);
    iopt_text_free(&table);
    iopt_summary_free(&s);
    iopt_graph_destroy(graph);
}

const TestCase tests_summary[] = {
    TEST(everything_is_counted),
    TEST(table_and_json_say_the_same),
    { 0 },
};
