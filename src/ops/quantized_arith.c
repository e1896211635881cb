/* QuantizedAdd, QuantizedMul: sums and products of codes, with broadcasting
 *
 *   in      x, y, quint8; min and max of x, of y
 *   out     z, qint32, and its range
 *   exact   the bits of TensorFlow 1.15, with what it does to a vector along leading dimensions:
 *           element i of the larger operand meets element i mod n of the vector.  Shapes that
 *           TensorFlow cannot broadcast come out right.
 *   source  TensorFlow ops "QuantizedAdd", "QuantizedMul"
 */
#include <stdlib.h>

#include "ops/quantized.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape z;

    if (in[1].dtype && in[1].dtype != IOPT_QU8)
        return iopt_bad_inputs(node, in, err, "two quint8 operands");
    if (!iopt_shape_broadcast(&in[0].shape, &in[1].shape, &z))
        return iopt_bad_inputs(node, in, err, "shapes that broadcast");
    IOPT_TRY(iopt_ranges_check(node, in, 2, 4, err));
    iopt_quantized_facts(out, IOPT_QI32, z);
    return IOPT_OK;
}

/* How the operands meet. */
typedef struct Pairing {
    bool modulo; /* element i of z takes elements i mod n of each operand */
    size_t n_x, n_y;
    int64_t x_stride[IOPT_MAX_RANK], y_stride[IOPT_MAX_RANK]; /* 0 where it is repeated */
} Pairing;

enum { SAME, REPEAT_X, REPEAT_Y };

/* Runs of dimensions of one kind: at most two, one of them REPEAT, make TensorFlow's vector
 * case. */
static bool meets_modulo(const IoptShape *x, const IoptShape *y, const IoptShape *z)
{
    int runs = 0, last = -1;
    bool repeats_x = false, repeats_y = false;

    for (int i = 0; i < z->rank; i++) {
        const int ix = i - (z->rank - x->rank), iy = i - (z->rank - y->rank);
        const int64_t dx = ix < 0 ? 1 : x->dim[ix], dy = iy < 0 ? 1 : y->dim[iy];
        if (dx == 1 && dy == 1)
            continue;
        const int kind = dx == dy ? SAME : dx == 1 ? REPEAT_X : REPEAT_Y;
        repeats_x = repeats_x || kind == REPEAT_X;
        repeats_y = repeats_y || kind == REPEAT_Y;
        runs += kind != last;
        last = kind;
    }
    return runs <= 2 && !(repeats_x && repeats_y);
}

static void set_strides(const IoptShape *shape, int rank, int64_t *out)
{
    int64_t strides[IOPT_MAX_RANK];

    iopt_shape_strides(shape, strides);
    for (int i = 0; i < rank; i++) {
        const int at = i - (rank - shape->rank);
        out[i] = at < 0 || shape->dim[at] == 1 ? 0 : strides[at];
    }
}

static Pairing pair(const IoptTensor *x, const IoptTensor *y, const IoptShape *z)
{
    Pairing p = { .modulo = meets_modulo(&x->shape, &y->shape, z),
                  .n_x = iopt_elems(x),
                  .n_y = iopt_elems(y) };

    p.modulo = p.modulo || p.n_x == 1 || p.n_y == 1;
    set_strides(&x->shape, z->rank, p.x_stride);
    set_strides(&y->shape, z->rank, p.y_stride);
    return p;
}

/* Which elements of x and y make element i of z. */
static void elements_at(const Pairing *p, const IoptShape *z, size_t i, size_t *x, size_t *y)
{
    int64_t at_x = 0, at_y = 0, rest = (int64_t)i;

    if (p->modulo) {
        *x = i % p->n_x;
        *y = i % p->n_y;
        return;
    }
    for (int axis = z->rank - 1; axis >= 0; axis--) {
        at_x += rest % z->dim[axis] * p->x_stride[axis];
        at_y += rest % z->dim[axis] * p->y_stride[axis];
        rest /= z->dim[axis];
    }
    *x = (size_t)at_x;
    *y = (size_t)at_y;
}

static IoptStatus check_ranges(const IoptNode *node, IoptRange x, IoptRange y, IoptError *err)
{
    if (!(x.max > x.min) || !(y.max > y.min))
        return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': want ranges that are not empty", node->op,
                         node->name);
    return IOPT_OK;
}

/* quint8 codes in a qint32 range; a single one and an array round differently. */
typedef struct Widener {
    IoptWiden array;
    bool single;
    IoptRange from, to;
} Widener;

static Widener make_widener(IoptRange from, IoptRange to, bool single)
{
    return (Widener){ iopt_widen(from, to), single, from, to };
}

static int64_t widen(const Widener *w, uint8_t code)
{
    if (w->single)
        return iopt_code_of(IOPT_QI32, iopt_code_real(IOPT_QU8, code, w->from), w->to);
    const int64_t wide = w->array.zero + code * w->array.step;
    return wide < INT32_MIN ? INT32_MIN : wide > INT32_MAX ? INT32_MAX : wide;
}

static IoptStatus eval_add(const IoptNode *node, const IoptTensor *const *in,
                           IoptTensor *const *out, IoptError *err)
{
    const IoptRange x = iopt_range_of(in, 2), y = iopt_range_of(in, 4);
    const IoptRange range = iopt_sum_range(x, y);
    const Pairing p = pair(in[0], in[1], &out[0]->shape);
    const Widener wide_x = make_widener(x, range, p.n_x == 1);
    const Widener wide_y = make_widener(y, range, p.n_y == 1 && p.n_x != 1);
    const uint8_t *const px = in[0]->data, *const py = in[1]->data;
    int32_t *const z = out[0]->data;

    IOPT_TRY(check_ranges(node, x, y, err));
    for (size_t i = 0; i < iopt_elems(out[0]); i++) {
        size_t ix, iy;
        elements_at(&p, &out[0]->shape, i, &ix, &iy);
        z[i] = iopt_wrap_i32((uint64_t)widen(&wide_x, px[ix]) + (uint64_t)widen(&wide_y, py[iy]));
    }
    iopt_range_put(out, 1, range);
    return IOPT_OK;
}

static IoptStatus eval_mul(const IoptNode *node, const IoptTensor *const *in,
                           IoptTensor *const *out, IoptError *err)
{
    const IoptRange x = iopt_range_of(in, 2), y = iopt_range_of(in, 4);
    const int64_t zero_x = iopt_zero_code(IOPT_QU8, x), zero_y = iopt_zero_code(IOPT_QU8, y);
    const Pairing p = pair(in[0], in[1], &out[0]->shape);
    const uint8_t *const px = in[0]->data, *const py = in[1]->data;
    int32_t *const z = out[0]->data;

    IOPT_TRY(check_ranges(node, x, y, err));
    for (size_t i = 0; i < iopt_elems(out[0]); i++) {
        size_t ix, iy;
        elements_at(&p, &out[0]->shape, i, &ix, &iy);
        z[i] = iopt_wrap_i32((uint64_t)(px[ix] - zero_x) * (uint64_t)(py[iy] - zero_y));
    }
    iopt_range_put(out, 1, iopt_product_range(IOPT_QU8, x, IOPT_QU8, y));
    return IOPT_OK;
}

const IoptOp iopt_op_quantized_add = {
    .name = "QuantizedAdd",
    .n_in = 6,
    .n_out = 3,
    .dtypes = "quint8",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "sums of codes",
    .infer = infer,
    .eval = eval_add,
};

const IoptOp iopt_op_quantized_mul = {
    .name = "QuantizedMul",
    .n_in = 6,
    .n_out = 3,
    .dtypes = "quint8",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "products of codes",
    .infer = infer,
    .eval = eval_mul,
};
