/* NthElement: the n-th smallest value of each row.
 *
 *   in      x, rank >= 1; n, int32 scalar, 0 <= n < the last dimension
 *   out     y, x without its last dimension; attribute reverse: the n-th greatest
 *   exact
 *   source  TensorFlow op "NthElement"
 */
#include <stdlib.h>

#include "ops/elementwise.h"

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    int64_t n = 0;
    size_t count;

    if (x->rank == 0 || in[1].shape.rank > 0)
        return iopt_bad_inputs(node, in, err, "x of rank 1 or more, and a scalar n");
    if (in[1].value && (!iopt_fact_ints(&in[1], &n, 1, &count) || n < 0))
        return iopt_bad_inputs(node, in, err, "n >= 0 of int32");
    if (in[1].value && x->rank > 0 && x->dim[x->rank - 1] >= 0 && n >= x->dim[x->rank - 1])
        return iopt_bad_inputs(node, in, err, "rows of more than n = %lld values", (long long)n);
    out[0] = iopt_fact(in[0].dtype, *x);
    if (x->rank > 0)
        out[0].shape.rank--;
    return IOPT_OK;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t length = (size_t)in[0]->shape.dim[in[0]->shape.rank - 1];
    const size_t rows = iopt_elems(out[0]);
    const size_t n = (size_t)iopt_tensor_get_i64(in[1], 0);
    const size_t place = iopt_attr_bool(node, "reverse", false) ? length - 1 - n : n;
    void *block;

    IOPT_TRY(iopt_alloc(&block, length, sizeof(double), err));
    double *const row = block;
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < length; i++)
            row[i] = iopt_tensor_get_f64(in[0], r * length + i);
        qsort(row, length, sizeof row[0], compare);
        iopt_tensor_set_f64(out[0], r, row[place]);
    }
    free(block);
    return IOPT_OK;
}

const IoptOp iopt_op_nth_element = { .name = "NthElement",
                                     .n_in = 2,
                                     .n_out = 1,
                                     .dtypes = IOPT_FLOAT_TYPES " int8 uint8 int16 uint16 int32",
                                     .brief = "the n-th smallest value of each row",
                                     .infer = infer,
                                     .eval = eval };
