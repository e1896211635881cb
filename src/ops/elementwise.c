/* Elementwise ops: shape rules, and the loops over elements. */
#include "ops/elementwise.h"

void iopt_walk_begin(IoptWalk *walk, const IoptShape *out)
{
    *walk = (IoptWalk){ .rank = out->rank };
    for (int i = 0; i < out->rank; i++)
        walk->dim[i] = out->dim[i];
}

void iopt_walk_operand(IoptWalk *walk, int which, const IoptShape *operand)
{
    int64_t strides[IOPT_MAX_RANK];

    iopt_shape_strides(operand, strides);
    for (int i = 0; i < operand->rank; i++)
        walk->stride[which][walk->rank - operand->rank + i] = operand->dim[i] == 1 ? 0 : strides[i];
}

void iopt_walk_next(IoptWalk *walk)
{
    for (int i = walk->rank - 1; i >= 0; i--) {
        if (++walk->at[i] < walk->dim[i]) {
            for (int k = 0; k < 3; k++)
                walk->offset[k] += walk->stride[k][i];
            return;
        }
        for (int k = 0; k < 3; k++)
            walk->offset[k] -= walk->stride[k][i] * (walk->dim[i] - 1);
        walk->at[i] = 0;
    }
}

void iopt_map_unary(const IoptTensor *x, IoptTensor *y, double (*f)(double),
                    int64_t (*integer)(int64_t))
{
    const size_t n = iopt_elems(x);

    if (x->dtype == IOPT_F32) {
        const float *const from = x->data;
        float *const to = y->data;
        for (size_t i = 0; i < n; i++)
            to[i] = (float)f((double)from[i]);
    } else if (x->dtype == IOPT_F64) {
        const double *const from = x->data;
        double *const to = y->data;
        for (size_t i = 0; i < n; i++)
            to[i] = f(from[i]);
    } else if (iopt_dtype_is_float(x->dtype)) {
        for (size_t i = 0; i < n; i++)
            iopt_tensor_set_f64(y, i, f(iopt_tensor_get_f64(x, i)));
    } else {
        for (size_t i = 0; i < n; i++)
            iopt_tensor_set_i64(y, i, integer(iopt_tensor_get_i64(x, i)));
    }
}

static void map_f32(const IoptTensor *const *in, IoptTensor *out, IoptWalk *walk,
                    double (*f)(double, double))
{
    const float *const a = in[0]->data, *const b = in[1]->data;
    float *const y = out->data;
    const size_t n = iopt_elems(out);

    for (size_t i = 0; i < n; i++, iopt_walk_next(walk))
        y[i] = (float)f((double)a[walk->offset[0]], (double)b[walk->offset[1]]);
}

static void map_f64(const IoptTensor *const *in, IoptTensor *out, IoptWalk *walk,
                    double (*f)(double, double))
{
    const double *const a = in[0]->data, *const b = in[1]->data;
    double *const y = out->data;
    const size_t n = iopt_elems(out);

    for (size_t i = 0; i < n; i++, iopt_walk_next(walk))
        y[i] = f(a[walk->offset[0]], b[walk->offset[1]]);
}

static void map_halves(const IoptTensor *const *in, IoptTensor *out, IoptWalk *walk,
                       double (*f)(double, double))
{
    const size_t n = iopt_elems(out);

    for (size_t i = 0; i < n; i++, iopt_walk_next(walk))
        iopt_tensor_set_f64(out, i,
                            f(iopt_tensor_get_f64(in[0], (size_t)walk->offset[0]),
                              iopt_tensor_get_f64(in[1], (size_t)walk->offset[1])));
}

static IoptComplex read_complex(const IoptTensor *tensor, int64_t i)
{
    if (tensor->dtype == IOPT_C128) {
        const double *const at = (const double *)tensor->data + 2 * i;
        return (IoptComplex){ at[0], at[1] };
    }
    const float *const at = (const float *)tensor->data + 2 * i;
    return (IoptComplex){ (double)at[0], (double)at[1] };
}

static void map_complex(const IoptTensor *const *in, IoptTensor *out, IoptWalk *walk,
                        IoptComplex (*f)(IoptComplex, IoptComplex))
{
    const size_t n = iopt_elems(out);

    for (size_t i = 0; i < n; i++, iopt_walk_next(walk)) {
        const IoptComplex y =
            f(read_complex(in[0], walk->offset[0]), read_complex(in[1], walk->offset[1]));
        if (out->dtype == IOPT_C128) {
            ((double *)out->data)[2 * i] = y.re;
            ((double *)out->data)[2 * i + 1] = y.im;
        } else {
            ((float *)out->data)[2 * i] = (float)y.re;
            ((float *)out->data)[2 * i + 1] = (float)y.im;
        }
    }
}

static IoptStatus map_integers(const IoptNode *node, const IoptTensor *const *in, IoptTensor *out,
                               IoptWalk *walk, const IoptBinary *op, IoptError *err)
{
    const size_t n = iopt_elems(out);

    for (size_t i = 0; i < n; i++, iopt_walk_next(walk)) {
        const int64_t a = iopt_tensor_get_i64(in[0], (size_t)walk->offset[0]);
        const int64_t b = iopt_tensor_get_i64(in[1], (size_t)walk->offset[1]);
        const char *const why = op->refuse ? op->refuse(a, b) : NULL;
        if (why)
            return iopt_fail(err, IOPT_BAD_DATA, "%s '%s': %s", node->op, node->name, why);
        iopt_tensor_set_i64(out, i, op->integer(a, b));
    }
    return IOPT_OK;
}

IoptStatus iopt_map_binary(const IoptNode *node, const IoptTensor *const *in, IoptTensor *out,
                           const IoptBinary *op, IoptError *err)
{
    IoptWalk walk;

    iopt_walk_begin(&walk, &out->shape);
    iopt_walk_operand(&walk, 0, &in[0]->shape);
    iopt_walk_operand(&walk, 1, &in[1]->shape);
    if (in[0]->dtype == IOPT_F32)
        map_f32(in, out, &walk, op->f32 ? op->f32 : op->f);
    else if (in[0]->dtype == IOPT_F64)
        map_f64(in, out, &walk, op->f);
    else if (iopt_dtype_is_float(in[0]->dtype))
        map_halves(in, out, &walk, op->f);
    else if (in[0]->dtype == IOPT_C64 || in[0]->dtype == IOPT_C128)
        map_complex(in, out, &walk, op->complex);
    else
        return map_integers(node, in, out, &walk, op, err);
    return IOPT_OK;
}

IoptStatus iopt_infer_same(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    (void)node, (void)err;
    out[0] = iopt_fact(in[0].dtype, in[0].shape);
    return IOPT_OK;
}

IoptStatus iopt_infer_same_bool(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    (void)node, (void)err;
    out[0] = iopt_fact(IOPT_BOOL, in[0].shape);
    return IOPT_OK;
}

IoptStatus iopt_infer_broadcast(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                IoptError *err)
{
    const IoptDType a = in[0].dtype, b = in[1].dtype;

    out[0].dtype = a ? a : b;
    if (a && b && a != b)
        return iopt_bad_inputs(node, in, err, "two inputs of one type");
    if (!iopt_shape_broadcast(&in[0].shape, &in[1].shape, &out[0].shape))
        return iopt_bad_inputs(node, in, err, "shapes that broadcast");
    return IOPT_OK;
}

IoptStatus iopt_infer_broadcast_bool(const IoptNode *node, const IoptFact *in, IoptFact *out,
                                     IoptError *err)
{
    IOPT_TRY(iopt_infer_broadcast(node, in, out, err));
    out[0].dtype = IOPT_BOOL;
    return IOPT_OK;
}
