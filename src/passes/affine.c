/* Reading, composing and writing per-channel affine maps. */
#include "passes/affine.h"

#include <stdio.h>
#include <stdlib.h>

IoptStatus iopt_affine_create(int axis, int rank, size_t count, IoptAffine *affine, IoptError *err)
{
    void *block;

    *affine = (IoptAffine){ 0 };
    IOPT_TRY(iopt_alloc(&block, count, 2 * sizeof(double), err));
    *affine = (IoptAffine){ .axis = axis, .rank = rank, .count = count };
    affine->scale = block;
    affine->shift = affine->scale + count;
    for (size_t i = 0; i < count; i++)
        affine->scale[i] = 1.0;
    return IOPT_OK;
}

void iopt_affine_free(IoptAffine *affine)
{
    free(affine->scale);
    *affine = (IoptAffine){ 0 };
}

/* The axis of x along which a constant varies; false if it varies along several or enlarges x. */
static bool find_axis(const IoptShape *x, const IoptTensor *constant, int *axis)
{
    const IoptShape *const c = &constant->shape;

    *axis = IOPT_UNIFORM;
    if (iopt_elems(constant) == 1)
        return x->rank < 0 ? c->rank == 0 : c->rank <= x->rank;
    if (x->rank < 0 || c->rank > x->rank)
        return false;
    for (int i = 0; i < c->rank; i++) {
        const int at = x->rank - c->rank + i;
        if (c->dim[i] == 1)
            continue;
        if (*axis != IOPT_UNIFORM || x->dim[at] != c->dim[i])
            return false;
        *axis = at;
    }
    /* Channels are the last axis, or the second one of NCHW. */
    return *axis == x->rank - 1 || (*axis == 1 && x->rank >= 3);
}

static void fill(IoptAffine *affine, const IoptNode *node, const IoptTensor *constant, size_t x)
{
    for (size_t i = 0; i < affine->count; i++) {
        const double c = iopt_tensor_get_f64(constant, i);
        if (iopt_is_op(node, "Mul"))
            affine->scale[i] = c;
        else if (iopt_is_op(node, "RealDiv"))
            affine->scale[i] = 1.0 / c;
        else if (iopt_is_op(node, "Sub") && x == 0)
            affine->shift[i] = -c;
        else
            affine->shift[i] = c;
        if (iopt_is_op(node, "Sub") && x == 1)
            affine->scale[i] = -1.0;
    }
    affine->has_scale = iopt_op_in(node->op, "Mul|RealDiv") || (iopt_is_op(node, "Sub") && x == 1);
    affine->has_shift = !iopt_op_in(node->op, "Mul|RealDiv");
}

static bool is_bias_add(const IoptNode *node, const IoptShape *x, const IoptTensor *bias, int *axis)
{
    const char *const format = iopt_attr_string(node, "data_format", "NHWC");

    if (x->rank < 2 || bias->shape.rank != 1)
        return false;
    *axis = strcmp(format, "NCHW") == 0 ? 1 : x->rank - 1;
    return x->dim[*axis] == bias->shape.dim[0];
}

bool iopt_affine_read(const IoptNode *node, IoptAffine *affine, size_t *x)
{
    int axis;

    if (!iopt_op_in(node->op, "Mul|RealDiv|Add|AddV2|Sub|BiasAdd") || node->n_in != 2)
        return false;
    const IoptTensor *constant = iopt_const_input(node, 1);
    *x = 0;
    if (!constant && iopt_op_in(node->op, "Mul|Add|AddV2|Sub")) {
        constant = iopt_const_input(node, 0);
        *x = 1;
    }
    if (!constant || constant->dtype != IOPT_F32 || iopt_const_mapped(node->in[*x].node))
        return false;
    const IoptShape shape = iopt_fact_at(node->in[*x]).shape;
    if (iopt_is_op(node, "BiasAdd") ? !is_bias_add(node, &shape, constant, &axis)
                                    : !find_axis(&shape, constant, &axis))
        return false;
    const size_t count = iopt_elems(constant);
    if (count == 0 || iopt_affine_create(count == 1 ? IOPT_UNIFORM : axis, shape.rank, count,
                                         affine, NULL) != IOPT_OK)
        return false;
    fill(affine, node, constant, *x);
    return true;
}

bool iopt_affine_fits(const IoptAffine *first, const IoptAffine *then)
{
    if (first->axis == IOPT_UNIFORM || then->axis == IOPT_UNIFORM)
        return true;
    return first->axis == then->axis && first->count == then->count;
}

IoptStatus iopt_affine_compose(IoptAffine *first, const IoptAffine *then, IoptError *err)
{
    if (first->axis == IOPT_UNIFORM && then->axis != IOPT_UNIFORM) {
        IoptAffine wide;
        IOPT_TRY(iopt_affine_create(then->axis, then->rank, then->count, &wide, err));
        for (size_t i = 0; i < wide.count; i++) {
            wide.scale[i] = iopt_affine_scale(first, i);
            wide.shift[i] = iopt_affine_shift(first, i);
        }
        wide.has_scale = first->has_scale;
        wide.has_shift = first->has_shift;
        iopt_affine_free(first);
        *first = wide;
    }
    for (size_t i = 0; i < first->count; i++) {
        const double scale = iopt_affine_scale(then, i);
        first->scale[i] *= scale;
        first->shift[i] = first->shift[i] * scale + iopt_affine_shift(then, i);
    }
    first->has_scale = first->has_scale || then->has_scale;
    first->has_shift = first->has_shift || then->has_shift;
    return IOPT_OK;
}

IoptAffine iopt_affine_slice(const IoptAffine *affine, size_t begin, size_t count)
{
    IoptAffine slice = *affine;

    if (affine->axis == IOPT_UNIFORM)
        return slice;
    slice.scale += begin;
    slice.shift += begin;
    slice.count = count;
    return slice;
}

/* [] for uniform, [C] for the last axis, [C,1,1] for an earlier one. */
static IoptShape constant_shape(const IoptAffine *affine)
{
    IoptShape shape = iopt_shape_scalar();

    if (affine->axis == IOPT_UNIFORM)
        return shape;
    iopt_shape_push(&shape, (int64_t)affine->count);
    for (int i = affine->axis + 1; i < affine->rank; i++)
        iopt_shape_push(&shape, 1);
    return shape;
}

static IoptStatus add_binary(IoptEdit *edit, const char *op, const char *base, IoptValue x,
                             IoptTensor *constant, const IoptNode *like, IoptNode **out,
                             IoptError *err)
{
    char name[512];
    IoptNode *values;

    (void)snprintf(name, sizeof name, "%s/%s", like->name, base);
    IOPT_TRY(iopt_edit_add_const(edit, name, constant, &values, err));
    values->device = like->device;
    (void)snprintf(name, sizeof name, "%s/add_%s", like->name, base);
    IOPT_TRY(iopt_edit_add(edit, name, op, like, out, err));
    IOPT_TRY(iopt_node_set_type(*out, "T", IOPT_F32, err));
    IOPT_TRY(iopt_node_add_input(*out, x, err));
    return iopt_node_add_input(*out, (IoptValue){ values, 0 }, err);
}

IoptStatus iopt_affine_build_bias(IoptEdit *edit, const IoptAffine *affine, size_t channels,
                                  IoptValue x, const IoptNode *like, IoptValue *out, IoptError *err)
{
    const int64_t dim = (int64_t)channels;
    const IoptShape shape = iopt_shape(1, &dim);
    IoptTensor *bias;
    IoptNode *node;

    IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, &bias, err));
    for (size_t i = 0; i < channels; i++)
        iopt_f32_mut(bias)[i] = (float)iopt_affine_shift(affine, i);
    IOPT_TRY(add_binary(edit, "BiasAdd", "bias", x, bias, like, &node, err));
    const bool nchw = affine->axis != IOPT_UNIFORM && affine->axis != affine->rank - 1;
    IOPT_TRY(iopt_node_set_string(node, "data_format", nchw ? "NCHW" : "NHWC", err));
    *out = (IoptValue){ node, 0 };
    return IOPT_OK;
}

IoptStatus iopt_affine_build(IoptEdit *edit, const IoptAffine *affine, IoptValue x,
                             const IoptNode *like, IoptValue *out, IoptError *err)
{
    const IoptShape shape = constant_shape(affine);
    IoptTensor *tensor;
    IoptNode *node;

    *out = x;
    if (affine->has_scale) {
        IOPT_TRY(iopt_tensor_create(IOPT_F32, &shape, &tensor, err));
        for (size_t i = 0; i < affine->count; i++)
            iopt_f32_mut(tensor)[i] = (float)affine->scale[i];
        IOPT_TRY(add_binary(edit, "Mul", "scale", *out, tensor, like, &node, err));
        *out = (IoptValue){ node, 0 };
    }
    if (affine->has_shift && affine->axis != IOPT_UNIFORM)
        return iopt_affine_build_bias(edit, affine, affine->count, *out, like, out, err);
    if (affine->has_shift) {
        IOPT_TRY(iopt_tensor_scalar_f32((float)affine->shift[0], &tensor, err));
        IOPT_TRY(add_binary(edit, "Add", "shift", *out, tensor, like, &node, err));
        *out = (IoptValue){ node, 0 };
    }
    return IOPT_OK;
}
