/* Comparing graphs node by node. */
#include "measure/graph_equal.h"

#include "formats/attr_text.h"

typedef struct Comparison {
    const IoptNodeList *actual, *expected;
    IoptText *out; /* the first difference */
    IoptError *err;
} Comparison;

static bool is_control(const char *input)
{
    return *input == '^';
}

/* --- inputs -------------------------------------------------------------------------------- */

static void put_joined(IoptText *out, const IoptListNode *node)
{
    for (size_t i = 0; i < node->n_inputs; i++)
        iopt_text_printf(out, "%s%s", i ? ", " : "", node->inputs[i]);
}

/* "x" and "x:0" are the same. */
static bool same_input(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);

    if (n == m)
        return strcmp(a, b) == 0;
    if (n < m)
        return m == n + 2 && strncmp(a, b, n) == 0 && strcmp(b + n, ":0") == 0;
    return n == m + 2 && strncmp(a, b, m) == 0 && strcmp(a + m, ":0") == 0;
}

static void diff_data(const IoptListNode *actual, const IoptListNode *expected, size_t data,
                      IoptText *out)
{
    for (size_t i = 0; i < data && !out->size; i++)
        if (!same_input(actual->inputs[i], expected->inputs[i]))
            iopt_text_printf(out,
                             "Node named '%s' has input %zu '%s' that doesn't match expected '%s'",
                             actual->node->name, i, actual->inputs[i], expected->inputs[i]);
}

static IoptStatus put_inputs(IoptMap *set, const IoptListNode *node, size_t from, IoptError *err)
{
    for (size_t i = from; i < node->n_inputs; i++)
        IOPT_TRY(iopt_map_set(set, node->inputs[i], node->node, err));
    return IOPT_OK;
}

/* What stands from the first control input on is a set, in both nodes. */
static IoptStatus diff_controls(Comparison *c, const IoptListNode *actual,
                                const IoptListNode *expected, size_t from)
{
    IoptStatus status = IOPT_OK;
    IoptMap has = { 0 }, wanted = { 0 };
    const char *const name = actual->node->name;

    IOPT_DO(put_inputs(&has, actual, from, c->err));
    IOPT_DO(put_inputs(&wanted, expected, from, c->err));
    for (size_t i = from; i < expected->n_inputs && !c->out->size; i++)
        if (!iopt_map_get(&has, expected->inputs[i]))
            iopt_text_printf(c->out, "Node named '%s' missing expected control input '%s'", name,
                             expected->inputs[i]);
    for (size_t i = from; i < actual->n_inputs && !c->out->size; i++)
        if (!iopt_map_get(&wanted, actual->inputs[i]))
            iopt_text_printf(c->out, "Node named '%s' has unexpected control input '%s'", name,
                             actual->inputs[i]);
done:
    iopt_map_free(&has);
    iopt_map_free(&wanted);
    return status;
}

static IoptStatus diff_inputs(Comparison *c, const IoptListNode *actual,
                              const IoptListNode *expected)
{
    size_t data = 0;

    if (actual->n_inputs != expected->n_inputs) {
        iopt_text_printf(c->out, "Node named '%s' has inputs '", actual->node->name);
        put_joined(c->out, actual);
        iopt_text_printf(c->out, "' that don't match expected '");
        put_joined(c->out, expected);
        iopt_text_printf(c->out, "'");
        return IOPT_OK;
    }
    while (data < actual->n_inputs && !is_control(actual->inputs[data]))
        data++;
    diff_data(actual, expected, data, c->out);
    return c->out->size ? IOPT_OK : diff_controls(c, actual, expected, data);
}

/* --- attributes ---------------------------------------------------------------------------- */

static bool is_internal(const IoptAttr *attr)
{
    return *attr->name == '_';
}

static IoptStatus put_attr(Comparison *c, const IoptAttr *attr, const IoptNodeList *list)
{
    return iopt_attr_text(attr, list->carrier->file, c->out, c->err);
}

static IoptStatus diff_expected_attr(Comparison *c, const IoptNode *actual, const IoptAttr *attr)
{
    const IoptAttr *const found = iopt_attr(actual, attr->name);
    bool same;

    if (!found) {
        iopt_text_printf(c->out,
                         "Node named '%s' missing expected attr '%s' with value: ", actual->name,
                         attr->name);
        return put_attr(c, attr, c->expected);
    }
    IOPT_TRY(iopt_attr_same(found, attr, &same, c->err));
    if (same)
        return IOPT_OK;
    iopt_text_printf(c->out, "Node named '%s' has attr '%s' with value: ", actual->name,
                     attr->name);
    IOPT_TRY(put_attr(c, found, c->actual));
    iopt_text_printf(c->out, " that does not match expected: ");
    return put_attr(c, attr, c->expected);
}

static IoptStatus diff_attrs(Comparison *c, const IoptNode *actual, const IoptNode *expected)
{
    for (size_t i = 0; i < expected->n_attrs && !c->out->size; i++)
        if (!is_internal(&expected->attrs[i]))
            IOPT_TRY(diff_expected_attr(c, actual, &expected->attrs[i]));
    for (size_t i = 0; i < actual->n_attrs && !c->out->size; i++) {
        const IoptAttr *const attr = &actual->attrs[i];
        if (is_internal(attr) || iopt_attr(expected, attr->name))
            continue;
        iopt_text_printf(c->out,
                         "Node named '%s' has unexpected attr '%s' with value: ", actual->name,
                         attr->name);
        IOPT_TRY(put_attr(c, attr, c->actual));
    }
    return IOPT_OK;
}

/* --- nodes --------------------------------------------------------------------------------- */

static IoptStatus diff_node(Comparison *c, const IoptListNode *actual, const IoptListNode *expected)
{
    static const char other[] = "Node named '%s' has %s '%s' that is not expected '%s'";
    const IoptNode *const a = actual->node, *const b = expected->node;

    if (strcmp(a->op, b->op) != 0)
        iopt_text_printf(c->out, other, a->name, "op", a->op, b->op);
    else if (strcmp(a->device, b->device) != 0)
        iopt_text_printf(c->out, other, a->name, "device", a->device, b->device);
    else
        IOPT_TRY(diff_inputs(c, actual, expected));
    return c->out->size ? IOPT_OK : diff_attrs(c, a, b);
}

static IoptStatus put_node(Comparison *c, const char *what, const IoptListNode *node,
                           const IoptNodeList *list)
{
    iopt_text_printf(c->out, "%s '", what);
    IOPT_TRY(iopt_list_node_text(node, list->carrier->file, c->out, c->err));
    iopt_text_printf(c->out, "'");
    return IOPT_OK;
}

/* `index`: the nodes of `actual` that were not met yet; of nodes with one name the last. */
static IoptStatus diff_nodes(Comparison *c, IoptMap *index)
{
    for (size_t i = 0; i < c->actual->n_nodes; i++)
        IOPT_TRY(iopt_map_set(index, c->actual->nodes[i]->node->name, c->actual->nodes[i], c->err));
    for (size_t i = 0; i < c->expected->n_nodes && !c->out->size; i++) {
        const IoptListNode *const expected = c->expected->nodes[i];
        const IoptListNode *const actual = iopt_map_get(index, expected->node->name);
        if (!actual)
            return put_node(c, "Did not find expected node", expected, c->expected);
        IOPT_TRY(diff_node(c, actual, expected));
        iopt_map_remove(index, expected->node->name);
    }
    for (size_t i = 0; i < c->actual->n_nodes && !c->out->size; i++) {
        const IoptListNode *const left = c->actual->nodes[i];
        if (iopt_map_get(index, left->node->name))
            return put_node(c, "Found unexpected node", left, c->actual);
    }
    return IOPT_OK;
}

IoptStatus iopt_graphs_equal(const IoptNodeList *actual, const IoptNodeList *expected,
                             IoptText *difference, IoptError *err)
{
    Comparison comparison = { actual, expected, difference, err };
    IoptMap index = { 0 };

    const IoptStatus status = diff_nodes(&comparison, &index);
    iopt_map_free(&index);
    if (status == IOPT_OK && difference->failed)
        return iopt_fail_memory(err, difference->size);
    return status;
}
