/* Comparing lists of nodes. */
#include "t_gtt.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formats/attr_value.h"
#include "formats/pbtxt.h"
#include "tf_graph.pb-c.h"

enum { MAX_LINES = 6 };

typedef struct Compare {
    const TGttCompare *may_differ;
    IoptText *out;
    size_t lines;
} Compare;

#define SAY(compare, ...)                                  \
    do {                                                   \
        if ((compare)->lines++ < MAX_LINES) {              \
            iopt_text_printf((compare)->out, "    ");      \
            iopt_text_printf((compare)->out, __VA_ARGS__); \
            iopt_text_append((compare)->out, "\n", 1);     \
        }                                                  \
    } while (0)

/* --- values -------------------------------------------------------------------------------- */

static double float_at(const IoptTensor *tensor, size_t i)
{
    const size_t size = iopt_dtype_bytes(tensor->dtype);
    uint64_t element = 0;
    IoptTensor one = { .dtype = tensor->dtype, .data = &element, .bytes = size };

    memcpy(&element, (const char *)tensor->data + i * size, size); /* it may be unaligned */
    return iopt_tensor_get_f64(&one, 0);
}

static bool near(const TGttCompare *may, double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    if (a == b)
        return may->rtol > 0 || signbit(a) == signbit(b);
    if (isinf(a) || isinf(b))
        return false;
    return fabs(a - b) <= (double)may->atol + (double)may->rtol * fabs(b);
}

/* Which element differs first; SIZE_MAX: none. */
static size_t first_difference(const TGttCompare *may, const IoptTensor *a, const IoptTensor *b)
{
    for (size_t i = 0; i < iopt_elems(a); i++)
        if (!near(may, float_at(a, i), float_at(b, i)))
            return i;
    return SIZE_MAX;
}

static bool tensors_equal(const TGttCompare *may, const IoptTensor *a, const IoptTensor *b,
                          char *text, size_t size)
{
    if (a->dtype != b->dtype || !iopt_shape_equal(&a->shape, &b->shape)) {
        (void)snprintf(text, size, "%.100s, wanted %.100s", iopt_tensor_text(a).s,
                       iopt_tensor_text(b).s);
        return false;
    }
    if (iopt_tensor_equal(a, b))
        return true;
    if (!iopt_dtype_is_float(a->dtype)) {
        (void)snprintf(text, size, "%.100s with other elements", iopt_tensor_text(a).s);
        return false;
    }
    const size_t i = first_difference(may, a, b);
    if (i != SIZE_MAX)
        (void)snprintf(text, size, "%.100s: element %zu is %.9g, wanted %.9g",
                       iopt_tensor_text(a).s, i, float_at(a, i), float_at(b, i));
    return i == SIZE_MAX;
}

/* A message in protobuf's text form, which has one spelling for one meaning. */
static char *print_message(const ProtobufCMessageDescriptor *type, IoptBytes message)
{
    IoptText text = { 0 };
    char *s;

    iopt_text_append(&text, "", 0);
    if (iopt_wire_to_pbtxt(type, message, 0, &text, NULL) != IOPT_OK ||
        iopt_text_finish(&text, &s, NULL) != IOPT_OK) {
        iopt_text_free(&text);
        return NULL;
    }
    return s;
}

static bool messages_equal(const ProtobufCMessageDescriptor *type, IoptBytes a, IoptBytes b)
{
    char *const x = print_message(type, a), *const y = print_message(type, b);
    const bool equal = x && y
                           ? strcmp(x, y) == 0
                           : a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, a.size));

    free(x);
    free(y);
    return equal;
}

static bool attrs_equal(const TGttCompare *may, const IoptAttr *a, const IoptAttr *b, char *text,
                        size_t size)
{
    if (a->kind == IOPT_ATTR_TENSOR && b->kind == IOPT_ATTR_TENSOR)
        return tensors_equal(may, a->u.tensor, b->u.tensor, text, size);
    if (iopt_attr_equal(a, b) ||
        (a->raw.data && b->raw.data &&
         messages_equal(&iopt__tf__attr_value__descriptor, a->raw, b->raw)))
        return true;
    (void)snprintf(text, size, "another value (%s, wanted %s)", iopt_attr_kind_text(a->kind),
                   iopt_attr_kind_text(b->kind));
    return false;
}

/* --- nodes --------------------------------------------------------------------------------- */

static void compare_attrs(Compare *compare, const IoptNode *got, const IoptNode *want)
{
    char text[400];

    for (size_t i = 0; i < want->n_attrs; i++) {
        const IoptAttr *const attr = iopt_attr(got, want->attrs[i].name);
        if (!attr)
            SAY(compare, "%s (%s): attribute %s is missing", want->name, want->op,
                want->attrs[i].name);
        else if (!attrs_equal(compare->may_differ, attr, &want->attrs[i], text, sizeof text))
            SAY(compare, "%s (%s): attribute %s: %s", want->name, want->op, attr->name, text);
    }
    for (size_t i = 0; i < got->n_attrs; i++)
        if (!iopt_attr(want, got->attrs[i].name))
            SAY(compare, "%s (%s): attribute %s is too much", want->name, want->op,
                got->attrs[i].name);
}

static void compare_node(Compare *compare, const IoptListNode *got, const IoptListNode *want)
{
    const char *const name = want->node->name;

    if (strcmp(got->node->name, name) != 0) {
        SAY(compare, "node is '%s' (%s), wanted '%s' (%s)", got->node->name, got->node->op, name,
            want->node->op);
        return;
    }
    if (strcmp(got->node->op, want->node->op) != 0)
        SAY(compare, "%s: op %s, wanted %s", name, got->node->op, want->node->op);
    if (strcmp(got->node->device, want->node->device) != 0)
        SAY(compare, "%s: device '%s', wanted '%s'", name, got->node->device, want->node->device);
    if (got->n_inputs != want->n_inputs)
        SAY(compare, "%s: %zu inputs, wanted %zu", name, got->n_inputs, want->n_inputs);
    for (size_t i = 0; i < got->n_inputs && i < want->n_inputs; i++)
        if (strcmp(got->inputs[i], want->inputs[i]) != 0)
            SAY(compare, "%s: input %zu is '%s', wanted '%s'", name, i, got->inputs[i],
                want->inputs[i]);
    if (!messages_equal(&iopt__tf__node_def__descriptor, got->node->unknown, want->node->unknown))
        SAY(compare, "%s: other fields differ", name);
    compare_attrs(compare, got->node, want->node);
}

static bool is_free(const TGttCompare *may, const char *name)
{
    for (size_t i = 0; i < may->n_free; i++)
        if (strcmp(may->free_names[i], name) == 0)
            return true;
    return false;
}

/* Nodes of the list that are compared by place, or those compared by name. */
static const IoptListNode **pick(const IoptNodeList *list, const TGttCompare *may, bool by_place,
                                 size_t *count)
{
    const IoptListNode **const nodes = calloc(list->n_nodes + 1, sizeof(IoptListNode *));

    *count = 0;
    for (size_t i = 0; nodes && i < list->n_nodes; i++)
        if (by_place == !(may->any_order || is_free(may, list->nodes[i]->node->name)))
            nodes[(*count)++] = list->nodes[i];
    return nodes;
}

static void compare_by_place(Compare *compare, const IoptNodeList *got, const IoptNodeList *want)
{
    size_t n_got, n_want;
    const IoptListNode **const a = pick(got, compare->may_differ, true, &n_got);
    const IoptListNode **const b = pick(want, compare->may_differ, true, &n_want);

    if (n_got != n_want)
        SAY(compare, "%zu nodes, wanted %zu", n_got, n_want);
    for (size_t i = 0; i < n_got && i < n_want; i++)
        compare_node(compare, a[i], b[i]);
    free((void *)a);
    free((void *)b);
}

static void compare_by_name(Compare *compare, const IoptNodeList *got, const IoptNodeList *want)
{
    size_t n_got, n_want;
    const IoptListNode **const a = pick(got, compare->may_differ, false, &n_got);
    const IoptListNode **const b = pick(want, compare->may_differ, false, &n_want);

    for (size_t i = 0; i < n_want; i++) {
        size_t at = 0;
        while (at < n_got && (!a[at] || strcmp(a[at]->node->name, b[i]->node->name) != 0))
            at++;
        if (at == n_got) {
            SAY(compare, "node '%s' (%s) is missing", b[i]->node->name, b[i]->node->op);
            continue;
        }
        compare_node(compare, a[at], b[i]);
        a[at] = NULL;
    }
    for (size_t i = 0; i < n_got; i++)
        if (a[i])
            SAY(compare, "node '%s' (%s) is too much", a[i]->node->name, a[i]->node->op);
    free((void *)a);
    free((void *)b);
}

void t_gtt_compare(const IoptNodeList *got, const IoptNodeList *want, const TGttCompare *may_differ,
                   IoptText *out)
{
    Compare compare = { may_differ, out, 0 };

    compare_by_place(&compare, got, want);
    compare_by_name(&compare, got, want);
    if (!messages_equal(&iopt__tf__version_def__descriptor, got->versions, want->versions) ||
        !messages_equal(&iopt__tf__graph_def__descriptor, got->unknown, want->unknown))
        SAY(&compare, "versions differ");
    if (!messages_equal(&iopt__tf__function_def_library__descriptor, got->library, want->library))
        SAY(&compare, "functions differ");
    if (got->has_library != want->has_library)
        SAY(&compare, "the library is %s", got->has_library ? "present" : "absent");
    if (compare.lines > MAX_LINES)
        iopt_text_printf(out, "    ... %zu differences in all\n", compare.lines);
}
