/* A summary as a table and as JSON. */
#include <stdio.h>

#include "measure/summary.h"

typedef struct Count {
    char s[24];
} Count;

/* 1234567 as "1,234,567". */
static Count grouped(size_t value)
{
    char digits[24];
    Count count;
    size_t at = 0;

    const int n = snprintf(digits, sizeof digits, "%zu", value);
    for (int i = 0; i < n && at + 2 < sizeof count.s; i++) {
        if (i && (n - i) % 3 == 0)
            count.s[at++] = ',';
        count.s[at++] = digits[i];
    }
    count.s[at] = 0;
    return count;
}

/* 5.72e9 as "5.72 G". */
static Count scaled(double value)
{
    static const char *const units[] = { "", " k", " M", " G", " T" };
    Count count;
    size_t unit = 0;

    for (; value >= 999.5 && unit < 4; unit++)
        value /= 1000.0;
    (void)snprintf(count.s, sizeof count.s, unit ? "%.3g%s" : "%.0f%s", value, units[unit]);
    return count;
}

static void put_values(IoptText *out, const char *title, const IoptSummaryValue *values,
                       size_t count)
{
    if (count == 0)
        iopt_text_printf(out, "%-14s none found\n", title);
    for (size_t i = 0; i < count; i++)
        iopt_text_printf(out, "%-14s %s  %s%s  (%s)\n", i ? "" : title, values[i].name,
                         values[i].dtype == IOPT_DTYPE_NONE ? "" : iopt_dtype_name(values[i].dtype),
                         iopt_shape_text(&values[i].shape).s, values[i].op);
}

static void put_sizes(IoptText *out, const IoptSummary *s)
{
    iopt_text_printf(out, "%-14s %s", "nodes", grouped(s->n_nodes).s);
    if (s->n_control_edges)
        iopt_text_printf(out, ", %s control edges", grouped(s->n_control_edges).s);
    if (s->n_functions)
        iopt_text_printf(out, ", %s functions", grouped(s->n_functions).s);
    iopt_text_printf(out, "\n%-14s %s in %s constants, %s\n", "parameters",
                     grouped(s->parameters).s, grouped(s->n_constants).s,
                     iopt_bytes_text((double)s->constant_bytes).s);
    iopt_text_printf(out, "%-14s %s\n", "graph size", iopt_bytes_text((double)s->graph_bytes).s);
    iopt_text_printf(out, "%-14s %s for one image", "multiply-adds", scaled(s->macs).s);
    if (s->n_macs_unknown)
        iopt_text_printf(out, ", without %zu nodes whose shapes are not known (--input-shape)",
                         s->n_macs_unknown);
    iopt_text_append(out, "\n", 1);
}

static void put_ops(IoptText *out, const IoptSummary *s)
{
    iopt_text_printf(out, "\n%8s  %-32s %s\n", "count", "op", "multiply-adds");
    for (size_t i = 0; i < s->n_ops; i++) {
        const IoptSummaryOp *const op = &s->ops[i];
        iopt_text_printf(out, "%8zu  %s", op->count, op->op);
        if (op->macs > 0)
            iopt_text_printf(out, "%*s %s", strlen(op->op) < 32 ? (int)(32 - strlen(op->op)) : 0,
                             "", scaled(op->macs).s);
        iopt_text_append(out, "\n", 1);
    }
}

IoptStatus iopt_summary_table(const IoptSummary *s, IoptText *out, IoptError *err)
{
    put_values(out, "inputs", s->inputs, s->n_inputs);
    put_values(out, "outputs", s->outputs, s->n_outputs);
    put_sizes(out, s);
    put_ops(out, s);
    iopt_text_printf(out, "\nleft over from training:%s\n", s->n_leftovers ? "" : " nothing");
    for (size_t i = 0; i < s->n_leftovers; i++)
        iopt_text_printf(out, "%8zu  %s, such as '%s'\n", s->leftovers[i].count,
                         s->leftovers[i].kind, s->leftovers[i].first);
    iopt_text_printf(out, "cannot be run:%s\n",
                     s->n_unknown_ops ? "" : " nothing, all ops are known");
    for (size_t i = 0; i < s->n_ops; i++)
        if (!s->ops[i].is_known)
            iopt_text_printf(out, "%8zu  %s, such as '%s'\n", s->ops[i].count, s->ops[i].op,
                             s->ops[i].first);
    return out->failed ? iopt_fail_memory(err, out->size) : IOPT_OK;
}

/* --- JSON ---------------------------------------------------------------------------------- */

/* [1,null,3], or null for an unknown rank. */
static cJSON *shape_json(const IoptShape *shape)
{
    if (shape->rank < 0)
        return cJSON_CreateNull();
    cJSON *const dims = cJSON_CreateArray();
    for (int i = 0; i < shape->rank; i++)
        (void)cJSON_AddItemToArray(dims, shape->dim[i] < 0
                                             ? cJSON_CreateNull()
                                             : cJSON_CreateNumber((double)shape->dim[i]));
    return dims;
}

static void add_values(cJSON *json, const char *key, const IoptSummaryValue *values, size_t count)
{
    cJSON *const list = cJSON_AddArrayToObject(json, key);

    for (size_t i = 0; i < count; i++) {
        cJSON *const value = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(list, value);
        (void)cJSON_AddStringToObject(value, "name", values[i].name);
        (void)cJSON_AddStringToObject(value, "op", values[i].op);
        if (values[i].dtype == IOPT_DTYPE_NONE)
            (void)cJSON_AddNullToObject(value, "dtype");
        else
            (void)cJSON_AddStringToObject(value, "dtype", iopt_dtype_name(values[i].dtype));
        (void)cJSON_AddItemToObject(value, "shape", shape_json(&values[i].shape));
    }
}

static void add_ops(cJSON *json, const IoptSummary *s)
{
    cJSON *const ops = cJSON_AddArrayToObject(json, "ops");

    for (size_t i = 0; i < s->n_ops; i++) {
        cJSON *const op = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(ops, op);
        (void)cJSON_AddStringToObject(op, "op", s->ops[i].op);
        (void)cJSON_AddNumberToObject(op, "count", (double)s->ops[i].count);
        (void)cJSON_AddNumberToObject(op, "macs", s->ops[i].macs);
        (void)cJSON_AddBoolToObject(op, "supported", s->ops[i].is_known);
        (void)cJSON_AddStringToObject(op, "first_node", s->ops[i].first);
    }
}

static void add_leftovers(cJSON *json, const IoptSummary *s)
{
    cJSON *const leftovers = cJSON_AddArrayToObject(json, "training_leftovers");

    for (size_t i = 0; i < s->n_leftovers; i++) {
        cJSON *const item = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(leftovers, item);
        (void)cJSON_AddStringToObject(item, "kind", s->leftovers[i].kind);
        (void)cJSON_AddNumberToObject(item, "count", (double)s->leftovers[i].count);
        (void)cJSON_AddStringToObject(item, "first_node", s->leftovers[i].first);
    }
}

IoptStatus iopt_summary_json(const IoptSummary *s, cJSON **out, IoptError *err)
{
    cJSON *const json = cJSON_CreateObject();

    *out = NULL;
    if (!json)
        return iopt_fail_memory(err, 64);
    add_values(json, "inputs", s->inputs, s->n_inputs);
    add_values(json, "outputs", s->outputs, s->n_outputs);
    (void)cJSON_AddNumberToObject(json, "nodes", (double)s->n_nodes);
    (void)cJSON_AddNumberToObject(json, "control_edges", (double)s->n_control_edges);
    (void)cJSON_AddNumberToObject(json, "functions", (double)s->n_functions);
    (void)cJSON_AddNumberToObject(json, "constants", (double)s->n_constants);
    (void)cJSON_AddNumberToObject(json, "parameters", (double)s->parameters);
    (void)cJSON_AddNumberToObject(json, "constant_bytes", (double)s->constant_bytes);
    (void)cJSON_AddNumberToObject(json, "graph_bytes", (double)s->graph_bytes);
    (void)cJSON_AddNumberToObject(json, "macs", s->macs);
    (void)cJSON_AddNumberToObject(json, "nodes_with_unknown_macs", (double)s->n_macs_unknown);
    add_ops(json, s);
    add_leftovers(json, s);
    *out = json;
    return IOPT_OK;
}
