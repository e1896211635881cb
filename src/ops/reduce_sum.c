/* Sum, Mean, Prod, EuclideanNorm over axes.
 *
 *   in      x, any shape; axes, int32 or int64, a vector or a scalar
 *   out     y, x without these axes (attribute keep_dims: they stay as 1)
 *   source  TensorFlow ops of the same names
 *
 * Floats accumulate in double.  Integers wrap in their own type, and the mean of integers is that
 * wrapped sum divided toward zero.  Of nothing: Sum 0, Prod 1, Mean NaN.
 */
#include <math.h>
#include <stdlib.h>

#include "ops/reduce.h"

typedef struct Sum {
    double (*add)(double sum, double x);
    int64_t (*add_int)(int64_t sum, int64_t x);
    double (*finish)(double sum, double count); /* NULL: the sum itself */
    int start;
} Sum;

static double plus(double sum, double x)
{
    return sum + x;
}

static int64_t plus_int(int64_t sum, int64_t x)
{
    return (int64_t)((uint64_t)sum + (uint64_t)x);
}

static double times(double sum, double x)
{
    return sum * x;
}

static int64_t times_int(int64_t sum, int64_t x)
{
    return (int64_t)((uint64_t)sum * (uint64_t)x);
}

static double plus_square(double sum, double x)
{
    return sum + x * x;
}

static int64_t plus_square_int(int64_t sum, int64_t x)
{
    return plus_int(sum, times_int(x, x));
}

static double divide(double sum, double count)
{
    return sum / count;
}

static double root(double sum, double count)
{
    (void)count;
    return sqrt(sum);
}

static IoptStatus sum_floats(const IoptTensor *const *in, IoptTensor *out, const Sum *sum,
                             IoptError *err)
{
    const size_t n = iopt_elems(in[0]), n_out = iopt_elems(out);
    void *block;
    IoptWalk walk;

    IOPT_TRY(iopt_alloc(&block, n_out, sizeof(double), err));
    double *const sums = block;
    for (size_t i = 0; i < n_out; i++)
        sums[i] = sum->start;
    iopt_reduction_walk(in[0], in[1], &walk);
    for (size_t i = 0; i < n; i++, iopt_walk_next(&walk))
        sums[walk.offset[0]] = sum->add(sums[walk.offset[0]], iopt_tensor_get_f64(in[0], i));
    const double count = n_out ? (double)(n / n_out) : 0;
    for (size_t i = 0; i < n_out; i++)
        iopt_tensor_set_f64(out, i, sum->finish ? sum->finish(sums[i], count) : sums[i]);
    free(block);
    return IOPT_OK;
}

/* The output itself holds the wrapped sums. */
static void sum_integers(const IoptTensor *const *in, IoptTensor *out, const Sum *sum)
{
    const size_t n = iopt_elems(in[0]), n_out = iopt_elems(out);
    IoptWalk walk;

    for (size_t i = 0; i < n_out; i++)
        iopt_tensor_set_i64(out, i, sum->start);
    iopt_reduction_walk(in[0], in[1], &walk);
    for (size_t i = 0; i < n; i++, iopt_walk_next(&walk)) {
        const size_t at = (size_t)walk.offset[0];
        iopt_tensor_set_i64(
            out, at, sum->add_int(iopt_tensor_get_i64(out, at), iopt_tensor_get_i64(in[0], i)));
    }
    if (!sum->finish || n == 0)
        return;
    for (size_t i = 0; i < n_out; i++)
        if (sum->finish == divide)
            iopt_tensor_set_i64(out, i, iopt_tensor_get_i64(out, i) / (int64_t)(n / n_out));
        else
            iopt_tensor_set_f64(out, i, sum->finish((double)iopt_tensor_get_i64(out, i), 0));
}

static IoptStatus reduce(const IoptTensor *const *in, IoptTensor *out, const Sum *sum,
                         IoptError *err)
{
    if (iopt_dtype_is_float(in[0]->dtype))
        return sum_floats(in, out, sum, err);
    sum_integers(in, out, sum);
    return IOPT_OK;
}

static const Sum sum_sum = { .add = plus, .add_int = plus_int };
static const Sum mean_sum = { .add = plus, .add_int = plus_int, .finish = divide };
static const Sum prod_sum = { .add = times, .add_int = times_int, .start = 1 };
static const Sum euclidean_norm_sum = { .add = plus_square,
                                        .add_int = plus_square_int,
                                        .finish = root };

#define SUM_OP(id, op_name, text)                                                  \
    static IoptStatus eval_##id(const IoptNode *node, const IoptTensor *const *in, \
                                IoptTensor *const *out, IoptError *err)            \
    {                                                                              \
        (void)node;                                                                \
        return reduce(in, out[0], &id##_sum, err);                                 \
    }                                                                              \
    const IoptOp iopt_op_##id = { .name = op_name,                                 \
                                  .n_in = 2,                                       \
                                  .n_out = 1,                                      \
                                  .dtypes = IOPT_NUMBER_TYPES,                     \
                                  .flags = IOPT_OP_HALF,                           \
                                  .brief = text,                                   \
                                  .infer = iopt_infer_reduction,                   \
                                  .eval = eval_##id }

SUM_OP(sum, "Sum", "the sum over axes");
SUM_OP(mean, "Mean", "the mean over axes");
SUM_OP(prod, "Prod", "the product over axes");
SUM_OP(euclidean_norm, "EuclideanNorm", "the root of the sum of squares over axes");
