/* Which nodes are constant, in TensorFlow's sense, and which of their values others need. */
#include <stdlib.h>

#include "ops/op.h"
#include "passes/gtt/gtt_folding.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/gtt/gtt_params.h"

/* --- what may be constant ------------------------------------------------------------------ */

/* Shape, ShapeN and Size of known shapes, Rank of known ranks: constant whatever they read. */
static bool shapes_are_known(const IoptNode *node)
{
    const bool rank = iopt_is_op(node, "Rank");
    const bool wide = iopt_attr_type(node, "out_type", IOPT_I32) == IOPT_I64;

    if (!rank && !iopt_op_in(node->op, "Shape|ShapeN|Size"))
        return false;
    for (size_t i = 0; i < node->n_in; i++) {
        const IoptShape shape = iopt_fact_at(node->in[i]).shape;
        size_t elems;
        if (shape.rank < 0 || (!rank && !iopt_shape_known(&shape)))
            return false;
        for (int k = 0; k < shape.rank && !rank && !wide; k++)
            if (shape.dim[k] > INT32_MAX)
                return false;
        if (iopt_is_op(node, "Size") &&
            (!iopt_shape_elems(&shape, &elems) || (!wide && elems > INT32_MAX)))
            return false;
    }
    return node->n_in > 0;
}

static bool is_excluded(const IoptTransformContext *context, const IoptNode *node)
{
    const IoptGttParam *const ops = iopt_gtt_param(context, "exclude_op");
    const IoptGttParam *const names = iopt_gtt_param(context, "exclude_node");

    for (size_t i = 0; ops && i < ops->n_values; i++)
        if (strcmp(ops->values[i], node->op) == 0)
            return true;
    for (size_t i = 0; names && i < names->n_values; i++)
        if (strcmp(names->values[i], node->name) == 0)
            return true;
    return false;
}

/* An unfed placeholder counts as constant, too: computing it then fails. */
static bool can_compute(const IoptNode *node)
{
    const IoptOp *const op = iopt_op_find(node->op);

    if (iopt_op_in(node->op, "Placeholder|PlaceholderV2|NoOp"))
        return true;
    return op && (op->eval || op->flags & IOPT_OP_REFERENCE) && !(op->flags & IOPT_OP_CONTROL);
}

static bool may_be_constant(const IoptFolding *folding, const IoptNode *node)
{
    static const char never[] =
        "Switch|RefSwitch|Merge|RefMerge|Enter|RefEnter|Exit|RefExit|NextIteration|"
        "RefNextIteration|LoopCond|ControlTrigger|_Send|_Recv|_HostSend|_HostRecv|"
        "GetSessionHandle|GetSessionHandleV2|GetSessionTensor|DeleteSessionTensor|FakeParam";
    const IoptOpDef *const def = iopt_op_def_find(node->op);

    if (!def || def->stateful || iopt_op_in(node->op, never) || is_excluded(folding->context, node))
        return false;
    if (can_compute(node))
        return true;
    iopt_gtt_say(folding->context, "%s '%s' is not folded: this program cannot compute it",
                 node->op, node->name);
    return false;
}

static bool is_constant(const IoptFolding *folding, const IoptNode *node)
{
    if (iopt_is_op(node, "Const"))
        return iopt_attr_type(node, "dtype", IOPT_DTYPE_NONE) != IOPT_RESOURCE;
    if (shapes_are_known(node)) {
        folding->from_shape[node->index] = true;
        return true;
    }
    for (size_t i = 0; i < node->n_in; i++)
        if (!folding->constant[node->in[i].node->index])
            return false;
    return may_be_constant(folding, node);
}

/* --- what a constant waits for ------------------------------------------------------------- */

static IoptStatus add_wait(IoptFoldWaits *waits, IoptNode *node, IoptError *err)
{
    void *at = waits->at;

    for (size_t i = 0; i < waits->n; i++)
        if (waits->at[i] == node)
            return IOPT_OK;
    IOPT_TRY(iopt_grow(&at, &waits->capacity, waits->n + 1, sizeof(IoptNode *), err));
    waits->at = at;
    waits->at[waits->n++] = node;
    return IOPT_OK;
}

/* Inputs that are not constant, and what constant inputs wait for. */
static IoptStatus add_waits(const IoptFolding *folding, const IoptNode *node, IoptError *err)
{
    IoptFoldWaits *const waits = &folding->waits[node->index];

    for (size_t i = 0; i < node->n_in + node->n_control; i++) {
        IoptNode *const from = i < node->n_in ? node->in[i].node : node->control[i - node->n_in];
        if (!folding->constant[from->index]) {
            IOPT_TRY(add_wait(waits, from, err));
            continue;
        }
        const IoptFoldWaits *const earlier = &folding->waits[from->index];
        for (size_t k = 0; k < earlier->n; k++)
            IOPT_TRY(add_wait(waits, earlier->at[k], err));
    }
    return IOPT_OK;
}

/* --- the walk ------------------------------------------------------------------------------ */

/* A depth first walk from the outputs against the edges; a node is looked at after its inputs.
 * The order decides how constants are numbered. */
typedef struct Walk {
    IoptFolding *folding;
    struct Visit {
        IoptNode *node;
        bool leave;
    } * stack;
    size_t depth, capacity;
    bool *seen;
    bool found; /* a constant that is no Const */
} Walk;

static IoptStatus push(Walk *walk, IoptNode *node, bool leave, IoptError *err)
{
    void *stack = walk->stack;

    IOPT_TRY(iopt_grow(&stack, &walk->capacity, walk->depth + 1, sizeof *walk->stack, err));
    walk->stack = stack;
    walk->stack[walk->depth++] = (struct Visit){ node, leave };
    return IOPT_OK;
}

static int compare_names(const void *a, const void *b)
{
    const IoptNode *const *const x = a, *const *const y = b;
    return strcmp((*x)->name, (*y)->name);
}

static IoptStatus push_inputs(Walk *walk, const IoptNode *node, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    const size_t n = node->n_in + node->n_control;
    void *block;

    IOPT_TRY(iopt_alloc(&block, n, sizeof(IoptNode *), err));
    IoptNode **const inputs = block;
    for (size_t i = 0; i < n; i++)
        inputs[i] = i < node->n_in ? node->in[i].node : node->control[i - node->n_in];
    qsort(inputs, n, sizeof *inputs, compare_names);
    for (size_t i = 0; i < n; i++)
        if (!walk->seen[inputs[i]->index])
            IOPT_DO(push(walk, inputs[i], false, err));
done:
    free(block);
    return status;
}

static IoptStatus leave(Walk *walk, IoptNode *node, IoptError *err)
{
    IoptFolding *const folding = walk->folding;

    if (!is_constant(folding, node))
        return IOPT_OK;
    folding->constant[node->index] = true;
    walk->found = walk->found || !iopt_is_op(node, "Const");
    return add_waits(folding, node, err);
}

static IoptStatus walk_from(Walk *walk, IoptNode *root, IoptNode **left, size_t *n_left,
                            IoptError *err)
{
    IOPT_TRY(push(walk, root, false, err));
    while (walk->depth) {
        const struct Visit visit = walk->stack[--walk->depth];
        if (visit.leave) {
            IOPT_TRY(leave(walk, visit.node, err));
            left[(*n_left)++] = visit.node;
        } else if (!walk->seen[visit.node->index]) {
            walk->seen[visit.node->index] = true;
            IOPT_TRY(push(walk, visit.node, true, err));
            IOPT_TRY(push_inputs(walk, visit.node, err));
        }
    }
    return IOPT_OK;
}

/* --- targets ------------------------------------------------------------------------------- */

static IoptStatus add_target(IoptFolding *folding, IoptNode *node, int port, size_t number,
                             IoptError *err)
{
    void *targets = folding->targets;
    const char *name = node->name;
    int sort_port = port;

    for (size_t i = folding->n_targets; i-- > 0 && folding->targets[i].node == node;)
        if (folding->targets[i].port == port)
            return IOPT_OK;
    if (folding->from_shape[node->index]) {
        /* It is sorted as the constant that takes the place of this output. */
        const size_t own = number + (node->n_out > 1 ? (size_t)port : 0);
        name = iopt_arena_printf(node->graph->arena, "%s/_%zu__cf__%zu", node->name, own,
                                 *folding->context->folded + own);
        if (!name)
            return iopt_fail_memory(err, strlen(node->name));
        sort_port = node->n_out > 1 ? 0 : port;
    }
    IOPT_TRY(iopt_grow(&targets, &folding->targets_capacity, folding->n_targets + 1,
                       sizeof *folding->targets, err));
    folding->targets = targets;
    folding->targets[folding->n_targets++] =
        (IoptFoldTarget){ .node = node, .port = port, .sort_name = name, .sort_port = sort_port };
    return IOPT_OK;
}

static IoptStatus add_targets(IoptFolding *folding, IoptNode *node, size_t number, IoptError *err)
{
    const IoptGraph *const graph = node->graph;

    if (!folding->constant[node->index] || iopt_is_op(node, "Const"))
        return IOPT_OK;
    for (size_t i = 0; i < node->n_uses; i++) {
        const IoptUse *const use = &node->uses[i];
        if (use->slot != IOPT_CONTROL && !folding->constant[use->node->index])
            IOPT_TRY(add_target(folding, node, use->node->in[use->slot].port, number, err));
    }
    for (size_t i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].node == node)
            IOPT_TRY(add_target(folding, node, graph->outputs[i].port, number, err));
    return IOPT_OK;
}

static int compare_targets(const void *a, const void *b)
{
    const IoptFoldTarget *const x = a, *const y = b;
    const int order = strcmp(x->sort_name, y->sort_name);

    return order ? order : (x->sort_port > y->sort_port) - (x->sort_port < y->sort_port);
}

/* Each output of a node whose value comes from shapes takes a number of its own. */
static IoptStatus find_targets(IoptFolding *folding, IoptNode *const *left, size_t n_left,
                               IoptError *err)
{
    size_t number = 0;

    for (size_t i = 0; i < n_left; i++) {
        IOPT_TRY(add_targets(folding, left[i], number, err));
        if (folding->from_shape[left[i]->index])
            number += left[i]->n_out;
    }
    *folding->context->folded += number;
    if (folding->n_targets)
        qsort(folding->targets, folding->n_targets, sizeof *folding->targets, compare_targets);
    return IOPT_OK;
}

/* A fetch, by the name of the node that TensorFlow makes for it. */
typedef struct Root {
    const char *name;
    IoptNode *node;
} Root;

static int compare_roots(const void *a, const void *b)
{
    const Root *const x = a, *const y = b;
    return strcmp(y->name, x->name); /* the last one is walked first */
}

static IoptStatus list_roots(const IoptGraph *graph, Root *roots, IoptError *err)
{
    for (size_t i = 0; i < graph->n_outputs; i++) {
        const IoptValue value = graph->outputs[i];
        roots[i].node = value.node;
        roots[i].name =
            iopt_arena_printf(graph->arena, "_send_%s_%d", value.node->name, value.port);
        if (!roots[i].name)
            return iopt_fail_memory(err, strlen(value.node->name));
    }
    qsort(roots, graph->n_outputs, sizeof *roots, compare_roots);
    return IOPT_OK;
}

static IoptStatus walk_all(Walk *walk, IoptError *err)
{
    const IoptGraph *const graph = walk->folding->import.graph;
    IoptStatus status = IOPT_OK;
    void *roots = NULL, *left = NULL, *seen;
    size_t n_left = 0;

    IOPT_DO(iopt_alloc(&seen, graph->n_nodes, sizeof(bool), err));
    walk->seen = seen;
    IOPT_DO(iopt_alloc(&left, graph->n_nodes, sizeof(IoptNode *), err));
    IOPT_DO(iopt_alloc(&roots, graph->n_outputs, sizeof(Root), err));
    IOPT_DO(list_roots(graph, roots, err));
    for (size_t i = 0; i < graph->n_outputs; i++)
        IOPT_DO(walk_from(walk, ((Root *)roots)[i].node, left, &n_left, err));
    if (walk->found)
        IOPT_DO(find_targets(walk->folding, left, n_left, err));
done:
    free(roots);
    free(left);
    free(walk->seen);
    free(walk->stack);
    return status;
}

IoptStatus iopt_folding_find(IoptFolding *folding, IoptError *err)
{
    Walk walk = { .folding = folding };
    void *constant, *from_shape, *waits;

    folding->n = folding->import.graph->n_nodes;
    IOPT_TRY(iopt_alloc(&constant, folding->n, sizeof(bool), err));
    folding->constant = constant;
    IOPT_TRY(iopt_alloc(&from_shape, folding->n, sizeof(bool), err));
    folding->from_shape = from_shape;
    IOPT_TRY(iopt_alloc(&waits, folding->n, sizeof(IoptFoldWaits), err));
    folding->waits = waits;
    return walk_all(&walk, err);
}
