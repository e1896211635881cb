/* Unique: the different values of x in order of appearance, and where each element of x went
 *
 *   in      x [n], of any type
 *   out     y [m], m depending on the values;  idx [n]: x[i] = y[idx[i]]
 *   attr    out_idx int32 or int64
 *   exact   values are the same if their bits are, 0 and -0 too; NaN is never the same
 *   source  TensorFlow op "Unique"
 */
#include <math.h>
#include <stdlib.h>

#include "base/checked.h"
#include "ops/ints.h"
#include "ops/move.h"

typedef struct Table {
    int64_t *slot; /* index of the element of x that came first, or -1 */
    size_t size;   /* a power of two */
} Table;

static uint64_t hash_bytes(const void *bytes, size_t size)
{
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
    return hash ^ hash >> 29;
}

static uint64_t hash_elem(const IoptTensor *x, size_t i)
{
    if (x->dtype == IOPT_STRING) {
        const IoptBytes *const text = (const IoptBytes *)x->data + i;
        return hash_bytes(text->data, text->size);
    }
    if (iopt_dtype_is_float(x->dtype)) {
        const double value = iopt_tensor_get_f64(x, i) + 0.0; /* -0 becomes 0 */
        return hash_bytes(&value, sizeof value);
    }
    return hash_bytes(iopt_elem(x, (int64_t)i), iopt_dtype_bytes(x->dtype));
}

static bool same_elem(const IoptTensor *x, size_t i, size_t j)
{
    if (x->dtype == IOPT_STRING) {
        const IoptBytes *const a = (const IoptBytes *)x->data + i, *const b =
                                                                       (const IoptBytes *)x->data +
                                                                       j;
        return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
    }
    if (iopt_dtype_is_float(x->dtype))
        return iopt_tensor_get_f64(x, i) == iopt_tensor_get_f64(x, j);
    return memcmp(iopt_elem(x, (int64_t)i), iopt_elem(x, (int64_t)j), iopt_dtype_bytes(x->dtype)) ==
           0;
}

/* Where element i is or belongs. */
static int64_t *find(const Table *table, const IoptTensor *x, size_t i)
{
    size_t at = (size_t)hash_elem(x, i) & (table->size - 1);

    while (table->slot[at] >= 0 && !same_elem(x, (size_t)table->slot[at], i))
        at = (at + 1) & (table->size - 1);
    return &table->slot[at];
}

/* first[i] = the first element that is the same as element i.  free() it. */
static IoptStatus find_firsts(const IoptTensor *x, int64_t **first, int64_t *n_unique,
                              IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Table table = { NULL, 16 };
    void *block = NULL, *slots = NULL;
    const size_t n = iopt_elems(x);

    *first = NULL;
    while (table.size < n || table.size / 2 < n)
        if (!iopt_mul_size(table.size, 2, &table.size))
            return iopt_fail_memory(err, SIZE_MAX);
    IOPT_DO(iopt_alloc(&block, n, sizeof(int64_t), err));
    IOPT_DO(iopt_alloc(&slots, table.size, sizeof(int64_t), err));
    table.slot = slots;
    for (size_t i = 0; i < table.size; i++)
        table.slot[i] = -1;
    *first = block;
    *n_unique = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t *const slot = find(&table, x, i);
        if (*slot < 0) {
            *slot = (int64_t)i;
            ++*n_unique;
        }
        (*first)[i] = *slot;
    }
    block = NULL;
done:
    free(block);
    free(slots);
    return status;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    int64_t *first, n_unique = -1;

    if (!iopt_may_have_rank(&in[0], 1))
        return iopt_bad_inputs(node, in, err, "a vector");
    if (in[0].value) {
        IOPT_TRY(find_firsts(in[0].value, &first, &n_unique, err));
        free(first);
    }
    out[0] = iopt_fact(iopt_input_type(node, in, "T"), iopt_shape(1, &n_unique));
    out[1] = iopt_fact(iopt_attr_type(node, "out_idx", IOPT_I32),
                       in[0].shape.rank < 0 ? iopt_shape_of_rank(1) : in[0].shape);
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const size_t n = iopt_elems(in[0]), elem_bytes = iopt_dtype_bytes(in[0]->dtype);
    int64_t *first, n_unique;
    size_t next = 0;

    (void)node;
    IOPT_TRY(find_firsts(in[0], &first, &n_unique, err));
    for (size_t i = 0; i < n; i++) {
        size_t at = next;
        if (first[i] != (int64_t)i)
            at = (size_t)iopt_tensor_get_i64(out[1], (size_t)first[i]);
        else
            iopt_move_fill(iopt_elem_mut(out[0], (int64_t)next++), 1, iopt_elem(in[0], (int64_t)i),
                           elem_bytes);
        iopt_tensor_set_i64(out[1], i, (int64_t)at);
    }
    free(first);
    return IOPT_OK;
}

const IoptOp iopt_op_unique = {
    .name = "Unique",
    .n_in = 1,
    .n_out = 2,
    .brief = "the different values of x",
    .infer = infer,
    .eval = eval,
};
