/* Cumsum, Cumprod: running sums and products along one axis.
 *
 *   in      x; axis, an int scalar
 *   out     y, like x.  Attribute exclusive: without the element itself; reverse: from the end.
 *           Floats accumulate in double, integers wrap
 *   source  TensorFlow ops of the same names
 */
#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    int64_t wanted;
    size_t count;
    int axis;

    if (in[1].shape.rank > 0)
        return iopt_bad_inputs(node, in, err, "a scalar axis");
    if (in[1].value && in[0].shape.rank >= 0 &&
        (!iopt_fact_ints(&in[1], &wanted, 1, &count) ||
         !iopt_axis(wanted, in[0].shape.rank, &axis)))
        return iopt_bad_inputs(node, in, err, "an axis in -%d .. %d", in[0].shape.rank,
                               in[0].shape.rank - 1);
    return iopt_infer_same(node, in, out, err);
}

typedef struct Line {
    size_t base, step, length;
    bool product, exclusive, reverse;
} Line;

static size_t place(const Line *line, size_t i)
{
    return line->base + (line->reverse ? line->length - 1 - i : i) * line->step;
}

static void run_floats(const IoptTensor *x, IoptTensor *y, const Line *line)
{
    double total = line->product ? 1 : 0;

    for (size_t i = 0; i < line->length; i++) {
        const size_t at = place(line, i);
        const double v = iopt_tensor_get_f64(x, at), before = total;
        total = line->product ? total * v : total + v;
        iopt_tensor_set_f64(y, at, line->exclusive ? before : total);
    }
}

static void run_integers(const IoptTensor *x, IoptTensor *y, const Line *line)
{
    uint64_t total = line->product ? 1 : 0;

    for (size_t i = 0; i < line->length; i++) {
        const size_t at = place(line, i);
        const uint64_t v = (uint64_t)iopt_tensor_get_i64(x, at), before = total;
        total = line->product ? total * v : total + v;
        iopt_tensor_set_i64(y, at, (int64_t)(line->exclusive ? before : total));
    }
}

static void run(const IoptNode *node, const IoptTensor *const *in, IoptTensor *out, bool product)
{
    const IoptShape *const shape = &in[0]->shape;
    Line line = { .step = 1,
                  .product = product,
                  .exclusive = iopt_attr_bool(node, "exclusive", false),
                  .reverse = iopt_attr_bool(node, "reverse", false) };
    const size_t n = iopt_elems(in[0]);
    int axis = 0;

    if (n == 0 || !iopt_axis(iopt_tensor_get_i64(in[1], 0), shape->rank, &axis))
        return;
    for (int i = axis + 1; i < shape->rank; i++)
        line.step *= (size_t)shape->dim[i];
    line.length = (size_t)shape->dim[axis];
    for (size_t i = 0; i < n / line.length; i++) {
        line.base = i / line.step * line.step * line.length + i % line.step;
        if (iopt_dtype_is_float(in[0]->dtype))
            run_floats(in[0], out, &line);
        else
            run_integers(in[0], out, &line);
    }
}

#define CUMULATE_OP(id, op_name, product, text)                                    \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)err;                                                                 \
        run(node, in, out[0], product);                                            \
        return IOPT_OK;                                                            \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 2,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = IOPT_NUMBER_TYPES,                     \
                                  .flags = IOPT_OP_HALF,                           \
                                  .brief = text,                                   \
                                  .infer = infer,                                  \
                                  .eval = eval_##id }

CUMULATE_OP(cumsum, "Cumsum", false, "running sums along an axis");
CUMULATE_OP(cumprod, "Cumprod", true, "running products along an axis");
