/* Small helpers for ops: attributes that must be there, refusals, shapes given as values. */
#include <stdarg.h>
#include <stdio.h>

#include "ops/op.h"

IoptStatus iopt_need_int(const IoptNode *node, const char *name, int64_t *out, IoptError *err)
{
    const IoptAttr *const attr = iopt_attr(node, name);

    if (!attr || attr->kind != IOPT_ATTR_INT)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want an int attribute '%s'; got %s",
                         node->op, node->name, name,
                         attr ? iopt_attr_kind_text(attr->kind) : "none");
    *out = attr->u.i;
    return IOPT_OK;
}

IoptStatus iopt_need_type(const IoptNode *node, const char *name, IoptDType *out, IoptError *err)
{
    const IoptAttr *const attr = iopt_attr(node, name);

    if (!attr || attr->kind != IOPT_ATTR_TYPE)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want a type attribute '%s'; got %s",
                         node->op, node->name, name,
                         attr ? iopt_attr_kind_text(attr->kind) : "none");
    *out = attr->u.type;
    return IOPT_OK;
}

IoptStatus iopt_bad_inputs(const IoptNode *node, const IoptFact *in, IoptError *err,
                           const char *want, ...)
{
    char wanted[IOPT_ERROR_BYTES / 2], got[IOPT_ERROR_BYTES / 2] = "nothing";
    size_t at = 0;
    va_list args;

    va_start(args, want);
    (void)vsnprintf(wanted, sizeof wanted, want, args);
    va_end(args);
    for (size_t i = 0; i < node->n_in && at < sizeof got - 1; i++) {
        const int n =
            snprintf(got + at, sizeof got - at, "%s%s", i ? ", " : "", iopt_fact_text(&in[i]).s);
        at += n > 0 ? (size_t)n : 0;
    }
    return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %s; got %s", node->op, node->name, wanted,
                     got);
}

bool iopt_fact_ints(const IoptFact *fact, int64_t *out, size_t capacity, size_t *count)
{
    const IoptTensor *const value = fact->value;

    if (!value || (value->dtype != IOPT_I32 && value->dtype != IOPT_I64))
        return false;
    const size_t n = iopt_elems(value);
    if (n > capacity)
        return false;
    for (size_t i = 0; i < n; i++)
        out[i] = iopt_tensor_get_i64(value, i);
    *count = n;
    return true;
}
