/* TopK: the k greatest values of each row and where they were.
 *
 *   in      x, rank >= 1, the last dimension >= k; k, attribute of TopK, int32 scalar of TopKV2
 *   out     values like x with the last dimension k; indices, int32, the same shape
 *   exact   descending, equal values in the order of their indices (whatever `sorted` says)
 *   source  TensorFlow ops "TopK", "TopKV2"
 */
#include <stdlib.h>

#include "ops/elementwise.h"

/* *k = -1 if it is not known. */
static IoptStatus read_k(const IoptNode *node, const IoptFact *in, int64_t *k, IoptError *err)
{
    size_t count;

    *k = -1;
    if (node->n_in == 1)
        IOPT_TRY(iopt_need_int(node, "k", k, err));
    else if (in[1].shape.rank > 0)
        return iopt_bad_inputs(node, in, err, "a scalar k");
    else if (!in[1].value)
        return IOPT_OK;
    else if (!iopt_fact_ints(&in[1], k, 1, &count))
        return iopt_bad_inputs(node, in, err, "k of int32");
    if (*k < 0)
        return iopt_bad_inputs(node, in, err, "k >= 0, not %lld", (long long)*k);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape shape = in[0].shape;
    int64_t k;

    IOPT_TRY(read_k(node, in, &k, err));
    if (shape.rank == 0)
        return iopt_bad_inputs(node, in, err, "x of rank 1 or more");
    if (shape.rank > 0) {
        int64_t *const last = &shape.dim[shape.rank - 1];
        if (*last >= 0 && k > *last)
            return iopt_bad_inputs(node, in, err, "rows of at least k = %lld values", (long long)k);
        *last = k;
    }
    out[0] = iopt_fact(in[0].dtype, shape);
    out[1] = iopt_fact(IOPT_I32, shape);
    return IOPT_OK;
}

typedef struct Candidate {
    double value; /* of floats */
    int64_t integer;
    int32_t index;
} Candidate;

/* Descending, then by index; a NaN goes behind everything else. */
static int compare(const void *left, const void *right)
{
    const Candidate *const a = left, *const b = right;
    const bool a_nan = a->value != a->value, b_nan = b->value != b->value;

    if (a_nan != b_nan)
        return a_nan ? 1 : -1;
    if (!a_nan && a->value != b->value)
        return a->value > b->value ? -1 : 1;
    if (a->integer != b->integer)
        return a->integer > b->integer ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptShape *const shape = &in[0]->shape;
    const size_t length = (size_t)shape->dim[shape->rank - 1];
    const size_t k = (size_t)out[0]->shape.dim[shape->rank - 1];
    const size_t rows = length ? iopt_elems(in[0]) / length : 0;
    const bool is_float = iopt_dtype_is_float(in[0]->dtype);
    void *block;

    (void)node;
    IOPT_TRY(iopt_alloc(&block, length, sizeof(Candidate), err));
    Candidate *const row = block;
    for (size_t r = 0; r < rows; r++) {
        for (size_t i = 0; i < length; i++) {
            const size_t at = r * length + i;
            row[i].index = (int32_t)i;
            row[i].value = is_float ? iopt_tensor_get_f64(in[0], at) : 0;
            row[i].integer = is_float ? 0 : iopt_tensor_get_i64(in[0], at);
        }
        qsort(row, length, sizeof row[0], compare);
        for (size_t i = 0; i < k; i++) {
            if (is_float)
                iopt_tensor_set_f64(out[0], r * k + i, row[i].value);
            else
                iopt_tensor_set_i64(out[0], r * k + i, row[i].integer);
            iopt_i32_mut(out[1])[r * k + i] = row[i].index;
        }
    }
    free(block);
    return IOPT_OK;
}

#define TOP_K_OP(id, op_name, inputs)                                    \
    const IoptOp iopt_op_##id = { .name = op_name,                       \
                                  .n_in = inputs,                        \
                                  .n_out = 2,                            \
                                  .dtypes = IOPT_NUMBER_TYPES,           \
                                  .flags = IOPT_OP_HALF,                 \
                                  .brief = "the k greatest of each row", \
                                  .infer = infer,                        \
                                  .eval = eval }

TOP_K_OP(top_k, "TopK", 1);
TOP_K_OP(top_k_v2, "TopKV2", 2);
