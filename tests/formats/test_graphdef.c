/* Binary GraphDef: every tensor encoding, round trips, and broken files. */
#include <stdio.h>
#include <string.h>

#include "formats/graphdef.h"
#include "platform/file.h"
#include "t.h"

static const char *graph_path(const char *name)
{
    return t_path(t_path(t_data_dir(), "graphs"), name);
}

static IoptBuffer *copy_of(Test *t, const void *bytes, size_t size)
{
    IoptBuffer *buffer;

    T_OK(t, iopt_buffer_create(size, &buffer, &t->err));
    if (size)
        memcpy(iopt_buffer_data(buffer), bytes, size);
    return buffer;
}

/* Parses and writes back; what is written parses again to the very same bytes. */
static void round_trip(Test *t, const char *path)
{
    IoptGraph *graph, *again;
    IoptText first = { 0 }, second = { 0 };
    size_t size;

    if (iopt_graphdef_load(path, &graph, &t->err) != IOPT_OK)
        T_FAIL(t, "%s", t->err.text);
    T_OK(t, iopt_graphdef_append(graph, &first, &t->err));
    T_OK(t, iopt_graphdef_size(graph, &size, &t->err));
    T_SAME_INT(t, size, first.size);
    IoptBuffer *const copy = copy_of(t, first.s, first.size);
    T_OK(t, iopt_graphdef_parse(copy, &again, &t->err));
    iopt_buffer_unref(copy);
    T_SAME_INT(t, again->n_nodes, graph->n_nodes);
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const a = graph->nodes[i], *const b = again->nodes[i];
        T_SAME_TEXT(t, b->name, a->name);
        T_SAME_INT(t, b->n_attrs, a->n_attrs);
        for (size_t k = 0; k < a->n_attrs; k++)
            if (!iopt_attr_equal(&a->attrs[k], &b->attrs[k]))
                T_FAIL(t, "%s: %s.%s changed", path, a->name, a->attrs[k].name);
    }
    T_OK(t, iopt_graphdef_append(again, &second, &t->err));
    if (first.size != second.size || memcmp(first.s, second.s, first.size) != 0)
        T_FAIL(t, "%s: not the same bytes when written again", path);
    iopt_text_free(&first);
    iopt_text_free(&second);
    iopt_graph_destroy(graph);
    iopt_graph_destroy(again);
}

static void committed_graphs_come_back(Test *t)
{
    round_trip(t, graph_path("hand_wire_forms.pb"));
    round_trip(t, graph_path("tf115_graph_tensor_forms.pb"));
}

/* Cases that are about a graph which is broken, or which only the Graph Transform Tool accepts. */
static bool is_broken_on_purpose(const char *path)
{
    static const char *const parts[] = { "/bad_port/",
                                         "/dangling/",
                                         "/content_wrong_length/",
                                         "/dtype_invalid",
                                         "/shape_unknown_dim/",
                                         "/self_loop/",
                                         "/two_cycle/",
                                         "/merge/",
                                         "/err_" };

    for (size_t i = 0; i < IOPT_COUNT(parts); i++)
        if (strstr(path, parts[i]))
            return true;
    return false;
}

/* All cases below golden/ that were written by TensorFlow itself. */
static void golden_graphs_come_back(Test *t)
{
    static const char *const patterns[] = { "golden/gtt/[!d]*/*/in.pb", "golden/ops/*/*/graph.pb",
                                            "golden/formats/tf*/frozen.pb" };
    char **paths;
    size_t count;

    for (size_t i = 0; t_shared_dir() && i < IOPT_COUNT(patterns); i++) {
        T_OK(t, iopt_glob(t_path(t_shared_dir(), patterns[i]), &paths, &count, &t->err));
        for (size_t k = 0; k < count; k++)
            if (!is_broken_on_purpose(paths[k]))
                round_trip(t, paths[k]);
        iopt_names_free(paths, count);
    }
}

static void every_typed_field_is_read(Test *t)
{
    IoptGraph *graph;

    T_OK(t, iopt_graphdef_load(graph_path("tf115_graph_tensor_forms.pb"), &graph, &t->err));
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptAttr *const value = iopt_attr(graph->nodes[i], "value");
        if (value && iopt_is_op(graph->nodes[i], "Const"))
            T_SAME_INT(t, value->kind, IOPT_ATTR_TENSOR);
    }
    iopt_graph_destroy(graph);
}

static void wire(IoptText *out, const char *bytes, size_t size, uint32_t number)
{
    iopt_wire_put_bytes(out, number, bytes, size);
}

/* node { name: "c" op: "Const" attr { key: "value" value { tensor { TENSOR } } } } */
static IoptStatus parse_tensor(const void *tensor, size_t size, IoptGraph **out, IoptError *err)
{
    IoptText value = { 0 }, entry = { 0 }, node = { 0 }, graph = { 0 };
    IoptBuffer *buffer;

    wire(&value, tensor, size, 8);
    wire(&entry, "value", 5, 1);
    wire(&entry, value.s, value.size, 2);
    wire(&node, "c", 1, 1);
    wire(&node, "Const", 5, 2);
    wire(&node, entry.s, entry.size, 5);
    wire(&graph, node.s, node.size, 1);
    IoptStatus status = iopt_buffer_create(graph.size, &buffer, err);
    if (status == IOPT_OK) {
        memcpy(iopt_buffer_data(buffer), graph.s, graph.size);
        status = iopt_graphdef_parse(buffer, out, err);
        iopt_buffer_unref(buffer);
    }
    iopt_text_free(&value);
    iopt_text_free(&entry);
    iopt_text_free(&node);
    iopt_text_free(&graph);
    return status;
}

static void last_value_is_repeated(Test *t)
{
    /* dtype: DT_INT32 tensor_shape { dim { size: 10000000 } } int_val: 1 int_val: -2 */
    static const char bytes[] = "\x08\x03\x12\x07\x12\x05\x08\x80\xad\xe2\x04"
                                "\x38\x01\x38\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    IoptGraph *graph;

    T_OK(t, parse_tensor(bytes, sizeof bytes - 1, &graph, &t->err));
    const IoptTensor *const tensor = iopt_const(graph->nodes[0]);
    T_SAME_INT(t, iopt_elems(tensor), 10000000);
    T_SAME_INT(t, iopt_i32(tensor)[0], 1);
    T_SAME_INT(t, iopt_i32(tensor)[1], -2);
    T_SAME_INT(t, iopt_i32(tensor)[9999999], -2);
    iopt_graph_destroy(graph);
}

static void strings_of_raw_content_are_split(Test *t)
{
    /* dtype: DT_STRING tensor_shape { dim { size: 3 } } tensor_content: 2 0 1 "ab" "c" */
    static const char bytes[] = "\x08\x07\x12\x04\x12\x02\x08\x03\x22\x06\x02\x00\x01"
                                "abc";
    IoptGraph *graph;

    T_OK(t, parse_tensor(bytes, sizeof bytes - 1, &graph, &t->err));
    const IoptBytes *const s = iopt_const(graph->nodes[0])->data;
    T_SAME_INT(t, s[0].size, 2);
    T_SAME_INT(t, s[1].size, 0);
    T_SAME_INT(t, s[2].size, 1);
    T_CHECK(t, s[0].data[1] == 'b' && s[2].data[0] == 'c');
    iopt_graph_destroy(graph);
}

static void new_attributes_are_packed(Test *t)
{
    static const char *const data = "NHWC";
    const int64_t ints[] = { 1, -2, 300 }, dims[] = { -1, 0, 3 };
    const bool bools[] = { true, false };
    const IoptBytes strings[] = { { data, 4 }, { data, 0 } };
    const IoptShape shape = iopt_shape(3, dims), shapes[] = { shape, iopt_shape_unknown() };
    const IoptDType types[] = { IOPT_F32, IOPT_I64 };
    const float floats[] = { 0.5F };
    const IoptAttr lists[] = {
        { .name = "bools", .kind = IOPT_ATTR_BOOLS, .count = 2, .u.bools = bools },
        { .name = "strings", .kind = IOPT_ATTR_STRINGS, .count = 2, .u.strings = strings },
        { .name = "shapes", .kind = IOPT_ATTR_SHAPES, .count = 2, .u.shapes = shapes },
        { .name = "types", .kind = IOPT_ATTR_TYPES, .count = 2, .u.types = types },
        { .name = "floats", .kind = IOPT_ATTR_FLOATS, .count = 1, .u.floats = floats },
        { .name = "empty", .kind = IOPT_ATTR_EMPTY_LIST },
        { .name = "nothing", .kind = IOPT_ATTR_OPAQUE },
    };
    const char *const path = t_path(t_temp_dir(), "packed.pb");
    IoptTensor *tensor;
    IoptGraph *graph;
    IoptNode *node, *reader;

    T_OK(t, iopt_graph_create(&graph, &t->err));
    T_OK(t, iopt_graph_add(graph, "n", "Op", &node, &t->err));
    T_OK(t, iopt_graph_add(graph, "r", "Op", &reader, &t->err));
    T_OK(t, iopt_node_add_input(reader, (IoptValue){ node, 2 }, &t->err));
    T_OK(t, iopt_node_add_control(reader, node, &t->err));
    T_OK(t, iopt_node_set_int(node, "i", -7, &t->err));
    T_OK(t, iopt_node_set_float(node, "f", 0.0F, &t->err));
    T_OK(t, iopt_node_set_bool(node, "b", false, &t->err));
    T_OK(t, iopt_node_set_type(node, "type", IOPT_F32, &t->err));
    T_OK(t, iopt_node_set_string(node, "s", "", &t->err));
    T_OK(t, iopt_node_set_shape(node, "shape", &shape, &t->err));
    T_OK(t, iopt_node_set_ints(node, "ints", ints, 3, &t->err));
    T_OK(t, iopt_tensor_vector_i32((const int32_t[]){ 5, 6 }, 2, &tensor, &t->err));
    T_OK(t, iopt_node_set_tensor(node, "tensor", tensor, &t->err));
    for (size_t i = 0; i < IOPT_COUNT(lists); i++)
        T_OK(t, iopt_node_set_attr(node, &lists[i], &t->err));
    T_OK(t, iopt_graphdef_save(graph, path, &t->err));

    IoptGraph *loaded;
    T_OK(t, iopt_graphdef_load(path, &loaded, &t->err));
    T_SAME_INT(t, loaded->nodes[0]->n_attrs, node->n_attrs);
    for (size_t i = 0; i < node->n_attrs; i++) {
        T_SAME_INT(t, loaded->nodes[0]->attrs[i].kind, node->attrs[i].kind);
        if (node->attrs[i].kind != IOPT_ATTR_OPAQUE &&
            !iopt_attr_equal(&node->attrs[i], &loaded->nodes[0]->attrs[i]))
            T_FAIL(t, "%s changed", node->attrs[i].name);
    }
    T_SAME_INT(t, loaded->nodes[1]->in[0].port, 2);
    T_SAME_INT(t, loaded->nodes[1]->n_control, 1);
    iopt_graph_destroy(loaded);
    iopt_graph_destroy(graph);
}

static void broken_files_are_refused(Test *t)
{
    static const struct {
        const char *file, *text;
    } cases[] = {
        { "bad_absent_input.pb", "'relu': its input 'ba1_gone' is not in the graph" },
        { "bad_content_length.pb", "'b1': attribute 'value': tensor_content has 23 bytes, "
                                   "float[6] wants 24" },
        { "bad_cycle.pb", "cycle" },
        { "bad_deep_message.pb", "nested deeper than 100" },
        { "bad_duplicate_nodes.pb", "two nodes are called 'relu'" },
        { "bad_huge_shape.pb", "float[1099511627776]" },
        { "bad_negative_dim.pb", "dimension -6" },
        { "bad_unknown_dtype.pb", "number 77" },
        { "bad_utf8_name.pb", "a node's name is not valid UTF-8" },
        { "bad_truncated.pb", "not a whole GraphDef" },
        { "bad_random_bytes.pb", "not a whole GraphDef" },
        { "bad_no_nodes.pb", "without nodes" },
    };
    IoptGraph *graph;

    for (size_t i = 0; i < IOPT_COUNT(cases); i++) {
        T_FAILS(t, iopt_graphdef_load(graph_path(cases[i].file), &graph, &t->err), IOPT_BAD_MODEL,
                cases[i].text);
        T_CHECK(t, graph == NULL);
    }
    T_FAILS(t, iopt_graphdef_load(graph_path("bad_min_consumer.pb"), &graph, &t->err),
            IOPT_UNSUPPORTED, "newer TensorFlow");
}

/* Every beginning of a file, and every file with one bit changed, loads or fails cleanly. */
static void damaged_bytes_do_no_harm(Test *t)
{
    static const char *const files[] = { "hand_wire_forms.pb", "tf115_graph_tensor_forms.pb" };
    IoptBuffer *file;
    IoptGraph *graph;

    for (size_t i = 0; i < IOPT_COUNT(files); i++) {
        T_OK(t, iopt_file_map(graph_path(files[i]), &file, &t->err));
        const size_t size = iopt_buffer_bytes(file);
        for (size_t n = 0; n < size; n++) {
            IoptBuffer *const cut = copy_of(t, iopt_buffer_data(file), n);
            (void)iopt_graphdef_parse(cut, &graph, &t->err);
            iopt_graph_destroy(graph);
            iopt_buffer_unref(cut);
            IoptBuffer *const flipped = copy_of(t, iopt_buffer_data(file), size);
            ((unsigned char *)iopt_buffer_data(flipped))[n] ^= (unsigned char)(1U << n % 8);
            (void)iopt_graphdef_parse(flipped, &graph, &t->err);
            iopt_graph_destroy(graph);
            iopt_buffer_unref(flipped);
        }
        iopt_buffer_unref(file);
    }
}

static void a_chain_of_1e5_nodes_loads(Test *t)
{
    enum { NODES = 100000 };
    const char *const path = t_path(t_temp_dir(), "chain.pb");
    IoptNode *node, *before = NULL;
    IoptGraph *graph;
    char name[32];

    T_OK(t, iopt_graph_create(&graph, &t->err));
    for (int i = 0; i < NODES; i++) {
        (void)snprintf(name, sizeof name, "n%d", i);
        T_OK(t, iopt_graph_add(graph, name, "Identity", &node, &t->err));
        if (before)
            T_OK(t, iopt_node_add_input(node, (IoptValue){ before, 0 }, &t->err));
        before = node;
    }
    T_OK(t, iopt_graphdef_save(graph, path, &t->err));
    iopt_graph_destroy(graph);
    T_OK(t, iopt_graphdef_load(path, &graph, &t->err));
    T_SAME_INT(t, graph->n_nodes, NODES);
    iopt_graph_destroy(graph);
}

const TestCase tests_graphdef[] = {
    TEST(committed_graphs_come_back),       TEST(golden_graphs_come_back),
    TEST(every_typed_field_is_read),        TEST(last_value_is_repeated),
    TEST(strings_of_raw_content_are_split), TEST(new_attributes_are_packed),
    TEST(broken_files_are_refused),         TEST(damaged_bytes_do_no_harm),
    TEST(a_chain_of_1e5_nodes_loads),       { 0 },
};
