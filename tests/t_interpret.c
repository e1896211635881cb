/* Evaluating a graph node by node. */
#include "t_interpret.h"

#include <stdlib.h>

#include "ops/infer.h"

/* What a node gave: one tensor per output; NULL for a dead one, and where a node was not run. */
typedef struct Result {
    IoptTensor **out;
    size_t n_out;
    bool needed, fed, dead;
} Result;

typedef struct Interpreter {
    const IoptGraph *graph;
    Result *results; /* by node index */
    const TFeed *feeds;
    size_t n_feeds;
} Interpreter;

static Result *result_of(const Interpreter *ip, const IoptNode *node)
{
    return &ip->results[node->index];
}

static const IoptTensor *value_of(const Interpreter *ip, IoptValue value)
{
    const Result *const r = result_of(ip, value.node);

    for (size_t i = 0; i < ip->n_feeds; i++)
        if (ip->feeds[i].value.node == value.node && ip->feeds[i].value.port == value.port)
            return ip->feeds[i].tensor;
    return (size_t)value.port < r->n_out ? r->out[value.port] : NULL;
}

/* Marks the ancestors of the wanted values, up to what is fed. */
static IoptStatus mark_needed(Interpreter *ip, const IoptValue *wanted, size_t n_wanted,
                              IoptError *err)
{
    void *stack = NULL;
    size_t capacity = 0, count = 0;

    for (size_t i = 0; i < ip->n_feeds; i++)
        result_of(ip, ip->feeds[i].value.node)->fed = true;
    for (size_t i = 0; i < n_wanted; i++) {
        IOPT_TRY(iopt_grow(&stack, &capacity, count + 1, sizeof(IoptNode *), err));
        ((IoptNode **)stack)[count++] = wanted[i].node;
    }
    while (count > 0) {
        IoptNode *const node = ((IoptNode **)stack)[--count];
        Result *const r = result_of(ip, node);
        if (r->needed)
            continue;
        r->needed = true;
        if (r->fed)
            continue;
        IOPT_TRY(iopt_grow(&stack, &capacity, count + node->n_in + node->n_control,
                           sizeof(IoptNode *), err));
        for (size_t i = 0; i < node->n_in; i++)
            ((IoptNode **)stack)[count++] = node->in[i].node;
        for (size_t i = 0; i < node->n_control; i++)
            ((IoptNode **)stack)[count++] = node->control[i];
    }
    free(stack);
    return IOPT_OK;
}

static bool is_dead(const Interpreter *ip, const IoptNode *node)
{
    size_t alive = 0;

    for (size_t i = 0; i < node->n_in; i++)
        alive += value_of(ip, node->in[i]) != NULL;
    for (size_t i = 0; i < node->n_control; i++)
        if (result_of(ip, node->control[i])->dead)
            return true;
    return iopt_is_op(node, "Merge") ? alive == 0 : alive < node->n_in;
}

static IoptStatus run_switch(const Interpreter *ip, const IoptNode *node, Result *r, IoptError *err)
{
    const IoptTensor *const data = value_of(ip, node->in[0]);
    const IoptTensor *const predicate = value_of(ip, node->in[1]);
    const IoptFact facts[2] = { iopt_fact_of(data), iopt_fact_of(predicate) };
    IoptFact out[2];

    IOPT_TRY(iopt_op_infer(iopt_op_find("Switch"), node, facts, out, err));
    return iopt_tensor_clone(data, &r->out[*(const uint8_t *)predicate->data ? 1 : 0], err);
}

static IoptStatus run_merge(const Interpreter *ip, const IoptNode *node, Result *r, IoptError *err)
{
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptTensor *const value = value_of(ip, node->in[i]);
        if (!value)
            continue;
        IOPT_TRY(iopt_tensor_clone(value, &r->out[0], err));
        return iopt_tensor_scalar_i32((int32_t)i, &r->out[1], err);
    }
    return IOPT_OK;
}

/* What inference said has to hold for what came out. */
static IoptStatus check_facts(const IoptNode *node, const Result *r, IoptError *err)
{
    for (size_t i = 0; i < r->n_out && i < node->n_out; i++) {
        const IoptFact *const fact = &node->facts[i];
        const IoptTensor *const value = r->out[i];
        if (!value || iopt_is_input(node))
            continue;
        if ((fact->dtype && fact->dtype != value->dtype) ||
            !iopt_shapes_agree(&fact->shape, &value->shape) ||
            (fact->value && !iopt_tensor_equal(fact->value, value)))
            return iopt_fail(err, IOPT_BOUND_MISSED, "%s '%s': inferred %s%s, evaluated to %s",
                             node->op, node->name, iopt_fact_text(fact).s,
                             fact->value ? " with a value" : "", iopt_tensor_text(value).s);
    }
    return IOPT_OK;
}

static IoptStatus run_op(const Interpreter *ip, const IoptNode *node, Result *r, IoptError *err)
{
    const IoptOp *const op = iopt_op_of(node);
    void *block;

    IOPT_TRY(iopt_alloc(&block, node->n_in, sizeof(IoptTensor *), err));
    const IoptTensor **const in = block;
    for (size_t i = 0; i < node->n_in; i++)
        in[i] = value_of(ip, node->in[i]);
    const IoptStatus status = iopt_op_eval(op, node, in, r->out, err);
    free(block);
    return status;
}

static IoptStatus run_node(const Interpreter *ip, const IoptNode *node, IoptError *err)
{
    Result *const r = result_of(ip, node);
    void *block;

    if (!r->needed || r->fed)
        return IOPT_OK;
    if (!iopt_op_of(node))
        return iopt_fail(err, IOPT_UNSUPPORTED, "no op %s", node->op);
    r->dead = is_dead(ip, node);
    if (r->dead)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, iopt_node_n_out(node), sizeof(IoptTensor *), err));
    r->out = block;
    r->n_out = iopt_node_n_out(node);
    IOPT_TRY(iopt_is_op(node, "Switch")  ? run_switch(ip, node, r, err)
             : iopt_is_op(node, "Merge") ? run_merge(ip, node, r, err)
                                         : run_op(ip, node, r, err));
    return check_facts(node, r, err);
}

/* A placeholder says what may be fed. */
static IoptStatus check_feed(const TFeed *feed, IoptError *err)
{
    const IoptNode *const node = feed->value.node;
    const IoptOp *const op = iopt_op_of(node);
    IoptFact fact;

    if (!op || !iopt_is_op(node, "Placeholder"))
        return IOPT_OK;
    IOPT_TRY(iopt_op_infer(op, node, NULL, &fact, err));
    if (fact.dtype != feed->tensor->dtype || !iopt_shapes_agree(&fact.shape, &feed->tensor->shape))
        return iopt_fail(err, IOPT_BAD_DATA, "'%s' takes %s, not %s", node->name,
                         iopt_fact_text(&fact).s, iopt_tensor_text(feed->tensor).s);
    return IOPT_OK;
}

static IoptStatus infer_before(IoptGraph *graph, const TFeed *feeds, size_t n_feeds, IoptError *err)
{
    const IoptInferOptions options = { .fold = true };
    IoptStatus status = IOPT_OK;
    void *block;

    IOPT_TRY(iopt_alloc(&block, n_feeds, sizeof(IoptValue), err));
    for (size_t i = 0; i < n_feeds; i++)
        ((IoptValue *)block)[i] = feeds[i].value;
    IOPT_DO(iopt_graph_set_inputs(graph, block, n_feeds, err));
    IOPT_DO(iopt_graph_infer(graph, &options, err));
    for (size_t i = 0; i < n_feeds; i++)
        IOPT_DO(check_feed(&feeds[i], err));
done:
    free(block);
    return status;
}

static void destroy_results(Interpreter *ip)
{
    for (size_t i = 0; ip->results && i < ip->graph->n_nodes; i++) {
        for (size_t k = 0; k < ip->results[i].n_out; k++)
            iopt_tensor_destroy(ip->results[i].out[k]);
        free(ip->results[i].out);
    }
    free(ip->results);
}

IoptStatus t_interpret(IoptGraph *graph, const TFeed *feeds, size_t n_feeds,
                       const IoptValue *wanted, size_t n_wanted, IoptTensor **out, IoptError *err)
{
    Interpreter ip = { .graph = graph, .feeds = feeds, .n_feeds = n_feeds };
    IoptStatus status = IOPT_OK;
    IoptNode **order = NULL;
    void *results = NULL;

    for (size_t i = 0; i < n_wanted; i++)
        out[i] = NULL;
    IOPT_DO(infer_before(graph, feeds, n_feeds, err));
    IOPT_DO(iopt_graph_order(graph, &order, err));
    IOPT_DO(iopt_alloc(&results, graph->n_nodes, sizeof(Result), err));
    ip.results = results;
    IOPT_DO(mark_needed(&ip, wanted, n_wanted, err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        IOPT_DO(run_node(&ip, order[i], err));
    for (size_t i = 0; i < n_wanted; i++) {
        const IoptTensor *const value = value_of(&ip, wanted[i]);
        if (!value) {
            status = iopt_fail(err, IOPT_BAD_DATA, "'%s:%d' has no value", wanted[i].node->name,
                               wanted[i].port);
            goto done;
        }
        IOPT_DO(iopt_tensor_clone(value, &out[i], err));
    }
done:
    free(order);
    destroy_results(&ip);
    return status;
}
