/* The list of ops, and what is checked for every op alike. */
#include "ops/op.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/compiler.h"

#define IOPT_OP(name) extern const IoptOp iopt_op_##name;
#include "ops/op_list.inc"
#undef IOPT_OP

static const IoptOp *ops[] = {
#define IOPT_OP(name) &iopt_op_##name,
#include "ops/op_list.inc"
#undef IOPT_OP
};

#define IOPT_OP(name) extern const IoptOp iopt_op_##name;
#include "ops/internal_op_list.inc"
#undef IOPT_OP

static const IoptOp *const internal_ops[] = {
#define IOPT_OP(name) &iopt_op_##name,
#include "ops/internal_op_list.inc"
#undef IOPT_OP
};

enum { MAX_OUTPUTS = 1 << 16 }; /* of one node: a count in a file is not to be believed */

static int compare_names(const void *a, const void *b)
{
    const IoptOp *const *const x = a, *const *const y = b;
    return strcmp((*x)->name, (*y)->name);
}

static void sort_ops(void)
{
    qsort(ops, IOPT_COUNT(ops), sizeof ops[0], compare_names);
}

const IoptOp *const *iopt_ops(size_t *count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, sort_ops);
    *count = IOPT_COUNT(ops);
    return ops;
}

const IoptOp *iopt_op_find(const char *name)
{
    size_t count;
    const IoptOp *const *const sorted = iopt_ops(&count);
    const IoptOp key = { .name = name }, *const wanted = &key;
    const IoptOp *const *const found =
        bsearch(&wanted, sorted, count, sizeof sorted[0], compare_names);

    return found ? *found : NULL;
}

const IoptOp *iopt_op_of(const IoptNode *node)
{
    for (size_t i = 0; node->graph->internal_ops && i < IOPT_COUNT(internal_ops); i++)
        if (iopt_is_op(node, internal_ops[i]->name))
            return internal_ops[i];
    return iopt_op_find(node->op);
}

/* The attribute that says how many outputs a variadic op has; false if there is none. */
static bool outputs_from_attrs(const IoptNode *node, int64_t *count, const char **which)
{
    static const char *const names[] = {
        "num_split", "num", "N", "T", "Tout", "dtypes", "output_types", "component_types"
    };

    for (size_t i = 0; i < IOPT_COUNT(names); i++) {
        const IoptAttr *const attr = iopt_attr(node, names[i]);
        if (!attr)
            continue;
        *which = names[i];
        if (attr->kind == IOPT_ATTR_INT) {
            *count = attr->u.i;
            return true;
        }
        if (attr->kind == IOPT_ATTR_TYPES || attr->kind == IOPT_ATTR_EMPTY_LIST) {
            *count = (int64_t)attr->count;
            return true;
        }
    }
    return false;
}

static size_t outputs_from_readers(const IoptNode *node)
{
    int highest = 0;

    for (size_t i = 0; i < node->n_uses; i++) {
        const IoptUse *const use = &node->uses[i];
        if (use->slot != IOPT_CONTROL && use->node->in[use->slot].port > highest)
            highest = use->node->in[use->slot].port;
    }
    return (size_t)highest + 1;
}

size_t iopt_node_n_out(const IoptNode *node)
{
    const IoptOp *const op = iopt_op_of(node);
    const char *which;
    int64_t count;

    if (!op)
        return outputs_from_readers(node);
    if (op->n_out != IOPT_VARIADIC)
        return (size_t)op->n_out;
    if (!outputs_from_attrs(node, &count, &which))
        return 1;
    return count < 0 || count > MAX_OUTPUTS ? 0 : (size_t)count;
}

/* Whether `name` is a word of the space-separated `list`. */
static bool in_words(const char *name, const char *list)
{
    const size_t n = strlen(name);

    for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
        if ((at == list || at[-1] == ' ') && (at[n] == 0 || at[n] == ' '))
            return true;
    return false;
}

static IoptStatus check_counts(const IoptOp *op, const IoptNode *node, IoptError *err)
{
    const char *which;
    int64_t count;

    if (op->n_in != IOPT_VARIADIC && node->n_in != (size_t)op->n_in)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %d inputs; got %zu", node->op,
                         node->name, op->n_in, node->n_in);
    if (op->n_out == IOPT_VARIADIC && outputs_from_attrs(node, &count, &which) &&
        (count < 0 || count > MAX_OUTPUTS))
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %s in 0 .. %d; got %lld", node->op,
                         node->name, which, MAX_OUTPUTS, (long long)count);
    return IOPT_OK;
}

IoptStatus iopt_op_infer(const IoptOp *op, const IoptNode *node, const IoptFact *in, IoptFact *out,
                         IoptError *err)
{
    const size_t n_out = iopt_node_n_out(node);

    IOPT_TRY(check_counts(op, node, err));
    for (size_t i = 0; i < n_out; i++)
        out[i] = iopt_fact(IOPT_DTYPE_NONE, iopt_shape_unknown());
    if (op->dtypes && node->n_in > 0 && in[0].dtype != IOPT_DTYPE_NONE &&
        !in_words(iopt_dtype_name(in[0].dtype), op->dtypes))
        return iopt_bad_inputs(node, in, err, "a first input of %s", op->dtypes);
    return op->infer(node, in, out, err);
}
