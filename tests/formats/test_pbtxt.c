/* Text format of graphs: what is printed, what is read, and where the errors are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/graphdef.h"
#include "formats/pbtxt.h"
#include "platform/file.h"
#include "t.h"
#include "tf_graph.pb-c.h"

static const char *graph_path(const char *name)
{
    return t_path(t_path(t_data_dir(), "graphs"), name);
}

static IoptStatus parse(const char *text, IoptGraph **out, IoptError *err)
{
    return iopt_pbtxt_parse((IoptBytes){ text, strlen(text) }, out, err);
}

static void check_same_bytes(Test *t, const char *what, IoptBytes got, IoptBytes want)
{
    size_t at = 0;

    while (at < got.size && at < want.size && got.data[at] == want.data[at])
        at++;
    if (at < got.size || at < want.size)
        T_FAIL(t, "%s: at byte %zu: '%.60s' instead of '%.60s'", what, at,
               at < got.size ? got.data + at : "", at < want.size ? want.data + at : "");
}

static void check_prints_as(Test *t, const IoptGraph *graph, const char *want)
{
    const char *const path = t_path(t_temp_dir(), "printed.pbtxt");
    IoptBuffer *a, *b;

    T_OK(t, iopt_pbtxt_save(graph, path, &t->err));
    T_OK(t, iopt_file_map(path, &a, &t->err));
    T_OK(t, iopt_file_map(want, &b, &t->err));
    check_same_bytes(t, want, (IoptBytes){ iopt_buffer_data(a), iopt_buffer_bytes(a) },
                     (IoptBytes){ iopt_buffer_data(b), iopt_buffer_bytes(b) });
    iopt_buffer_unref(a);
    iopt_buffer_unref(b);
}

/* Both graphs are written as the same bytes. */
static void check_same_graph(Test *t, const IoptGraph *a, const IoptGraph *b, const char *what)
{
    IoptText x = { 0 }, y = { 0 };

    T_OK(t, iopt_graphdef_append(a, &x, &t->err));
    T_OK(t, iopt_graphdef_append(b, &y, &t->err));
    check_same_bytes(t, what, (IoptBytes){ x.s, x.size }, (IoptBytes){ y.s, y.size });
    iopt_text_free(&x);
    iopt_text_free(&y);
}

static void check_pair(Test *t, const char *binary, const char *text)
{
    IoptGraph *graph, *read;

    T_OK(t, iopt_graphdef_load(binary, &graph, &t->err));
    check_prints_as(t, graph, text);
    T_OK(t, iopt_pbtxt_load(text, &read, &t->err));
    check_same_graph(t, read, graph, text);
    iopt_graph_destroy(read);
    iopt_graph_destroy(graph);
}

static void a_graph_with_functions_is_printed_and_read(Test *t)
{
    check_pair(t, graph_path("library_function.pb"), graph_path("library_function.pbtxt"));
}

/* Pairs that hold inputs written in a form of their own ("x:0"), or graphs that are broken. */
static bool is_odd(Test *t, const char *binary, const char *text)
{
    static const char *const marks[] = { ":0\"", ":00\"", "^a:", "x:abc" };
    IoptBuffer *file;
    IoptGraph *graph;
    IoptText contents = { 0 };
    bool odd = false;

    if (iopt_graphdef_load(binary, &graph, NULL) != IOPT_OK)
        return true;
    iopt_graph_destroy(graph);
    T_OK(t, iopt_file_map(text, &file, &t->err));
    iopt_text_append(&contents, iopt_buffer_data(file), iopt_buffer_bytes(file));
    for (size_t i = 0; i < IOPT_COUNT(marks) && !odd; i++)
        odd = strstr(contents.s, marks[i]) != NULL;
    iopt_text_free(&contents);
    iopt_buffer_unref(file);
    return odd;
}

static void golden_pairs_agree_both_ways(Test *t)
{
    char **paths, binary[1024];
    size_t count;

    if (!t_shared_dir())
        return;
    T_OK(t, iopt_glob(t_path(t_shared_dir(), "golden/gtt/*/*/in.pbtxt"), &paths, &count, &t->err));
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(binary, sizeof binary, "%.*s", (int)strlen(paths[i]) - 3, paths[i]);
        if (!is_odd(t, binary, paths[i]))
            check_pair(t, binary, paths[i]);
    }
    iopt_names_free(paths, count);
}

static void every_spelling_is_read(Test *t)
{
    IoptGraph *graph, *again;
    const char *const path = t_path(t_temp_dir(), "again.pbtxt");

    T_OK(t, iopt_pbtxt_load(graph_path("hand_text_forms.pbtxt"), &graph, &t->err));
    T_OK(t, iopt_pbtxt_save(graph, path, &t->err));
    T_OK(t, iopt_pbtxt_load(path, &again, &t->err));
    T_SAME_INT(t, again->n_nodes, graph->n_nodes);
    const IoptTensor *const b = iopt_const(iopt_graph_find(graph, "b"));
    T_NEAR(t, iopt_f32(b)[1], -1e-3, 1e-9);
    T_NEAR(t, iopt_f32(b)[3], 1.5, 0);
    iopt_graph_destroy(graph);
    iopt_graph_destroy(again);
}

static void numbers_and_escapes(Test *t)
{
    static const char text[] =
        "node { name: 'a' 'b' op: \"\\x4f\\160\"\n"
        "  attr { key: \"f\" value { list { f: [1, -inf, .5e1f, 0x10] f: 1e-5 } } }\n"
        "  attr { key: \"i\" value { list { i: [0x7fffffffffffffff, -0x8000000000000000, 010] } } "
        "}\n"
        "  attr { key: \"b\" value < list { b: t; b: 0, b: False } > }\n"
        "  attr { key: \"s\" value { s: \"\\n\\'\\\"\\\\\\000\\u00e9\" } }\n"
        "  attr { key: \"none\" value { list { shape: [] } } }\n"
        "}\n";
    IoptGraph *graph;

    T_OK(t, parse(text, &graph, &t->err));
    const IoptNode *const node = graph->nodes[0];
    T_SAME_TEXT(t, node->name, "ab");
    T_SAME_TEXT(t, node->op, "Op");
    const IoptAttr *const f = iopt_attr(node, "f"), *const i = iopt_attr(node, "i");
    T_SAME_INT(t, f->count, 5);
    T_NEAR(t, f->u.floats[2], 5, 0);
    T_NEAR(t, f->u.floats[3], 16, 0);
    T_CHECK(t, f->u.floats[1] < -3e38F);
    T_CHECK(t, i->u.ints[0] == INT64_MAX && i->u.ints[1] == INT64_MIN && i->u.ints[2] == 8);
    T_SAME_INT(t, iopt_attr(node, "b")->count, 3);
    T_SAME_INT(t, iopt_attr(node, "s")->u.s.size, 7);
    T_SAME_INT(t, iopt_attr(node, "none")->kind, IOPT_ATTR_EMPTY_LIST);
    iopt_graph_destroy(graph);
}

static void floats_are_printed_short(Test *t)
{
    static const struct {
        float value;
        const char *text;
    } cases[] = {
        { 0.0F, "0.0" },
        { 1.0F, "1.0" },
        { -2.5F, "-2.5" },
        { 0.001F, "0.001" },
        { 1e-5F, "1e-05" },
        { 0.0001F, "0.0001" },
        { 0.1F, "0.1" },
        { 16777216.0F, "16777216.0" },
        { 1e16F, "1e+16" },
        { 3.4028235e38F, "3.4028235e+38" },
        { 1e10F, "10000000000.0" },
        { 0.8292202F, "0.8292202" },
    };

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        char want[64];
        IoptText wire = { 0 }, out = { 0 };
        (void)snprintf(want, sizeof want, "f: %s\n", cases[i].text);
        iopt_wire_put_tag(&wire, 4, IOPT_WIRE_FIXED32);
        iopt_text_append(&wire, (const char *)&cases[i].value, 4);
        T_OK(t, iopt_wire_to_pbtxt(&iopt__tf__attr_value__descriptor,
                                   (IoptBytes){ wire.s, wire.size }, 0, &out, &t->err));
        T_SAME_TEXT(t, out.s, want);
        iopt_text_free(&wire);
        iopt_text_free(&out);
    }
}

static void errors_name_line_and_field(Test *t)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "node {\n  name: \"x\"\n  opp: \"Relu\"\n}", "line 3:3: want a field of NodeDef" },
        { "node { name: \"x\" op: \"Relu\"", "the text ends within 'node'" },
        { "node { name: \"x }\n", "want a string in quotes near 'name'" },
        { "node { name: x }\n", "want a string in quotes near 'name'" },
        { "node { name: \"x\" name: \"y\" }", "a second value near 'name'" },
        { "node [ { name: \"x\" } ;", "want ',' or ']'" },
        { "node { name: \"\\q\" }", "escape" },
        { "node { name: \"\\400\" }", "escape" },
        { "versions { producer: 99999999999 }", "out of range near 'producer'" },
        { "versions { producer: 1.5 }", "want an integer near 'producer'" },
        { "node { attr { value { b: maybe } } }", "want true or false near 'b'" },
        { "node { attr { value { b: true i: 3 } } }", "a second value near 'i'" },
        { "}", "want a field's name" },
        { "node { name: \"\\377\" op: \"Relu\" }", "not valid UTF-8" },
        { "", "without nodes" },
    };
    IoptGraph *graph;

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        T_FAILS(t, parse(cases[i].text, &graph, &t->err), IOPT_BAD_MODEL, cases[i].error);
        T_CHECK(t, graph == NULL);
    }
    T_FAILS(t, iopt_pbtxt_load(graph_path("bad_text_enum.pbtxt"), &graph, &t->err), IOPT_BAD_MODEL,
            "line 4:37: want a DataType near 'type', but here is 'DT_FLOATY'");
    T_FAILS(t, iopt_pbtxt_load(graph_path("bad_text_syntax.pbtxt"), &graph, &t->err),
            IOPT_BAD_MODEL, "a closing brace is missing");
}

static void nesting_has_a_limit(Test *t)
{
    IoptText text = { 0 };
    IoptGraph *graph;

    iopt_text_printf(&text, "node { attr { value ");
    for (int i = 0; i < 100000; i++)
        iopt_text_printf(&text, "{ func { attr { value ");
    T_FAILS(t, parse(text.s, &graph, &t->err), IOPT_BAD_MODEL, "nested deeper than 100");
    iopt_text_free(&text);
}

/* Every beginning of a text, and every text with one byte changed, is read or refused cleanly. */
static void damaged_text_does_no_harm(Test *t)
{
    static const char swaps[] = "{}[]<>:;,\"'\\-.0aE#\n\x80";
    IoptBuffer *file;
    IoptGraph *graph;

    T_OK(t, iopt_file_map(graph_path("hand_text_forms.pbtxt"), &file, &t->err));
    const size_t size = iopt_buffer_bytes(file);
    char *const text = malloc(size);
    T_CHECK(t, text != NULL);
    for (size_t i = 0; i < size; i++) {
        memcpy(text, iopt_buffer_data(file), size);
        (void)iopt_pbtxt_parse((IoptBytes){ text, i }, &graph, &t->err);
        iopt_graph_destroy(graph);
        text[i] = swaps[i % (sizeof swaps - 1)];
        (void)iopt_pbtxt_parse((IoptBytes){ text, size }, &graph, &t->err);
        iopt_graph_destroy(graph);
    }
    free(text);
    iopt_buffer_unref(file);
}

const TestCase tests_pbtxt[] = {
    TEST(a_graph_with_functions_is_printed_and_read),
    TEST(golden_pairs_agree_both_ways),
    TEST(every_spelling_is_read),
    TEST(numbers_and_escapes),
    TEST(floats_are_printed_short),
    TEST(errors_name_line_and_field),
    TEST(nesting_has_a_limit),
    TEST(damaged_text_does_no_harm),
    { 0 },
};
