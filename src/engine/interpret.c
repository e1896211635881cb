/* The interpreter: every node in order, each value a tensor of its own, freed after its last use.
 *
 * A value may be dead: the side of a Switch that was not taken, and all that depends on it.  A
 * Merge passes on the input that lives.
 */
#include "engine/interpret.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "ops/op.h"
#include "platform/clock.h"

struct IoptInterpreter {
    IoptNode **order;
    size_t n_nodes, n_values, most_inputs, most_outputs;
    size_t *first_value; /* by node->index */
    size_t *uses;        /* of each value: inputs and graph outputs that read it */
};

/* One execution. */
typedef struct Frame {
    const IoptPlan *plan;
    const IoptInterpreter *self;
    const IoptTensor **value; /* NULL: dead, or not there yet, or freed */
    IoptTensor **owned;       /* the same where the frame has to destroy it */
    size_t *uses;             /* still to come */
    bool *dead;               /* nodes, by node->index */
    const IoptTensor **in;    /* of one node */
    IoptTensor **out;
} Frame;

static size_t number_of(const IoptInterpreter *self, IoptValue value)
{
    return self->first_value[value.node->index] + (size_t)value.port;
}

static bool has_step(const IoptNode *node)
{
    return !iopt_op_in(node->op, "Const|Placeholder|NoOp");
}

static double fact_bytes(const IoptFact *fact)
{
    size_t elems;

    return iopt_shape_elems(&fact->shape, &elems)
               ? (double)elems * (double)iopt_dtype_bytes(fact->dtype)
               : 0;
}

static IoptStatus describe_step(IoptPlan *plan, const IoptNode *node, IoptError *err)
{
    const IoptOp *const op = iopt_op_of(node);
    IoptStep step = { .info = { .node = node->name, .op = node->op, .kernel = "plain C" } };
    IoptFact *in;
    bool known = true;

    IOPT_TRY(iopt_alloc((void **)&in, node->n_in, sizeof *in, err));
    for (size_t i = 0; i < node->n_in; i++) {
        in[i] = iopt_fact_at(node->in[i]);
        known &= iopt_shape_known(&in[i].shape);
        step.info.bytes += fact_bytes(&in[i]);
    }
    for (size_t i = 0; i < node->n_out; i++) {
        known &= iopt_shape_known(&node->facts[i].shape);
        step.info.bytes += fact_bytes(&node->facts[i]);
    }
    if (known && op->macs)
        step.info.macs = op->macs(node, in, node->facts);
    free(in);
    IOPT_TRY(iopt_grow((void **)&plan->steps, &plan->steps_capacity, plan->n_steps + 1,
                       sizeof *plan->steps, err));
    plan->steps[plan->n_steps++] = step;
    return IOPT_OK;
}

/* An op that moves values differently from Switch and Merge. */
static IoptStatus check_control(const IoptNode *node, IoptError *err)
{
    const IoptOp *const op = iopt_op_of(node);

    if (op->eval || op->flags & IOPT_OP_REFERENCE || !has_step(node) ||
        iopt_op_in(node->op, "Switch|RefSwitch|Merge|RefMerge"))
        return IOPT_OK;
    return iopt_fail(err, IOPT_UNSUPPORTED,
                     "%s '%s': this kind of control flow cannot be run; choose --inputs behind it "
                     "or --outputs before it",
                     node->op, node->name);
}

static IoptStatus number_nodes(IoptInterpreter *self, IoptPlan *plan, IoptError *err)
{
    const IoptGraph *const graph = plan->graph;

    self->n_nodes = graph->n_nodes;
    IOPT_TRY(iopt_alloc((void **)&self->first_value, graph->n_nodes, sizeof(size_t), err));
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const node = self->order[i];
        self->first_value[node->index] = self->n_values;
        self->n_values += node->n_out;
        if (node->n_in > self->most_inputs)
            self->most_inputs = node->n_in;
        if (node->n_out > self->most_outputs)
            self->most_outputs = node->n_out;
        IOPT_TRY(check_control(node, err));
        /* Aligned now, so that runs only read the graph. */
        if (iopt_is_op(node, "Const") && !iopt_const(node))
            return iopt_fail(err, IOPT_NO_MEMORY, "Const '%s': no value", node->name);
        if (has_step(node))
            IOPT_TRY(describe_step(plan, node, err));
    }
    return IOPT_OK;
}

static IoptStatus count_uses(IoptInterpreter *self, const IoptGraph *graph, IoptError *err)
{
    IOPT_TRY(iopt_alloc((void **)&self->uses, self->n_values, sizeof(size_t), err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        for (size_t k = 0; k < graph->nodes[i]->n_in; k++)
            self->uses[number_of(self, graph->nodes[i]->in[k])]++;
    for (size_t i = 0; i < graph->n_outputs; i++)
        self->uses[number_of(self, graph->outputs[i])]++;
    return IOPT_OK;
}

IoptStatus iopt_interpreter_create(IoptPlan *plan, IoptInterpreter **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptInterpreter *self;

    *out = NULL;
    IOPT_TRY(iopt_alloc((void **)&self, 1, sizeof *self, err));
    IOPT_DO(iopt_graph_order(plan->graph, &self->order, err));
    IOPT_DO(number_nodes(self, plan, err));
    IOPT_DO(count_uses(self, plan->graph, err));
    *out = self;
    self = NULL;
done:
    iopt_interpreter_destroy(self);
    return status;
}

void iopt_interpreter_destroy(IoptInterpreter *interpreter)
{
    if (!interpreter)
        return;
    free(interpreter->order);
    free(interpreter->first_value);
    free(interpreter->uses);
    free(interpreter);
}

/* --- one execution ------------------------------------------------------------------------- */

static void release(Frame *f, size_t number)
{
    if (f->uses[number] > 0 && --f->uses[number] > 0)
        return;
    iopt_tensor_destroy(f->owned[number]);
    f->owned[number] = NULL;
    f->value[number] = NULL;
}

static void keep(Frame *f, size_t number, IoptTensor *taken)
{
    f->value[number] = f->owned[number] = taken;
    if (f->uses[number] == 0)
        release(f, number);
}

static IoptStatus pass_on(Frame *f, const IoptTensor *tensor, size_t number, IoptError *err)
{
    IoptTensor *copy;

    IOPT_TRY(tensor->owner ? iopt_tensor_share(tensor, &copy, err)
                           : iopt_tensor_clone(tensor, &copy, err));
    keep(f, number, copy);
    return IOPT_OK;
}

static IoptStatus run_switch(Frame *f, const IoptNode *node, IoptError *err)
{
    const size_t side = iopt_tensor_get_i64(f->in[1], 0) != 0;

    return pass_on(f, f->in[0], f->self->first_value[node->index] + side, err);
}

static IoptStatus run_merge(Frame *f, const IoptNode *node, IoptError *err)
{
    const size_t first = f->self->first_value[node->index];
    IoptTensor *index;
    size_t live = 0;

    while (live < node->n_in && !f->in[live])
        live++;
    if (live == node->n_in) {
        f->dead[node->index] = true;
        return IOPT_OK;
    }
    IOPT_TRY(pass_on(f, f->in[live], first, err));
    IOPT_TRY(iopt_tensor_scalar_i32((int32_t)live, &index, err));
    keep(f, first + 1, index);
    return IOPT_OK;
}

static IoptStatus run_op(Frame *f, const IoptNode *node, IoptError *err)
{
    const size_t first = f->self->first_value[node->index];

    IOPT_TRY(iopt_op_eval(iopt_op_of(node), node, f->in, f->out, err));
    for (size_t i = 0; i < node->n_out; i++)
        keep(f, first + i, f->out[i]);
    return IOPT_OK;
}

/* Whether a node does not run because something that it waits for did not. */
static bool is_dead(const Frame *f, const IoptNode *node)
{
    for (size_t i = 0; i < node->n_control; i++)
        if (f->dead[node->control[i]->index])
            return true;
    if (iopt_op_in(node->op, "Merge|RefMerge"))
        return false;
    for (size_t i = 0; i < node->n_in; i++)
        if (!f->in[i])
            return true;
    return false;
}

static IoptStatus run_node(Frame *f, IoptNode *node, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    if (iopt_is_op(node, "Const")) {
        f->value[f->self->first_value[node->index]] = iopt_const(node);
        return IOPT_OK;
    }
    for (size_t i = 0; i < node->n_in; i++)
        f->in[i] = f->value[number_of(f->self, node->in[i])];
    f->dead[node->index] = is_dead(f, node);
    if (f->dead[node->index] || !has_step(node))
        ; /* nothing comes out, or it is there already */
    else if (iopt_op_in(node->op, "Switch|RefSwitch"))
        status = run_switch(f, node, err);
    else if (iopt_op_in(node->op, "Merge|RefMerge"))
        status = run_merge(f, node, err);
    else
        status = run_op(f, node, err);
    for (size_t i = 0; i < node->n_in; i++)
        release(f, number_of(f->self, node->in[i]));
    return status;
}

static IoptStatus take_outputs(Frame *f, IoptTensor **out, IoptError *err)
{
    const IoptGraph *const graph = f->plan->graph;

    for (size_t i = 0; i < graph->n_outputs; i++) {
        const size_t number = number_of(f->self, graph->outputs[i]);
        const IoptTensor *const tensor = f->value[number];
        if (!tensor)
            return iopt_fail(err, IOPT_BAD_MODEL, IOPT_NO_VALUE, f->plan->outputs[i].name);
        IOPT_TRY(tensor->owner && f->owned[number] ? iopt_tensor_share(tensor, &out[i], err)
                                                   : iopt_tensor_clone(tensor, &out[i], err));
    }
    return IOPT_OK;
}

static IoptStatus run_all(Frame *f, const IoptTensor *const *in, IoptTensor **out,
                          uint64_t *step_ns, IoptError *err)
{
    const IoptGraph *const graph = f->plan->graph;

    for (size_t i = 0; i < graph->n_inputs; i++)
        f->value[number_of(f->self, graph->inputs[i])] = in[i];
    for (size_t i = 0; i < f->self->n_nodes; i++) {
        IoptNode *const node = f->self->order[i];
        const uint64_t begin = step_ns ? iopt_now_ns() : 0;
        IOPT_TRY(iopt_check_cancelled(err));
        IOPT_TRY(run_node(f, node, err));
        if (step_ns && has_step(node))
            *step_ns++ += iopt_now_ns() - begin;
    }
    return take_outputs(f, out, err);
}

static IoptStatus create_frame(const IoptPlan *plan, Frame *f, IoptError *err)
{
    const IoptInterpreter *const self = plan->interpreter;

    *f = (Frame){ .plan = plan, .self = self };
    IOPT_TRY(iopt_alloc((void **)&f->value, self->n_values, sizeof *f->value, err));
    IOPT_TRY(iopt_alloc((void **)&f->owned, self->n_values, sizeof *f->owned, err));
    IOPT_TRY(iopt_alloc((void **)&f->uses, self->n_values, sizeof *f->uses, err));
    IOPT_TRY(iopt_alloc((void **)&f->dead, self->n_nodes, sizeof *f->dead, err));
    IOPT_TRY(iopt_alloc((void **)&f->in, self->most_inputs, sizeof *f->in, err));
    IOPT_TRY(iopt_alloc((void **)&f->out, self->most_outputs, sizeof *f->out, err));
    for (size_t i = 0; i < self->n_values; i++)
        f->uses[i] = self->uses[i];
    return IOPT_OK;
}

static void destroy_frame(Frame *f)
{
    for (size_t i = 0; f->owned && i < f->self->n_values; i++)
        iopt_tensor_destroy(f->owned[i]);
    free(f->value);
    free(f->owned);
    free(f->uses);
    free(f->dead);
    free(f->in);
    free(f->out);
}

IoptStatus iopt_interpret(const IoptPlan *plan, const IoptTensor *const *in, IoptTensor **out,
                          uint64_t *step_ns, IoptError *err)
{
    IoptStatus status;
    Frame f;

    for (size_t i = 0; i < plan->n_outputs; i++)
        out[i] = NULL;
    status = create_frame(plan, &f, err);
    if (status == IOPT_OK)
        status = run_all(&f, in, out, step_ns, err);
    destroy_frame(&f);
    for (size_t i = 0; status != IOPT_OK && i < plan->n_outputs; i++) {
        iopt_tensor_destroy(out[i]);
        out[i] = NULL;
    }
    return status;
}
