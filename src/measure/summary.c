/* Looking at a graph: counts, sizes, work. */
#include "measure/summary.h"

#include <stdlib.h>

#include "formats/graphdef.h"
#include "formats/io_guess.h"
#include "ops/infer.h"

/* --- ops ----------------------------------------------------------------------------------- */

typedef struct OpCounter {
    IoptSummary *summary;
    IoptMap by_op; /* to the place in summary->ops, plus one */
    size_t capacity;
} OpCounter;

static IoptStatus count_op(OpCounter *counter, const char *op, const char *node, IoptError *err)
{
    IoptSummary *const summary = counter->summary;
    const size_t place = (size_t)(uintptr_t)iopt_map_get(&counter->by_op, op);
    void *ops = summary->ops;

    if (place) {
        summary->ops[place - 1].count++;
        return IOPT_OK;
    }
    IOPT_TRY(iopt_grow(&ops, &counter->capacity, summary->n_ops + 1, sizeof(IoptSummaryOp), err));
    summary->ops = ops;
    IoptSummaryOp *const added = &summary->ops[summary->n_ops++];
    *added = (IoptSummaryOp){ .op = iopt_arena_text(summary->arena, op),
                              .first = iopt_arena_text(summary->arena, node),
                              .is_known = iopt_op_find(op) != NULL,
                              .count = 1 };
    if (!added->op || !added->first)
        return iopt_fail_memory(err, strlen(op) + strlen(node));
    summary->n_unknown_ops += !added->is_known;
    return iopt_map_set(&counter->by_op, added->op, (void *)(uintptr_t)summary->n_ops, err);
}

static IoptStatus count_body_node(OpCounter *counter, IoptBytes node, const char *function,
                                  IoptError *err)
{
    IoptWire wire = iopt_wire(node);
    IoptWireField field;

    while (iopt_wire_next(&wire, &field)) {
        if (!iopt_wire_is(&field, 2, IOPT_WIRE_LENGTH))
            continue;
        const char *const op =
            iopt_arena_copy(counter->summary->arena, field.bytes.data, field.bytes.size);
        if (!op)
            return iopt_fail_memory(err, field.bytes.size);
        return count_op(counter, op, function, err);
    }
    return IOPT_OK;
}

/* Ops of function bodies: FunctionDefLibrary.function = 1, FunctionDef.node_def = 3. */
static IoptStatus count_functions(OpCounter *counter, IoptBytes library, IoptError *err)
{
    IoptWire functions = iopt_wire(library);
    IoptWireField function, node;

    while (iopt_wire_next(&functions, &function)) {
        if (!iopt_wire_is(&function, 1, IOPT_WIRE_LENGTH))
            continue;
        counter->summary->n_functions++;
        for (IoptWire nodes = iopt_wire(function.bytes); iopt_wire_next(&nodes, &node);)
            if (iopt_wire_is(&node, 3, IOPT_WIRE_LENGTH))
                IOPT_TRY(count_body_node(counter, node.bytes, "(a function)", err));
    }
    return IOPT_OK;
}

static int compare_ops(const void *a, const void *b)
{
    const IoptSummaryOp *const x = a, *const y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return strcmp(x->op, y->op);
}

/* --- work ---------------------------------------------------------------------------------- */

/* The multiply-adds of a node; false if they depend on a shape that is not known. */
static bool node_macs(const IoptOp *op, const IoptNode *node, IoptFact *in, double *macs)
{
    for (size_t i = 0; i < node->n_in; i++) {
        in[i] = iopt_fact_at(node->in[i]);
        if (!iopt_shape_known(&in[i].shape))
            return false;
    }
    for (size_t i = 0; i < node->n_out; i++)
        if (!iopt_shape_known(&node->facts[i].shape))
            return false;
    *macs = op->macs(node, in, node->facts);
    return true;
}

static IoptStatus count_work(const IoptGraph *inferred, OpCounter *counter, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptSummary *const summary = counter->summary;
    void *facts = NULL;
    size_t capacity = 0;

    for (size_t i = 0; i < inferred->n_nodes; i++) {
        const IoptNode *const node = inferred->nodes[i];
        const IoptOp *const op = iopt_op_find(node->op);
        const size_t place = (size_t)(uintptr_t)iopt_map_get(&counter->by_op, node->op);
        double macs;
        if (!op || !op->macs || place == 0)
            continue;
        IOPT_DO(iopt_grow(&facts, &capacity, node->n_in + 1, sizeof(IoptFact), err));
        if (!node_macs(op, node, facts, &macs)) {
            summary->n_macs_unknown++;
            continue;
        }
        summary->macs += macs;
        summary->ops[place - 1].macs += macs;
    }
done:
    free(facts);
    return status;
}

/* A placeholder's unknown batch counts as one image. */
static IoptStatus set_batch(IoptGraph *graph, IoptError *err)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        const IoptAttr *const attr = iopt_attr(node, "shape");
        if (!iopt_op_in(node->op, "Placeholder|PlaceholderWithDefault") || !attr ||
            attr->kind != IOPT_ATTR_SHAPE || attr->u.shape.rank < 1 || attr->u.shape.dim[0] >= 0)
            continue;
        IoptShape shape = attr->u.shape;
        shape.dim[0] = 1;
        IOPT_TRY(iopt_node_set_shape(node, "shape", &shape, err));
    }
    return IOPT_OK;
}

/* --- inputs and outputs -------------------------------------------------------------------- */

static IoptStatus describe(const IoptSummary *summary, const IoptGraph *inferred,
                           const IoptValue *values, size_t count, IoptSummaryValue **out,
                           IoptError *err)
{
    *out = iopt_arena_alloc(summary->arena, count, sizeof **out);
    if (!*out)
        return iopt_fail_memory(err, count * sizeof **out);
    for (size_t i = 0; i < count; i++) {
        const IoptNode *const node = values[i].node;
        const IoptAttr *const shape = iopt_attr(node, "shape");
        const IoptFact fact =
            iopt_fact_at((IoptValue){ inferred->nodes[node->index], values[i].port });
        IoptSummaryValue *const value = &(*out)[i];
        value->name = values[i].port
                          ? iopt_arena_printf(summary->arena, "%s:%d", node->name, values[i].port)
                          : iopt_arena_text(summary->arena, node->name);
        value->op = iopt_arena_text(summary->arena, node->op);
        if (!value->name || !value->op)
            return iopt_fail_memory(err, strlen(node->name));
        value->dtype = iopt_attr_type(node, "dtype", fact.dtype);
        value->shape = shape && shape->kind == IOPT_ATTR_SHAPE ? shape->u.shape : fact.shape;
    }
    return IOPT_OK;
}

static IoptStatus describe_io(const IoptGraph *graph, const IoptGraph *inferred, IoptSummary *out,
                              IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptValue *in = NULL, *outputs = NULL;

    out->n_inputs = graph->n_inputs;
    out->n_outputs = graph->n_outputs;
    if (!graph->n_inputs)
        IOPT_DO(iopt_guess_inputs(graph, &in, &out->n_inputs, err));
    if (!graph->n_outputs)
        IOPT_DO(iopt_guess_outputs(graph, true, &outputs, &out->n_outputs, err));
    IOPT_DO(describe(out, inferred, in ? in : graph->inputs, out->n_inputs, &out->inputs, err));
    IOPT_DO(describe(out, inferred, outputs ? outputs : graph->outputs, out->n_outputs,
                     &out->outputs, err));
done:
    free(in);
    free(outputs);
    return status;
}

/* --- all together -------------------------------------------------------------------------- */

static IoptStatus count_nodes(const IoptGraph *graph, OpCounter *counter, IoptError *err)
{
    IoptSummary *const summary = counter->summary;

    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const node = graph->nodes[i];
        const IoptTensor *const tensor = iopt_const_mapped(node);
        summary->n_nodes++;
        summary->n_control_edges += node->n_control;
        IOPT_TRY(count_op(counter, node->op, node->name, err));
        if (!iopt_is_op(node, "Const") || !tensor)
            continue;
        summary->n_constants++;
        summary->parameters += iopt_elems(tensor);
        summary->constant_bytes += tensor->bytes;
    }
    return IOPT_OK;
}

static IoptStatus summarize(const IoptGraph *graph, IoptGraph **inferred, OpCounter *counter,
                            IoptError *err)
{
    const IoptInferOptions options = { .fold = true };
    IoptSummary *const out = counter->summary;

    IOPT_TRY(iopt_arena_create(&out->arena, err));
    IOPT_TRY(count_nodes(graph, counter, err));
    IOPT_TRY(count_functions(counter, graph->library, err));
    IOPT_TRY(iopt_graphdef_size(graph, &out->graph_bytes, err));
    IOPT_TRY(iopt_graph_clone(graph, inferred, err));
    IOPT_TRY(set_batch(*inferred, err));
    IOPT_TRY(iopt_graph_infer(*inferred, &options, err));
    IOPT_TRY(count_work(*inferred, counter, err));
    IOPT_TRY(describe_io(graph, *inferred, out, err));
    iopt_find_leftovers(graph, out);
    for (size_t i = 0; i < out->n_leftovers; i++) {
        out->leftovers[i].first = iopt_arena_text(out->arena, out->leftovers[i].first);
        if (!out->leftovers[i].first)
            return iopt_fail_memory(err, 1);
    }
    if (out->n_ops)
        qsort(out->ops, out->n_ops, sizeof *out->ops, compare_ops);
    return IOPT_OK;
}

IoptStatus iopt_summarize(const IoptGraph *graph, IoptSummary *out, IoptError *err)
{
    OpCounter counter = { .summary = out };
    IoptGraph *inferred = NULL;

    *out = (IoptSummary){ 0 };
    const IoptStatus status = summarize(graph, &inferred, &counter, err);
    iopt_graph_destroy(inferred);
    iopt_map_free(&counter.by_op);
    if (status != IOPT_OK)
        iopt_summary_free(out);
    return status;
}

void iopt_summary_free(IoptSummary *summary)
{
    free(summary->ops);
    iopt_arena_destroy(summary->arena);
    *summary = (IoptSummary){ 0 };
}
