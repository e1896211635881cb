/* The machinery of graph transforms: names, order, hashes, renaming, matches, numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/gtt/gtt_driver.h"
#include "passes/gtt/gtt_hash.h"
#include "passes/gtt/gtt_match.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_rename.h"
#include "passes/gtt/gtt_sort.h"
#include "t.h"

/* "c Op a b": a node with its op and its inputs, words separated by blanks. */
static void add_node(Test *t, IoptNodeList *list, const char *words)
{
    IoptListNode *node = NULL;
    char text[256], name[64] = "", *rest = NULL;

    T_CHECK(t, strlen(words) < sizeof text);
    (void)strcpy(text, words);
    for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        if (!*name)
            (void)strncpy(name, word, sizeof name - 1);
        else if (!node)
            T_OK(t, iopt_list_add(list, name, word, &node, &t->err));
        else
            T_OK(t, iopt_list_add_input(node, word, &t->err));
    }
}

static IoptNodeList *make_list(Test *t, const char *const *lines, size_t count)
{
    IoptNodeList *list;

    T_OK(t, iopt_list_create(NULL, &list, &t->err));
    for (size_t i = 0; i < count; i++)
        add_node(t, list, lines[i]);
    return list;
}

#define LIST(t, ...)                                   \
    make_list(t, (const char *const[]){ __VA_ARGS__ }, \
              sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void inputs_split_at_colons(Test *t)
{
    const IoptGttName name = iopt_gtt_split("^f:out:0");

    T_CHECK(t, name.control);
    T_SAME_INT(t, name.node.size, 1);
    T_SAME_INT(t, name.suffix.size, strlen(":out"));
    T_CHECK(t, iopt_gtt_same_value("a", "a:0") && !iopt_gtt_same_value("a", "^a"));
    T_CHECK(t, iopt_gtt_names("^a:12", "a") && !iopt_gtt_names("ab", "a"));
}

static void the_last_one_found_goes_first(Test *t)
{
    IoptNodeList *const list = LIST(t, "c Add a b", "a Const", "b Const");
    IoptNodeList *sorted;

    T_OK(t, iopt_gtt_sort(list, &sorted, &t->err));
    T_SAME_TEXT(t, sorted->nodes[0]->node->name, "b");
    T_SAME_TEXT(t, sorted->nodes[1]->node->name, "a");
    T_SAME_TEXT(t, sorted->nodes[2]->node->name, "c");
    iopt_list_destroy(sorted);
    iopt_list_destroy(list);
}

static void cycles_and_strangers_are_named(Test *t)
{
    IoptNodeList *const round = LIST(t, "a Relu b", "b Relu a"), *out;
    IoptNodeList *const open = LIST(t, "a Relu nobody");

    T_FAILS(t, iopt_gtt_sort(round, &out, &t->err), IOPT_INVALID_ARGUMENT, "2 nodes in a cycle");
    T_FAILS(t, iopt_gtt_sort(open, &out, &t->err), IOPT_INVALID_ARGUMENT,
            "Node 'a': Unknown input node 'nobody'");
    iopt_list_destroy(round);
    iopt_list_destroy(open);
}

static void hashes_are_tensorflows(Test *t)
{
    T_CHECK(t, iopt_gtt_hash_bytes("", 0) == UINT64_C(0x81769421199f9e3b));
    T_CHECK(t, iopt_gtt_hash_bytes("Const", 5) == UINT64_C(0x509535092bf8fc84));
    T_CHECK(t, iopt_gtt_hash_bytes("abcdefgh", 8) == UINT64_C(0x2f994778e453fc52));
}

static void renames_follow_each_other(Test *t)
{
    IoptNodeList *const list = LIST(t, "r Op a:0 ^a a:2"), *out;
    IoptGttRenames renames = { 0 };

    T_OK(t, iopt_gtt_renames_set(&renames, "a", "b:1", &t->err));
    T_OK(t, iopt_gtt_renames_set(&renames, "b:1", "c", &t->err));
    T_OK(t, iopt_gtt_rename_inputs(list, &renames, NULL, 0, &out, &t->err));
    T_SAME_TEXT(t, out->nodes[0]->inputs[0], "c");
    T_SAME_TEXT(t, out->nodes[0]->inputs[1], "^a");
    T_SAME_TEXT(t, out->nodes[0]->inputs[2], "a:2");
    iopt_list_destroy(out);
    T_OK(t, iopt_gtt_renames_set(&renames, "c", "a", &t->err));
    T_FAILS(t, iopt_gtt_rename_inputs(list, &renames, NULL, 0, &out, &t->err),
            IOPT_INVALID_ARGUMENT, "RenameNodeInputs argument contains a cycle for a");
    iopt_gtt_renames_free(&renames);
    iopt_list_destroy(list);
}

static void a_node_is_in_one_match_only(Test *t)
{
    static const IoptGttPattern inputs[] = { { .op = "*" }, { .op = "Const" } };
    static const IoptGttPattern pattern = { "Mul", 2, inputs };
    IoptNodeList *const list =
        LIST(t, "x Placeholder", "w Const", "v Const", "m Mul x w", "n Mul x v");
    IoptGttMatches matches;

    T_OK(t, iopt_gtt_find_matches(list, &pattern, &matches, &t->err));
    T_SAME_INT(t, matches.n, 1); /* both read x */
    iopt_gtt_matches_free(&matches);
    iopt_list_destroy(list);
}

static void numbers_are_read_as_tensorflow_reads_them(Test *t)
{
    static const char *const good[] = { "1.", ".5", "+1e5", " 00012 ", "0x1F", "InF", "-nan" };
    static const char *const bad[] = { "", ".", "1e", "0x", "0x1p3", "infinity", "1.5f", "1,5" };
    int64_t number;
    float value;

    for (size_t i = 0; i < IOPT_COUNT(good); i++)
        if (!iopt_gtt_read_float(good[i], &value))
            T_FAIL(t, "'%s' is a number", good[i]);
    for (size_t i = 0; i < IOPT_COUNT(bad); i++)
        if (iopt_gtt_read_float(bad[i], &value))
            T_FAIL(t, "'%s' is no number", bad[i]);
    T_CHECK(t, iopt_gtt_read_float("0x1F", &value) && value == 31);
    T_CHECK(t, iopt_gtt_read_int64(" -9223372036854775808 ", INT64_MIN, INT64_MAX, &number));
    T_CHECK(t, number == INT64_MIN);
    T_CHECK(t, !iopt_gtt_read_int64("9223372036854775808", INT64_MIN, INT64_MAX, &number));
    T_CHECK(t, !iopt_gtt_read_int64("+1", INT64_MIN, INT64_MAX, &number));
}

static void every_definition_can_be_applied(Test *t)
{
    static const char *const ops[] = { "LRN", "ImageSummary", "TensorArrayV3", "Conv2D", "Print" };
    IoptNodeList *list;
    IoptListNode *node;

    T_OK(t, iopt_list_create(NULL, &list, &t->err));
    for (size_t i = 0; i < IOPT_COUNT(ops); i++) {
        T_CHECK(t, iopt_op_def_find(ops[i]) != NULL);
        T_OK(t, iopt_list_add(list, "n", ops[i], &node, &t->err));
        T_OK(t, iopt_op_def_add_defaults(iopt_op_def_find(ops[i]), node, &t->err));
        T_CHECK(t, node->node->n_attrs > 0);
    }
    T_CHECK(t, iopt_op_def_find("Nope") == NULL);
    iopt_list_destroy(list);
}

/* Depth and length are the input's: nothing here may recurse over it. */
static void a_chain_of_1e5_nodes_is_transformed(Test *t)
{
    const char *const names[] = { "n99999" };
    const IoptTransformContext context = { .outputs = names, .n_outputs = 1 };
    IoptNodeList *list, *out;
    IoptListNode *node;
    IoptGttCalls calls;
    char name[16] = "", input[16];

    T_OK(t, iopt_list_create(NULL, &list, &t->err));
    for (int i = 0; i < 100000; i++) {
        (void)strcpy(input, name);
        (void)snprintf(name, sizeof name, "n%d", i);
        T_OK(t, iopt_list_add(list, name, i ? "Relu" : "Placeholder", &node, &t->err));
        if (i)
            T_OK(t, iopt_list_add_input(node, input, &t->err));
    }
    T_OK(t, iopt_gtt_parse("strip_unused_nodes sort_by_execution_order obfuscate_names"
                           " remove_nodes(op=Identity) insert_logging(op=Foo)",
                           &calls, &t->err));
    T_OK(t, iopt_gtt_run(list, &calls, &context, &out, &t->err));
    T_SAME_INT(t, out->n_nodes, 100000);
    iopt_gtt_calls_free(&calls);
    iopt_list_destroy(out);
    iopt_list_destroy(list);
}

const TestCase tests_gtt_machinery[] = {
    TEST(inputs_split_at_colons),
    TEST(the_last_one_found_goes_first),
    TEST(cycles_and_strangers_are_named),
    TEST(hashes_are_tensorflows),
    TEST(renames_follow_each_other),
    TEST(a_node_is_in_one_match_only),
    TEST(numbers_are_read_as_tensorflow_reads_them),
    TEST(every_definition_can_be_applied),
    TEST(a_chain_of_1e5_nodes_is_transformed),
    { 0 },
};
