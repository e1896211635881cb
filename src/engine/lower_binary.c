/* Add, AddV2, AddN of two, Sub, Mul, RealDiv, Maximum, Minimum with broadcasting, and the clamp
 * that follows.
 *
 * One input has the result's shape; the other one repeats along the channels, along whole trailing
 * axes before them, or both.  Anything else is left to the plain-C result.
 */
#include "engine/lower.h"
#include "kernels/binary_f32/binary_f32.h"

typedef struct BinaryJob {
    IoptBinaryF32Job job;
    const IoptVariant *variant;
} BinaryJob;

/* How the second operand is read. */
typedef struct Operands {
    size_t x; /* the input that has the result's shape */
    IoptBinaryF32Op op;
    size_t group; /* rows of the result that share one row of z */
    bool all;     /* all of them do */
    bool broadcast;
} Operands;

static bool op_of(const char *op, bool swapped, IoptBinaryF32Op *out)
{
    if (iopt_op_in(op, "Add|AddV2|AddN"))
        *out = IOPT_BINARY_ADD;
    else if (iopt_op_in(op, "Sub"))
        *out = swapped ? IOPT_BINARY_RSUB : IOPT_BINARY_SUB;
    else if (iopt_op_in(op, "Mul"))
        *out = IOPT_BINARY_MUL;
    else if (iopt_op_in(op, "RealDiv"))
        *out = swapped ? IOPT_BINARY_RDIV : IOPT_BINARY_DIV;
    else if (swapped)
        return false; /* which of two NaNs or zeros wins depends on the order */
    else
        *out = iopt_op_in(op, "Maximum") ? IOPT_BINARY_MAX : IOPT_BINARY_MIN;
    return true;
}

/* z's dimension under axis `i` of x, aligned at the end. */
static int64_t dim_under(const IoptShape *z, const IoptShape *x, int i)
{
    const int at = i - (x->rank - z->rank);

    return at < 0 ? 1 : z->dim[at];
}

/* Whether z equals x up to some axis and is 1 from there to the channels. */
static bool pair(const IoptShape *x, const IoptShape *z, Operands *out)
{
    int axis = 0;

    out->group = 1;
    out->broadcast = x->rank > 0 && dim_under(z, x, x->rank - 1) != x->dim[x->rank - 1];
    if (z->rank > x->rank || (out->broadcast && dim_under(z, x, x->rank - 1) != 1))
        return false;
    while (axis < x->rank - 1 && dim_under(z, x, axis) == x->dim[axis])
        axis++;
    out->all = axis == 0;
    for (int i = axis; i < x->rank - 1; i++) {
        if (dim_under(z, x, i) != 1)
            return false;
        out->group *= (size_t)x->dim[i];
    }
    return true;
}

static bool operands_of(const IoptNode *node, Operands *out)
{
    const IoptShape *const y = &node->facts[0].shape;

    if (node->n_in != 2 || !iopt_is_f32(node->in[0]) || !iopt_is_f32(node->in[1]) ||
        node->facts[0].dtype != IOPT_F32)
        return false;
    for (out->x = 0; out->x < 2; out->x++) {
        const IoptShape x = iopt_shape_of(node->in[out->x]);
        const IoptShape z = iopt_shape_of(node->in[1 - out->x]);
        if (iopt_shape_equal(&x, y) && op_of(node->op, out->x == 1, &out->op) && pair(&x, &z, out))
            return true;
    }
    return false;
}

static bool fits(const IoptNode *node)
{
    Operands operands;

    return operands_of(node, &operands);
}

static IoptStatus run_binary(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const BinaryJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, step->out[0].rows, &begin, &end);
    ((IoptBinaryF32 *)job->variant->fn)(&job->job, iopt_place_at(&step->in[0], call),
                                        iopt_place_at(&step->in[1], call),
                                        iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    const IoptNode *const node = chain->root;
    IoptStep step = { .run = run_binary };
    IoptPlace in[2], y;
    Operands operands;
    BinaryJob *job;

    (void)operands_of(node, &operands);
    IOPT_TRY(iopt_lower_in(l, node->in[operands.x], &in[0], err));
    IOPT_TRY(iopt_lower_in(l, node->in[1 - operands.x], &in[1], err));
    IOPT_TRY(iopt_lower_out_over(l, iopt_chain_value(chain), node->in[operands.x], &y, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(iopt_lower_kernel(l, &iopt_kernel_binary_f32, &job->variant, &step.info.kernel, err));
    job->job = (IoptBinaryF32Job){
        .op = operands.op,
        .channels = y.channels,
        .x_stride = in[0].stride,
        .y_stride = y.stride,
        .z_stride = operands.all ? 0 : in[1].stride,
        .z_group = operands.group ? operands.group : 1,
        .z_broadcast = operands.broadcast,
        .lo = chain->lo,
        .hi = chain->hi,
    };
    step.job = job;
    step.parts = y.rows;
    return iopt_lower_add(l, chain, step, in, 2, &y, 1, err);
}

const IoptLowering iopt_lowering_binary = {
    .ops = "Add|AddV2|AddN|Sub|Mul|RealDiv|Maximum|Minimum",
    .takes = IOPT_TAKES_CLAMP,
    .any_strides = true,
    .fits = fits,
    .lower = lower,
};
