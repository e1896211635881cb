/* compare_graphs: what is the same, and the first difference of what is not. */
#include "formats/pbtxt.h"
#include "measure/graph_equal.h"
#include "t.h"

#define FLOAT "attr { key: 'T' value { type: DT_FLOAT } }"

static void expect(Test *t, const char *a, const char *b, const char *want)
{
    IoptNodeList *actual, *expected;
    IoptText text = { 0 };

    T_OK(t, iopt_pbtxt_parse_list((IoptBytes){ a, strlen(a) }, &actual, &t->err));
    T_OK(t, iopt_pbtxt_parse_list((IoptBytes){ b, strlen(b) }, &expected, &t->err));
    T_OK(t, iopt_graphs_equal(actual, expected, &text, &t->err));
    T_SAME_TEXT(t, text.s ? text.s : "", want);
    iopt_text_free(&text);
    iopt_list_destroy(actual);
    iopt_list_destroy(expected);
}

static void spelling_and_order_do_not_count(Test *t)
{
    expect(t,
           "node { name: 'x' op: 'A' attr { key: '_shape' value { i: 1 } } }"
           "node { name: 'y' op: 'B' input: 'x' input: '^p' input: '^q' " FLOAT " }"
           "node { name: 'p' op: 'P' } node { name: 'q' op: 'Q' } versions { producer: 7 }",
           "node { name: 'q' op: 'Q' } node { name: 'p' op: 'P' }"
           "node { name: 'y' op: 'B' input: 'x:0' input: '^q' input: '^p' " FLOAT " }"
           "node { name: 'x' op: 'A' }",
           "");
    expect(t,
           "node { name: 'c' op: 'Const' attr { key: 'value' value { tensor { dtype: DT_INT32 "
           "tensor_shape { dim { size: 2 } } int_val: 5 int_val: 5 } } } }",
           "node { name: 'c' op: 'Const' attr { key: 'value' value { tensor { dtype: DT_INT32 "
           "tensor_shape { dim { size: 2 } } int_val: 5 } } } }",
           "");
    expect(t,
           "node { name: 'f' op: 'If' attr { key: 'then' value { func { name: 'F' attr { key: 'a' "
           "value { i: 1 } } attr { key: 'b' value { i: 2 } } } } } }",
           "node { name: 'f' op: 'If' attr { key: 'then' value { func { name: 'F' attr { key: 'b' "
           "value { i: 2 } } attr { key: 'a' value { i: 1 } } } } } }",
           "");
}

static void nodes_differ(Test *t)
{
    expect(t, "node { name: 'x' op: 'Add' }", "node { name: 'x' op: 'Mul' }",
           "Node named 'x' has op 'Add' that is not expected 'Mul'");
    expect(t, "node { name: 'x' op: 'A' device: '/cpu:0' }", "node { name: 'x' op: 'A' }",
           "Node named 'x' has device '/cpu:0' that is not expected ''");
    expect(t, "node { name: 'x' op: 'A' }", "node { name: 'y' op: 'A' }",
           "Did not find expected node '{{node y}} = A[]()'");
    expect(t,
           "node { name: 'x' op: 'A' } node { name: 'y' op: 'B' device: 'd' input: 'x' " FLOAT " }",
           "node { name: 'x' op: 'A' }",
           "Found unexpected node '{{node y}} = B[T=DT_FLOAT, _device=\"d\"](x)'");
}

static void inputs_differ(Test *t)
{
    expect(t, "node { name: 'x' op: 'A' input: 'a' input: 'b' }",
           "node { name: 'x' op: 'A' input: 'c' }",
           "Node named 'x' has inputs 'a, b' that don't match expected 'c'");
    expect(t, "node { name: 'x' op: 'A' input: 'a' input: 'b:1' }",
           "node { name: 'x' op: 'A' input: 'a' input: 'b' }",
           "Node named 'x' has input 1 'b:1' that doesn't match expected 'b'");
    expect(t, "node { name: 'x' op: 'A' input: '^a' }", "node { name: 'x' op: 'A' input: '^b' }",
           "Node named 'x' missing expected control input '^b'");
    expect(t, "node { name: 'x' op: 'A' input: '^a' input: '^b' }",
           "node { name: 'x' op: 'A' input: '^b' input: '^b' }",
           "Node named 'x' has unexpected control input '^a'");
}

static void attributes_differ(Test *t)
{
    expect(t, "node { name: 'x' op: 'A' }", "node { name: 'x' op: 'A' " FLOAT " }",
           "Node named 'x' missing expected attr 'T' with value: DT_FLOAT");
    expect(t, "node { name: 'x' op: 'A' attr { key: 'T' value { type: DT_INT32 } } }",
           "node { name: 'x' op: 'A' " FLOAT " }",
           "Node named 'x' has attr 'T' with value: DT_INT32 that does not match expected: "
           "DT_FLOAT");
    expect(t, "node { name: 'x' op: 'A' " FLOAT " }", "node { name: 'x' op: 'A' }",
           "Node named 'x' has unexpected attr 'T' with value: DT_FLOAT");
}

const TestCase tests_graph_equal[] = {
    TEST(spelling_and_order_do_not_count),
    TEST(nodes_differ),
    TEST(inputs_differ),
    TEST(attributes_differ),
    { 0 },
};
