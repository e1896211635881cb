/* Evaluating one node: aligned inputs, outputs of the inferred shapes, half types by way of float.
 */
#include <stdlib.h>

#include "base/compiler.h"
#include "ops/op.h"

static bool is_half(IoptDType dtype)
{
    return dtype == IOPT_F16 || dtype == IOPT_BF16;
}

static bool is_aligned(const IoptTensor *tensor)
{
    const size_t bytes = iopt_dtype_bytes(tensor->dtype);
    const size_t align = tensor->dtype == IOPT_STRING ? _Alignof(IoptBytes) : bytes > 8 ? 8 : bytes;

    return (uintptr_t)tensor->data % align == 0;
}

/* The same values as another float type. */
static IoptStatus convert(const IoptTensor *from, IoptDType dtype, IoptTensor **out, IoptError *err)
{
    IOPT_TRY(iopt_tensor_create(dtype, &from->shape, out, err));
    const size_t n = iopt_elems(from);
    for (size_t i = 0; i < n; i++)
        iopt_tensor_set_f64(*out, i, iopt_tensor_get_f64(from, i));
    return IOPT_OK;
}

/* What eval reads: the input itself, or a copy that is aligned and not half. */
static IoptStatus prepare_input(const IoptOp *op, const IoptTensor *in, IoptTensor **copy,
                                const IoptTensor **ready, IoptError *err)
{
    *copy = NULL;
    *ready = in;
    if (op->flags & IOPT_OP_SHAPES)
        return IOPT_OK; /* there may be no data to look at */
    if (op->flags & IOPT_OP_HALF && is_half(in->dtype))
        IOPT_TRY(convert(in, IOPT_F32, copy, err));
    else if (!is_aligned(in))
        IOPT_TRY(iopt_tensor_clone(in, copy, err));
    if (*copy)
        *ready = *copy;
    return IOPT_OK;
}

static IoptStatus make_output(const IoptOp *op, const IoptNode *node, size_t port,
                              const IoptFact *fact, IoptTensor **out, IoptError *err)
{
    const bool through_float = op->flags & IOPT_OP_HALF && is_half(fact->dtype);

    const IoptStatus status =
        iopt_tensor_create(through_float ? IOPT_F32 : fact->dtype, &fact->shape, out, err);
    return iopt_while(err, status, "%s '%s': output %zu", node->op, node->name, port);
}

/* Gives an output its own type again, and its strings a home of their own. */
static IoptStatus finish_output(const IoptFact *fact, IoptTensor **out, IoptError *err)
{
    IoptTensor *finished;

    if ((*out)->dtype != fact->dtype)
        IOPT_TRY(convert(*out, fact->dtype, &finished, err));
    else if (fact->dtype == IOPT_STRING)
        IOPT_TRY(iopt_tensor_clone(*out, &finished, err));
    else
        return IOPT_OK;
    iopt_tensor_destroy(*out);
    *out = finished;
    return IOPT_OK;
}

/* An op that passes its input through gives another reference to the same bytes. */
static IoptStatus pass_through(const IoptOp *op, const IoptNode *node, const IoptTensor *in,
                               IoptTensor **out, IoptError *err)
{
    IOPT_TRY(in->owner && is_aligned(in) ? iopt_tensor_share(in, out, err)
                                         : iopt_tensor_clone(in, out, err));
    return op->eval ? op->eval(node, (const IoptTensor *const *)out, out, err) : IOPT_OK;
}

typedef struct Call {
    IoptFact *in_facts, *out_facts;
    IoptTensor **copies;
    const IoptTensor **in;
} Call;

static IoptStatus evaluate(const IoptOp *op, const IoptNode *node, const IoptTensor *const *in,
                           size_t n_out, Call *call, IoptTensor **out, IoptError *err)
{
    for (size_t i = 0; i < node->n_in; i++)
        call->in_facts[i] = iopt_fact_of(in[i]);
    IOPT_TRY(iopt_op_infer(op, node, call->in_facts, call->out_facts, err));
    if (op->flags & IOPT_OP_REFERENCE && n_out == 1 && node->n_in > 0)
        return pass_through(op, node, in[0], &out[0], err);
    for (size_t i = 0; i < node->n_in; i++)
        IOPT_TRY(prepare_input(op, in[i], &call->copies[i], &call->in[i], err));
    for (size_t i = 0; i < n_out; i++)
        IOPT_TRY(make_output(op, node, i, &call->out_facts[i], &out[i], err));
    IOPT_TRY(op->eval(node, call->in, out, err));
    for (size_t i = 0; i < n_out; i++)
        IOPT_TRY(finish_output(&call->out_facts[i], &out[i], err));
    return IOPT_OK;
}

/* One block for all four arrays of a call. */
static IoptStatus make_call(size_t n_in, size_t n_out, Call *call, void **block, IoptError *err)
{
    const size_t bytes = (n_in + n_out) * sizeof(IoptFact) + 2 * n_in * sizeof(IoptTensor *);

    IOPT_TRY(iopt_alloc(block, 1, bytes + 1, err));
    call->in_facts = *block;
    call->out_facts = call->in_facts + n_in;
    call->copies = (IoptTensor **)(void *)(call->out_facts + n_out);
    call->in = (const IoptTensor **)(void *)(call->copies + n_in);
    return IOPT_OK;
}

IoptStatus iopt_op_eval(const IoptOp *op, const IoptNode *node, const IoptTensor *const *in,
                        IoptTensor **out, IoptError *err)
{
    const size_t n_out = iopt_node_n_out(node);
    void *block = NULL;
    Call call = { 0 };

    for (size_t i = 0; i < n_out; i++)
        out[i] = NULL;
    if (!op->eval && !(op->flags & IOPT_OP_REFERENCE))
        return iopt_fail(err, IOPT_UNSUPPORTED, "%s '%s' has no value of its own", node->op,
                         node->name);
    IOPT_TRY(make_call(node->n_in, n_out, &call, &block, err));
    const IoptStatus status = evaluate(op, node, in, n_out, &call, out, err);
    for (size_t i = 0; i < node->n_in; i++)
        iopt_tensor_destroy(call.copies[i]);
    free(block);
    for (size_t i = 0; status != IOPT_OK && i < n_out; i++) {
        iopt_tensor_destroy(out[i]);
        out[i] = NULL;
    }
    return status;
}
