/* Transpose: axes of size 1 are left out and axes that stay together are taken as one; then it is
 * no move at all (a view) or matrices that are turned (NCHW to NHWC, channel shuffle).
 */
#include "engine/lower.h"
#include "kernels/transpose_f32/transpose_f32.h"

typedef struct TransposeJob {
    IoptTransposeF32Job job;
    const IoptVariant *variant;
    size_t rows; /* of y, over all matrices */
} TransposeJob;

/* A transposition in as few axes as possible. */
typedef struct Order {
    size_t rank;
    size_t axis[IOPT_MAX_RANK]; /* of x, in the order of y */
    size_t dim[IOPT_MAX_RANK];  /* of x */
} Order;

/* y's axes without those of size 1, each as long a run of x's axes as stays together. */
static void simplify(const IoptShape *x, const int64_t *perm, Order *out)
{
    size_t start[IOPT_MAX_RANK], size[IOPT_MAX_RANK], n = 0;
    int64_t last = -2;

    for (int i = 0; i < x->rank; i++) {
        const int64_t axis = perm[i] < 0 ? perm[i] + x->rank : perm[i];
        bool follows = last >= 0 && last < axis;
        if (x->dim[axis] == 1)
            continue;
        for (int64_t k = last + 1; follows && k < axis; k++)
            follows = x->dim[k] == 1;
        if (follows) {
            size[n - 1] *= (size_t)x->dim[axis];
        } else {
            start[n] = (size_t)axis;
            size[n++] = (size_t)x->dim[axis];
        }
        last = axis;
    }
    out->rank = n;
    for (size_t i = 0; i < n; i++) {
        size_t rank = 0;
        for (size_t k = 0; k < n; k++)
            rank += start[k] < start[i];
        out->axis[i] = rank;
        out->dim[rank] = size[i];
    }
}

static bool is_view(const Order *order)
{
    return order->rank <= 1;
}

/* [.., a, b] to [.., b, a] */
static bool turns_matrices(const Order *order)
{
    return (order->rank == 2) || (order->rank == 3 && order->axis[0] == 0 && order->axis[1] == 2);
}

static bool order_of(const IoptNode *node, Order *order)
{
    const IoptShape x = iopt_shape_of(node->in[0]);
    const IoptFact fact = iopt_fact_at(node->in[1]);
    int64_t perm[IOPT_MAX_RANK];
    size_t count;

    if (iopt_value_elems(node->in[0]) == 0 || !iopt_fact_ints(&fact, perm, IOPT_MAX_RANK, &count) ||
        count != (size_t)x.rank)
        return false;
    simplify(&x, perm, order);
    return true;
}

static bool fits(const IoptNode *node)
{
    Order order;

    return order_of(node, &order) &&
           (is_view(&order) ||
            (turns_matrices(&order) && iopt_dtype_bytes(node->facts[0].dtype) == sizeof(float)));
}

static IoptStatus run_transpose(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const TransposeJob *const job = step->job;
    size_t begin, end;

    (void)err;
    iopt_part_range(call, job->rows, &begin, &end);
    ((IoptTransposeF32 *)job->variant->fn)(&job->job, iopt_place_at(&step->in[0], call),
                                           iopt_place_at(&step->out[0], call), begin, end);
    return IOPT_OK;
}

static IoptStatus lower(IoptLower *l, const IoptChain *chain, IoptError *err)
{
    IoptStep step = { .run = run_transpose };
    const IoptValue value = iopt_chain_value(chain);
    TransposeJob *job;
    IoptPlace x, y;
    Order order;
    bool copy;

    (void)order_of(chain->root, &order);
    IOPT_TRY(iopt_lower_in_dense(l, chain->root->in[0], &x, err));
    if (is_view(&order))
        return iopt_lower_alias(l, value, x, err);
    IOPT_TRY(iopt_lower_out_dense(l, value, &y, &copy, err));
    IOPT_TRY(iopt_lower_alloc(l, 1, sizeof *job, &job, err));
    IOPT_TRY(
        iopt_lower_kernel(l, &iopt_kernel_transpose_f32, &job->variant, &step.info.kernel, err));
    const size_t rows = order.dim[order.rank - 2], columns = order.dim[order.rank - 1];
    job->job = (IoptTransposeF32Job){ rows, columns, (ptrdiff_t)columns, (ptrdiff_t)rows };
    job->rows = (order.rank == 3 ? order.dim[0] : 1) * columns;
    step.job = job;
    step.parts = job->rows;
    IOPT_TRY(iopt_lower_add(l, chain, step, &x, 1, &y, 1, err));
    return copy ? iopt_lower_settle(l, value, &y, err) : IOPT_OK;
}

const IoptLowering iopt_lowering_transpose = { .ops = "Transpose", .fits = fits, .lower = lower };
