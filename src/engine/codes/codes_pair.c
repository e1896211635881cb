/* QuantizedAdd and QuantizedMul: sums and products of codes, with a vector or a single element on
 * one side. */
#include "engine/codes/codes.h"

typedef struct PairJob {
    bool adds, z_single; /* z_single: z is one element, for all of x */
} PairJob;

static size_t channels_of(IoptValue value)
{
    const IoptShape shape = iopt_shape_of(value);

    return shape.rank > 0 ? (size_t)shape.dim[shape.rank - 1] : 1;
}

IoptValue iopt_codes_pair_larger(const IoptNode *node, bool *swapped)
{
    *swapped = iopt_value_elems(node->in[1]) > iopt_value_elems(node->in[0]);
    return node->in[*swapped ? 1 : 0];
}

/* The same shape; one element; or a vector along the last dimension. */
bool iopt_codes_pair_fits(const IoptNode *node)
{
    bool swapped;
    const IoptValue x = iopt_codes_pair_larger(node, &swapped), z = node->in[swapped ? 0 : 1];
    const size_t x_elems = iopt_value_elems(x), z_elems = iopt_value_elems(z);
    const IoptShape z_shape = iopt_shape_of(z), x_shape = iopt_shape_of(x);

    if (x_elems == 0 || z_elems == 0 || x.node->facts[x.port].dtype != IOPT_QU8 ||
        z.node->facts[z.port].dtype != IOPT_QU8 ||
        !iopt_shape_equal(&x_shape, &node->facts[0].shape))
        return false;
    return z_elems == 1 || (z_elems == x_elems && iopt_shape_equal(&x_shape, &z_shape)) ||
           (z_elems == channels_of(x) && channels_of(z) == z_elems);
}

static bool fits_int32(int64_t value)
{
    return value >= INT32_MIN && value <= INT32_MAX;
}

/* first + code * step, if no code leaves int32; a single code rounds in its own way. */
static bool widen(IoptRange from, IoptRange to, const uint8_t *single, int32_t *first,
                  int32_t *step)
{
    const IoptWiden w = iopt_widen(from, to);

    if (single) {
        *first = (int32_t)iopt_code_of(IOPT_QI32, iopt_code_real(IOPT_QU8, *single, from), to);
        *step = 0;
        return true;
    }
    if (!fits_int32(w.zero) || !fits_int32(w.step) || !fits_int32(w.zero + 255 * w.step))
        return false;
    *first = (int32_t)w.zero;
    *step = (int32_t)w.step;
    return true;
}

static IoptRange range_at(const IoptStep *step, const IoptStepCall *call, size_t k)
{
    return (IoptRange){ *(const float *)iopt_place_at(&step->in[k], call),
                        *(const float *)iopt_place_at(&step->in[k + 1], call) };
}

/* in: x, z, the range of x, that of z; out: work */
static IoptStatus run_pair(const IoptStep *step, const IoptStepCall *call, IoptError *err)
{
    const PairJob *const job = step->job;
    const IoptRange x = range_at(step, call, 2), z = range_at(step, call, 4);
    const uint8_t *const single = job->z_single ? iopt_place_at(&step->in[1], call) : NULL;
    IoptCodesWork *const work = iopt_place_at(&step->out[0], call);
    const IoptRange sum = iopt_sum_range(x, z);

    (void)err;
    *work = (IoptCodesWork){ .plain = !(x.max > x.min) || !(z.max > z.min) };
    if (work->plain)
        return IOPT_OK;
    if (job->adds) {
        /* both single: only the first operand rounds as one does */
        const bool both = single && step->in[0].rows * step->in[0].channels == 1;
        work->plain = both || !widen(x, sum, NULL, &work->map.x_first, &work->map.x_step) ||
                      !widen(z, sum, single, &work->map.z_first, &work->map.z_step);
        return IOPT_OK;
    }
    work->map.x_first = iopt_wrap_i32(0 - (uint64_t)iopt_zero_code(IOPT_QU8, x));
    work->map.z_first = iopt_wrap_i32(0 - (uint64_t)iopt_zero_code(IOPT_QU8, z));
    work->map.x_step = work->map.z_step = 1;
    if (single) {
        work->map.z_first = iopt_wrap_i32((uint64_t)*single + (uint64_t)(int64_t)work->map.z_first);
        work->map.z_step = 0;
    }
    return IOPT_OK;
}

IoptStatus iopt_codes_lower_pair(IoptCodesLower *l, IoptError *err)
{
    const IoptNode *const node = l->codes->root;
    const size_t x_at = l->codes->swapped ? 1 : 0, z_at = 1 - x_at;
    IoptStep step = { .run = run_pair, .info.kernel = "operands" };
    IoptPlace in[6];
    PairJob *job;

    IOPT_TRY(iopt_lower_in_dense(l->lower, node->in[x_at], &in[0], err));
    IOPT_TRY(iopt_lower_in_dense(l->lower, node->in[z_at], &in[1], err));
    for (size_t i = 0; i < 2; i++) {
        IOPT_TRY(iopt_lower_in(l->lower, node->in[2 + 2 * x_at + i], &in[2 + i], err));
        IOPT_TRY(iopt_lower_in(l->lower, node->in[2 + 2 * z_at + i], &in[4 + i], err));
    }
    l->x = in[0];
    l->z = in[1];
    l->z.stride = l->z.rows * l->z.channels == l->x.rows * l->x.channels ? l->x.stride : 0;
    IOPT_TRY(iopt_lower_alloc(l->lower, 1, sizeof *job, &job, err));
    *job = (PairJob){ .adds = iopt_is_op(node, "QuantizedAdd"),
                      .z_single = iopt_value_elems(node->in[z_at]) == 1 };
    if (job->z_single) /* any readable codes will do: they count zero times */
        l->z = l->x;
    step.job = job;
    return iopt_codes_add(l, step, in, 6, &l->work, 1, err);
}
