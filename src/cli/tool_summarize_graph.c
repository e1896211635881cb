/* summarize_graph: TensorFlow's tool, with its flags, its lines and its exit status. */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "cli/tool_help.h"
#include "cli/tools.h"
#include "formats/model_file.h"
#include "formats/tensor_text.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_sort.h"

/* Fields of AttrValue. */
enum { ATTR_TYPE = 6, ATTR_SHAPE = 7 };
enum { STRUCTURE_VALUES = 3 }; /* elements of a constant that --print_structure shows */

typedef struct Summary {
    const char *path;
    const IoptNodeList *list;
    const IoptNode **inputs, **variables, **outputs;
    size_t n_inputs, n_variables, n_outputs;
    IoptText text;
    IoptError *err;
} Summary;

static void put(Summary *s, const char *text)
{
    iopt_text_append(&s->text, text, strlen(text));
}

/* What was written goes out now: warnings on stderr come where TensorFlow has them. */
static IoptStatus flush_text(Summary *s)
{
    if (s->text.failed)
        return iopt_fail_memory(s->err, s->text.size);
    if (s->text.size)
        (void)fwrite(s->text.s, 1, s->text.size, stdout);
    s->text.size = 0;
    return IOPT_OK;
}

/* --- inputs, variables, outputs -------------------------------------------------------------- */

static bool is_variable(const IoptNode *node)
{
    return iopt_op_in(node->op, "Variable|VariableV2");
}

static uint64_t type_of(const IoptNode *node)
{
    const IoptAttr *const attr = iopt_attr(node, "dtype");
    uint64_t number = 0;

    if (attr)
        (void)iopt_wire_last(attr->raw, ATTR_TYPE, &number);
    return number;
}

static void put_node(Summary *s, const IoptNode *node)
{
    const IoptAttr *const shape = iopt_attr(node, "shape");
    const uint64_t type = type_of(node);

    iopt_text_printf(&s->text, "(name=%s, type=", node->name);
    iopt_dtype_text(type, &s->text);
    iopt_text_printf(&s->text, "(%lld), shape=", (long long)type);
    if (shape)
        (void)iopt_shape_message_text(iopt_wire_last(shape->raw, ATTR_SHAPE, NULL), &s->text);
    else
        put(s, "None");
    put(s, ") ");
}

static void put_nodes(Summary *s, const IoptNode *const *nodes, size_t count, const char *none,
                      const char *what)
{
    if (count == 0) {
        iopt_text_printf(&s->text, "%s\n", none);
        return;
    }
    iopt_text_printf(&s->text, "Found %zu %s: ", count, what);
    for (size_t i = 0; i < count; i++)
        put_node(s, nodes[i]);
    put(s, "\n");
}

static void put_outputs(Summary *s)
{
    if (s->n_outputs == 0) {
        put(s, "No outputs spotted.\n");
        return;
    }
    iopt_text_printf(&s->text, "Found %zu possible outputs: ", s->n_outputs);
    for (size_t i = 0; i < s->n_outputs; i++)
        iopt_text_printf(&s->text, "(name=%s, op=%s) ", s->outputs[i]->name, s->outputs[i]->op);
    put(s, "\n");
}

static IoptStatus add_reads(IoptMap *read, IoptArena *arena, const IoptListNode *node,
                            IoptError *err)
{
    for (size_t i = 0; i < node->n_inputs; i++) {
        const char *const name = iopt_gtt_node_name(arena, node->inputs[i]);
        if (!name)
            return iopt_fail_memory(err, strlen(node->inputs[i]));
        IOPT_TRY(iopt_map_set(read, name, node->node, err));
    }
    return IOPT_OK;
}

static IoptStatus find_nodes(Summary *s)
{
    const IoptNodeList *const list = s->list;
    IoptStatus status = IOPT_OK;
    IoptMap read = { 0 }; /* names that some node has as input */

    IOPT_DO(iopt_alloc((void **)&s->inputs, list->n_nodes, sizeof *s->inputs, s->err));
    IOPT_DO(iopt_alloc((void **)&s->variables, list->n_nodes, sizeof *s->variables, s->err));
    IOPT_DO(iopt_alloc((void **)&s->outputs, list->n_nodes, sizeof *s->outputs, s->err));
    for (size_t i = 0; i < list->n_nodes; i++)
        IOPT_DO(add_reads(&read, list->carrier->arena, list->nodes[i], s->err));
    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptNode *const node = list->nodes[i]->node;
        if (iopt_is_op(node, "Placeholder"))
            s->inputs[s->n_inputs++] = node;
        if (is_variable(node))
            s->variables[s->n_variables++] = node;
        if (!iopt_map_get(&read, node->name) &&
            !iopt_op_in(node->op, "Const|Assign|NoOp|Placeholder"))
            s->outputs[s->n_outputs++] = node;
    }
done:
    iopt_map_free(&read);
    return status;
}

/* --- counts ---------------------------------------------------------------------------------- */

/* The decoded tensor of attribute "value", or NULL with a line in the log. */
static const IoptTensor *value_of(Summary *s, const IoptNode *node)
{
    const IoptAttr *const attr = iopt_attr(node, "value");

    if (attr && attr->kind == IOPT_ATTR_TENSOR)
        return attr->u.tensor;
    if (flush_text(s) == IOPT_OK)
        (void)fflush(stdout);
    (void)fprintf(stderr, "Decoding Tensor failed for node%s\n", node->name);
    return NULL;
}

static void put_count(Summary *s, size_t count, const char *what)
{
    iopt_text_printf(&s->text, "%zu (", count);
    iopt_count_text((int64_t)count, &s->text);
    iopt_text_printf(&s->text, ") %s", what);
}

static void put_counts(Summary *s)
{
    size_t constants = 0, variables = 0, controls = 0;

    for (size_t i = 0; i < s->list->n_nodes; i++) {
        const IoptListNode *const entry = s->list->nodes[i];
        const IoptNode *const node = entry->node;
        const bool is_const = iopt_is_op(node, "Const");
        for (size_t k = 0; k < entry->n_inputs; k++)
            controls += iopt_gtt_is_control(entry->inputs[k]);
        if (!is_const && !is_variable(node))
            continue;
        const IoptTensor *const tensor = value_of(s, node);
        if (tensor)
            *(is_const ? &constants : &variables) += iopt_elems(tensor);
    }
    put(s, "Found ");
    put_count(s, constants, "const parameters, ");
    put_count(s, variables, "variable parameters, and ");
    iopt_text_printf(&s->text, "%zu control_edges\n", controls);
}

/* A name and how often it occurs. */
typedef struct Tally {
    const char *name;
    size_t count;
} Tally;

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const Tally *)a)->name, ((const Tally *)b)->name);
}

static int compare_counts(const void *a, const void *b)
{
    const Tally *const x = a, *const y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->name, y->name);
}

/* Names in byte order, each once with its count; returns how many. */
static size_t tally(Tally *names, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 0; i < count; i++)
        if (kept && strcmp(names[kept - 1].name, names[i].name) == 0)
            names[kept - 1].count += names[i].count;
        else
            names[kept++] = names[i];
    return kept;
}

/* Without a line break behind them: so TensorFlow has it. */
static IoptStatus put_devices(Summary *s)
{
    Tally *devices;
    size_t count = 0;

    IOPT_TRY(iopt_alloc((void **)&devices, s->list->n_nodes, sizeof *devices, s->err));
    for (size_t i = 0; i < s->list->n_nodes; i++)
        if (*s->list->nodes[i]->node->device)
            devices[count++] = (Tally){ s->list->nodes[i]->node->device, 1 };
    count = tally(devices, count);
    for (size_t i = 0; i < count; i++)
        iopt_text_printf(&s->text, "%zu nodes assigned to device '%s'", devices[i].count,
                         devices[i].name);
    free(devices);
    return IOPT_OK;
}

typedef struct Ops {
    Tally *items;
    size_t count, capacity;
} Ops;

static IoptStatus add_op(Ops *ops, const char *op, IoptError *err)
{
    void *items = ops->items;

    IOPT_TRY(iopt_grow(&items, &ops->capacity, ops->count + 1, sizeof(Tally), err));
    ops->items = items;
    ops->items[ops->count++] = (Tally){ op, 1 };
    return IOPT_OK;
}

/* FunctionDefLibrary.function = 1, FunctionDef.node_def = 3, NodeDef.op = 2. */
static IoptStatus add_function_ops(const IoptNodeList *list, Ops *ops, IoptError *err)
{
    IoptWire functions = iopt_wire(list->library);
    IoptWireField function, node;

    while (iopt_wire_next(&functions, &function)) {
        IoptWire nodes = iopt_wire(function.bytes);
        while (iopt_wire_is(&function, 1, IOPT_WIRE_LENGTH) && iopt_wire_next(&nodes, &node)) {
            if (!iopt_wire_is(&node, 3, IOPT_WIRE_LENGTH))
                continue;
            const IoptBytes op = iopt_wire_last(node.bytes, 2, NULL);
            const char *const text = iopt_arena_copy(list->carrier->arena, op.data, op.size);
            if (!text)
                return iopt_fail_memory(err, op.size);
            IOPT_TRY(add_op(ops, text, err));
        }
    }
    return IOPT_OK;
}

static IoptStatus put_ops(Summary *s)
{
    IoptStatus status = IOPT_OK;
    Ops ops = { 0 };

    for (size_t i = 0; i < s->list->n_nodes; i++)
        IOPT_DO(add_op(&ops, s->list->nodes[i]->node->op, s->err));
    IOPT_DO(add_function_ops(s->list, &ops, s->err));
    ops.count = tally(ops.items, ops.count);
    if (ops.count)
        qsort(ops.items, ops.count, sizeof *ops.items, compare_counts);
    put(s, "Op types used: ");
    for (size_t i = 0; i < ops.count; i++)
        iopt_text_printf(&s->text, "%s%zu %s", i ? ", " : "", ops.items[i].count,
                         ops.items[i].name);
    put(s, "\n");
done:
    free(ops.items);
    return status;
}

/* --- the command line for benchmark_model ---------------------------------------------------- */

/* "1,299,299,-1"; nothing if the shape is not known or none. */
static void put_sizes(Summary *s, const IoptNode *node)
{
    const IoptAttr *const attr = iopt_attr(node, "shape");
    IoptText text = { 0 };

    const bool is_shape =
        attr && iopt_shape_message_text(iopt_wire_last(attr->raw, ATTR_SHAPE, NULL), &text);
    for (size_t i = 1; is_shape && text.s && text.s[0] == '[' && i + 1 < text.size; i++) {
        const bool is_open = text.s[i] == '?';
        iopt_text_append(&s->text, is_open ? "-1" : &text.s[i], is_open ? 2 : 1);
    }
    s->text.failed = s->text.failed || text.failed;
    iopt_text_free(&text);
}

static void put_benchmark_line(Summary *s)
{
    const size_t count = s->n_inputs + s->n_variables;

    iopt_text_printf(&s->text,
                     "To use with tensorflow/tools/benchmark:benchmark_model try these arguments:\n"
                     "bazel run tensorflow/tools/benchmark:benchmark_model -- --graph=%s "
                     "--show_flops --input_layer=",
                     s->path);
    for (int part = 0; part < 3; part++) {
        static const char *const flags[] = { "", " --input_layer_type=", " --input_layer_shape=" };
        put(s, flags[part]);
        for (size_t i = 0; i < count; i++) {
            const IoptNode *const node =
                i < s->n_inputs ? s->inputs[i] : s->variables[i - s->n_inputs];
            put(s, i == 0 ? "" : part == 2 ? ":" : ",");
            if (part == 0)
                put(s, node->name);
            else if (part == 1)
                iopt_dtype_text(type_of(node), &s->text);
            else
                put_sizes(s, node);
        }
    }
    put(s, " --output_layer=");
    for (size_t i = 0; i < s->n_outputs; i++)
        iopt_text_printf(&s->text, "%s%s", i ? "," : "", s->outputs[i]->name);
    put(s, "\n");
}

/* --- structure ------------------------------------------------------------------------------- */

static IoptStatus put_structure(Summary *s)
{
    IoptListNode **order;
    size_t count;

    const IoptStatus status = iopt_gtt_order(s->list, &order, &count, s->err);
    for (size_t i = 0; i < count && status == IOPT_OK; i++) {
        const IoptListNode *const entry = order[i];
        iopt_text_printf(&s->text, "%s (%s): [", entry->node->name, entry->node->op);
        for (size_t k = 0; k < entry->n_inputs; k++)
            iopt_text_printf(&s->text, "%s%s", k ? ", " : "", entry->inputs[k]);
        put(s, "]");
        const IoptTensor *const tensor =
            iopt_is_op(entry->node, "Const") ? value_of(s, entry->node) : NULL;
        if (tensor) {
            put(s, ", value=");
            iopt_tensor_debug_text(tensor, STRUCTURE_VALUES, &s->text);
        }
        put(s, "\n");
    }
    free(order);
    return status;
}

/* --- the tool -------------------------------------------------------------------------------- */

static void put_line(void *user, const char *text)
{
    Summary *const s = user;

    iopt_text_printf(&s->text, "%s\n", text);
}

static IoptStatus summarize(Summary *s, bool print_structure)
{
    const IoptGttLog log = { put_line, s };
    const IoptTransformContext context = { .log = &log };

    IOPT_TRY(find_nodes(s));
    put_nodes(s, s->inputs, s->n_inputs, "No inputs spotted.", "possible inputs");
    put_nodes(s, s->variables, s->n_variables, "No variables spotted.", "variables");
    put_outputs(s);
    put_counts(s);
    IOPT_TRY(put_devices(s));
    IOPT_TRY(iopt_gtt_check_valid(s->list, &context, s->err));
    IOPT_TRY(put_ops(s));
    put_benchmark_line(s);
    return print_structure ? put_structure(s) : IOPT_OK;
}

static int run(const char *path, bool print_structure, const char *usage)
{
    IoptError err = { 0 };
    Summary s = { .path = path, .err = &err };
    IoptNodeList *list;

    if (iopt_model_load_list(path, NULL, &list, &err) != IOPT_OK) {
        (void)fprintf(stderr, "Loading graph '%s' failed with ", path);
        return tool_refuse(usage, "%s", err.text);
    }
    s.list = list;
    IoptStatus status = summarize(&s, print_structure);
    const IoptStatus written = flush_text(&s);
    status = status == IOPT_OK ? written : status;
    iopt_text_free(&s.text);
    free(s.inputs);
    free(s.variables);
    free(s.outputs);
    iopt_list_destroy(list);
    return status == IOPT_OK ? tool_finish() : tool_refuse(usage, "%s", err.text);
}

int tool_summarize_graph(int n_words, char **words)
{
    const char *in_graph = "";
    bool print_structure = false;
    const ToolFlag flags[] = {
        { "in_graph", TOOL_STRING, (void *)&in_graph, "input graph file name" },
        { "print_structure", TOOL_BOOL, &print_structure,
          "whether to print the network connections of the graph" },
        { 0 },
    };
    IoptText usage = { 0 };
    int exit_status;

    tool_flags_usage(flags, "summarize_graph", &usage);
    if (!tool_flags_parse(flags, &n_words, words))
        exit_status = tool_refuse(usage.s, "%s", "");
    else if (n_words > 0)
        exit_status = tool_refuse(usage.s, "Unknown argument %s.", words[0]);
    else if (!*in_graph)
        exit_status = tool_refuse(usage.s, "%s", "in_graph graph can't be empty.");
    else
        exit_status = run(in_graph, print_structure, usage.s);
    iopt_text_free(&usage);
    return exit_status;
}
