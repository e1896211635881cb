/* The reader of graphs as text, and comparing a pass's before and after. */
#include "t_graph.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "passes/pass.h"

typedef struct Reader {
    Test *t;
    IoptGraph *graph;
    const char *at; /* within the text */
    int line;
} Reader;

static void skip_blanks(Reader *r)
{
    while (*r->at == ' ')
        r->at++;
}

static bool accept(Reader *r, char c)
{
    skip_blanks(r);
    if (*r->at != c)
        return false;
    r->at++;
    return true;
}

static void expect(Reader *r, char c)
{
    if (!accept(r, c))
        T_FAIL(r->t, "line %d: want '%c' at: %.20s", r->line, c, r->at);
}

/* A word of letters, digits and _ . / - + : ^ */
static const char *word(Reader *r, char *out, size_t size)
{
    size_t n = 0;

    skip_blanks(r);
    while (isalnum((unsigned char)*r->at) || (*r->at && strchr("_./-+:^", *r->at))) {
        if (n + 1 < size)
            out[n++] = *r->at;
        r->at++;
    }
    out[n] = 0;
    if (n == 0)
        T_FAIL(r->t, "line %d: want a word at: %.20s", r->line, r->at);
    return out;
}

static IoptDType type_of(const char *name)
{
    static const struct {
        const char *name;
        IoptDType type;
    } types[] = { { "f32", IOPT_F32 }, { "f64", IOPT_F64 },  { "i32", IOPT_I32 },
                  { "i64", IOPT_I64 }, { "u8", IOPT_U8 },    { "i8", IOPT_I8 },
                  { "b", IOPT_BOOL },  { "f16", IOPT_F16 },  { "bf16", IOPT_BF16 },
                  { "qu8", IOPT_QU8 }, { "qi32", IOPT_QI32 } };

    for (size_t i = 0; i < IOPT_COUNT(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    return IOPT_DTYPE_NONE;
}

IoptTensor *t_random(Test *t, IoptDType dtype, const IoptShape *shape, unsigned seed)
{
    IoptTensor *tensor;
    uint32_t state = seed * 2654435761u + 12345u;

    T_OK(t, iopt_tensor_create(dtype, shape, &tensor, &t->err));
    for (size_t i = 0; i < iopt_elems(tensor); i++) {
        state = state * 1664525u + 1013904223u;
        if (iopt_dtype_is_float(dtype))
            iopt_tensor_set_f64(tensor, i, (double)(state >> 8) / (1 << 23) - 1.0);
        else if (dtype == IOPT_QU8)
            iopt_tensor_set_i64(tensor, i, state >> 24);
        else if (dtype == IOPT_QI32)
            iopt_tensor_set_i64(tensor, i, (int32_t)state / 16);
        else
            iopt_tensor_set_i64(tensor, i, dtype == IOPT_BOOL ? state >> 31 : (state >> 8) % 10);
    }
    return tensor;
}

static IoptShape read_shape(Reader *r)
{
    IoptShape shape = { 0 };
    char text[32];

    expect(r, '[');
    while (!accept(r, ']')) {
        if (accept(r, '?'))
            iopt_shape_push(&shape, -1);
        else
            iopt_shape_push(&shape, strtoll(word(r, text, sizeof text), NULL, 10));
        (void)accept(r, ',');
    }
    return shape;
}

/* What stands between the brackets of a Const, kept until its type is known. */
static void fill_const(Reader *r, IoptNode *node, const char *values, IoptDType dtype,
                       const IoptShape *shape)
{
    IoptTensor *tensor;
    unsigned seed;
    double value = 0;
    int used;

    if (sscanf(values, " random %u", &seed) == 1) {
        tensor = t_random(r->t, dtype, shape, seed);
    } else {
        T_OK(r->t, iopt_tensor_create(dtype, shape, &tensor, &r->t->err));
        for (size_t i = 0; i < iopt_elems(tensor); i++) {
            if (sscanf(values, " %lf%n", &value, &used) == 1)
                values += used;
            iopt_tensor_set_f64(tensor, i, value);
        }
    }
    T_OK(r->t, iopt_node_set_tensor(node, "value", tensor, &r->t->err));
    T_OK(r->t, iopt_node_set_type(node, "dtype", dtype, &r->t->err));
}

static void read_inputs(Reader *r, IoptNode *node)
{
    char text[128];
    IoptValue value;

    while (!accept(r, ')')) {
        word(r, text, sizeof text);
        const bool control = text[0] == '^';
        T_OK(r->t, iopt_graph_find_value(r->graph, text + control, &value, &r->t->err));
        if (control)
            T_OK(r->t, iopt_node_add_control(node, value.node, &r->t->err));
        else
            T_OK(r->t, iopt_node_add_input(node, value, &r->t->err));
        (void)accept(r, ',');
    }
}

static void read_list(Reader *r, IoptNode *node, const char *name)
{
    int64_t ints[32];
    size_t count = 0;
    char text[32];

    while (!accept(r, ']')) {
        ints[count++] = strtoll(word(r, text, sizeof text), NULL, 10);
        (void)accept(r, ',');
    }
    T_OK(r->t, iopt_node_set_ints(node, name, ints, count, &r->t->err));
}

static void read_attr(Reader *r, IoptNode *node)
{
    char name[64], value[64], *end;

    word(r, name, sizeof name);
    expect(r, '=');
    if (accept(r, '[')) {
        read_list(r, node, name);
        return;
    }
    word(r, value, sizeof value);
    const long long i = strtoll(value, &end, 10);
    if (!*end) {
        T_OK(r->t, iopt_node_set_int(node, name, i, &r->t->err));
        return;
    }
    const float f = strtof(value, &end);
    if (!*end)
        T_OK(r->t, iopt_node_set_float(node, name, f, &r->t->err));
    else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
        T_OK(r->t, iopt_node_set_bool(node, name, value[0] == 't', &r->t->err));
    else if (type_of(value))
        T_OK(r->t, iopt_node_set_type(node, name, type_of(value), &r->t->err));
    else
        T_OK(r->t, iopt_node_set_string(node, name, value, &r->t->err));
}

static void set_default_type(Reader *r, IoptNode *node)
{
    const IoptAttr *type = NULL;

    if (node->n_in == 0 || iopt_attr(node, "T"))
        return;
    type = iopt_attr(node->in[0].node, "dtype");
    type = type ? type : iopt_attr(node->in[0].node, "T");
    T_OK(r->t, iopt_node_set_type(node, "T", type ? type->u.type : IOPT_F32, &r->t->err));
}

static void read_node(Reader *r)
{
    char name[128], op[64], values[1024] = "", type[16];
    IoptNode *node;

    word(r, name, sizeof name);
    expect(r, '=');
    word(r, op, sizeof op);
    T_OK(r->t, iopt_graph_add(r->graph, name, op, &node, &r->t->err));
    expect(r, '(');
    if (strcmp(op, "Const") == 0) {
        const size_t n = strcspn(r->at, ")");
        (void)snprintf(values, sizeof values, "%.*s", (int)n, r->at);
        r->at += n + 1;
    } else {
        read_inputs(r, node);
    }
    for (skip_blanks(r); *r->at && *r->at != '\n' && *r->at != ':'; skip_blanks(r))
        read_attr(r, node);
    if (accept(r, ':')) {
        const IoptDType dtype = type_of(word(r, type, sizeof type));
        const IoptShape shape = read_shape(r);
        if (strcmp(op, "Const") == 0) {
            fill_const(r, node, values, dtype, &shape);
        } else {
            T_OK(r->t, iopt_node_set_type(node, "dtype", dtype, &r->t->err));
            T_OK(r->t, iopt_node_set_shape(node, "shape", &shape, &r->t->err));
        }
    }
    set_default_type(r, node);
}

static void read_outputs(Reader *r)
{
    IoptValue values[16];
    size_t count = 0;
    char text[128];

    do {
        T_OK(r->t, iopt_graph_find_value(r->graph, word(r, text, sizeof text), &values[count],
                                         &r->t->err));
        count++;
    } while (accept(r, ','));
    T_OK(r->t, iopt_graph_set_outputs(r->graph, values, count, &r->t->err));
}

static void set_inputs(Reader *r)
{
    IoptValue values[16];
    size_t count = 0;

    for (size_t i = 0; i < r->graph->n_nodes && count < IOPT_COUNT(values); i++)
        if (iopt_is_op(r->graph->nodes[i], "Placeholder"))
            values[count++] = (IoptValue){ r->graph->nodes[i], 0 };
    T_OK(r->t, iopt_graph_set_inputs(r->graph, values, count, &r->t->err));
}

IoptGraph *t_graph(Test *t, const char *text)
{
    Reader r = { .t = t, .at = text, .line = 1 };

    T_OK(t, iopt_graph_create(&r.graph, &t->err));
    for (; *r.at; r.line++) {
        skip_blanks(&r);
        if (strncmp(r.at, "return ", 7) == 0) {
            r.at += 7;
            read_outputs(&r);
        } else if (*r.at != '\n') {
            read_node(&r);
        }
        if (*r.at)
            expect(&r, '\n');
    }
    set_inputs(&r);
    return r.graph;
}

void t_expect_ops(Test *t, const IoptGraph *graph, const char *want)
{
    char got[4096] = "";

    for (size_t i = 0; i < graph->n_nodes; i++) {
        strncat(got, i ? " " : "", sizeof got - strlen(got) - 1);
        strncat(got, graph->nodes[i]->op, sizeof got - strlen(got) - 1);
    }
    T_SAME_TEXT(t, got, want);
}

typedef struct Outputs {
    IoptTensor **tensors;
    size_t count;
} Outputs;

static IoptTensor *feed(Test *t, const IoptNode *node, unsigned seed)
{
    IoptShape shape = iopt_attr(node, "shape")->u.shape;

    for (int i = 0; i < shape.rank; i++)
        if (shape.dim[i] < 0)
            shape.dim[i] = 2;
    return t_random(t, iopt_attr_type(node, "dtype", IOPT_F32), &shape, seed);
}

/* A feed depends on the name alone: passes may move nodes. */
static unsigned seed_of(const char *name)
{
    return (unsigned)iopt_hash(name, strlen(name), 0) % 1000u;
}

static void eval_node(Test *t, const IoptNode *node, const Outputs *done, Outputs *out)
{
    const IoptTensor *in[32];
    const IoptOp *const op = iopt_op_find(node->op);

    if (!op)
        T_FAIL(t, "no op %s", node->op);
    out->count = iopt_node_n_out(node);
    out->tensors = calloc(out->count + 1, sizeof(IoptTensor *));
    if (iopt_is_op(node, "Placeholder")) {
        out->tensors[0] = feed(t, node, seed_of(node->name));
        return;
    }
    for (size_t i = 0; i < node->n_in; i++)
        in[i] = done[node->in[i].node->index].tensors[node->in[i].port];
    T_OK(t, iopt_op_eval(op, node, in, out->tensors, &t->err));
}

void t_eval(Test *t, const IoptGraph *graph, IoptTensor **out)
{
    IoptNode **order;
    Outputs *const done = calloc(graph->n_nodes + 1, sizeof *done);

    T_OK(t, iopt_graph_order(graph, &order, &t->err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        eval_node(t, order[i], done, &done[order[i]->index]);
    for (size_t i = 0; i < graph->n_outputs; i++)
        T_OK(t,
             iopt_tensor_clone(done[graph->outputs[i].node->index].tensors[graph->outputs[i].port],
                               &out[i], &t->err));
    for (size_t i = 0; i < graph->n_nodes; i++) {
        for (size_t k = 0; k < done[i].count; k++)
            iopt_tensor_destroy(done[i].tensors[k]);
        free(done[i].tensors);
    }
    free(done);
    free(order);
}

static void compare(Test *t, const IoptTensor *before, const IoptTensor *after, IoptExactness exact)
{
    double largest = 0, difference = 0;

    T_SAME_INT(t, after->dtype, before->dtype);
    T_SAME_TEXT(t, iopt_shape_text(&after->shape).s, iopt_shape_text(&before->shape).s);
    for (size_t i = 0; i < iopt_elems(before); i++) {
        const double want = iopt_tensor_get_f64(before, i), got = iopt_tensor_get_f64(after, i);
        largest = fmax(largest, fabs(want));
        difference = fmax(difference, fabs(got - want));
    }
    if (exact == IOPT_SAME_BITS)
        T_CHECK(t, iopt_tensor_equal(before, after));
    else
        T_NEAR(t, difference, 0, 1e-5 * largest + 1e-7);
}

IoptTensor *t_eval_node(Test *t, IoptGraph *graph, const char *name)
{
    const IoptValue value = { iopt_graph_find(graph, name), 0 };
    IoptTensor *out;

    T_CHECK(t, value.node != NULL);
    T_OK(t, iopt_graph_set_outputs(graph, &value, 1, &t->err));
    t_eval(t, graph, &out);
    return out;
}

void t_expect_inferred(Test *t, const char *text, const char *want)
{
    const IoptInferOptions options = { .fold = true, .strict = true };
    IoptGraph *const graph = t_graph(t, text);

    T_OK(t, iopt_graph_infer(graph, &options, &t->err));
    const IoptFact fact = iopt_fact_at(graph->outputs[0]);
    T_SAME_TEXT(t, iopt_fact_text(&fact).s, want);
    iopt_graph_destroy(graph);
}

void t_run_pass(Test *t, IoptGraph *graph, const char *name)
{
    const IoptPassOptions options = { 0 };
    IoptPassContext context = { .options = &options };
    IoptTensor *before[16], *after[16];
    const IoptPass *const pass = iopt_pass_find(name);

    T_CHECK(t, pass != NULL);
    t_eval(t, graph, before);
    T_OK(t, iopt_pass_run(pass, graph, &context, &t->err));
    t_eval(t, graph, after);
    for (size_t i = 0; i < graph->n_outputs; i++) {
        compare(t, before[i], after[i], pass->exactness);
        iopt_tensor_destroy(before[i]);
        iopt_tensor_destroy(after[i]);
    }
}
