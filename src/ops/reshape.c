/* Reshape: the same elements in another shape
 *
 *   in      x; shape [n] of int32 or int64, of which one value may be -1: whatever is left
 *   out     y [shape], the elements of x in order
 *   source  TensorFlow op "Reshape"
 */
#include <string.h>

#include "ops/ints.h"

/* Elements of the dimensions that are known; false if they overflow. */
static bool known_elems(const IoptShape *shape, int64_t *out, int *n_unknown)
{
    IoptShape known = iopt_shape_scalar();
    size_t elems;

    *n_unknown = 0;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] < 0)
            ++*n_unknown;
        else
            iopt_shape_push(&known, shape->dim[i]);
    if (!iopt_shape_elems(&known, &elems) || elems > INT64_MAX)
        return false;
    *out = (int64_t)elems;
    return true;
}

static IoptStatus refuse(const IoptNode *node, const IoptShape *x, const IoptShape *y,
                         IoptError *err)
{
    return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': cannot give %s the shape %s", node->op,
                     node->name, iopt_shape_text(x).s, iopt_shape_text(y).s);
}

/* Fits the wanted shape `y`, all of whose values are known, to x. */
static IoptStatus fit(const IoptNode *node, const IoptShape *x, IoptShape *y, IoptError *err)
{
    int64_t x_elems, y_elems;
    int x_unknown = 1, y_unknown;

    if (!known_elems(y, &y_elems, &y_unknown) || y_unknown > 1)
        return refuse(node, x, y, err);
    if (x->rank < 0)
        return IOPT_OK;
    if (!known_elems(x, &x_elems, &x_unknown))
        return refuse(node, x, y, err);
    if (x_unknown) /* known dimensions can still contradict a wanted size */
        return !y_unknown && (x_elems == 0 ? y_elems != 0 : y_elems % x_elems != 0)
                   ? refuse(node, x, y, err)
                   : IOPT_OK;
    if (!y_unknown)
        return x_elems == y_elems ? IOPT_OK : refuse(node, x, y, err);
    if (y_elems == 0 || x_elems % y_elems != 0)
        return refuse(node, x, y, err);
    for (int i = 0; i < y->rank; i++)
        if (y->dim[i] < 0)
            y->dim[i] = x_elems / y_elems;
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    IoptShape y;
    IoptInts wanted;
    size_t elems;

    out[0].dtype = iopt_input_type(node, in, "T");
    IOPT_TRY(iopt_ints_shape(node, in, 1, true, &y, err));
    IOPT_TRY(iopt_ints_vector(node, in, 1, "shape", &wanted, err));
    if (wanted.known)
        IOPT_TRY(fit(node, &in[0].shape, &y, err));
    else if (y.rank == 1 && iopt_shape_elems(&in[0].shape, &elems))
        y.dim[0] = (int64_t)elems;
    out[0].shape = y;
    return IOPT_OK;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    if (in[0]->bytes != out[0]->bytes)
        return refuse(node, &in[0]->shape, &out[0]->shape, err);
    if (in[0]->bytes)
        memcpy(out[0]->data, in[0]->data, in[0]->bytes);
    return IOPT_OK;
}

const IoptOp iopt_op_reshape = { .name = "Reshape",
                                 .n_in = 2,
                                 .n_out = 1,
                                 .brief = "the same elements in another shape",
                                 .infer = infer,
                                 .eval = eval };
