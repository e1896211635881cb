/* Places: where each value lies, and the buffers behind them.
 *
 * A part of a concatenation is placed inside of the whole: the whole's buffer is made when the
 * first of its parts, or of their parts, is written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/compiler.h"
#include "engine/lower.h"
#include "kernels/requant_s8.h"

IoptShape iopt_shape_of(IoptValue value)
{
    return value.node->facts[value.port].shape;
}

bool iopt_is_f32(IoptValue value)
{
    return value.node->facts[value.port].dtype == IOPT_F32;
}

size_t iopt_value_elems(IoptValue value)
{
    size_t elems = 0;

    (void)iopt_shape_elems(&value.node->facts[value.port].shape, &elems);
    return elems;
}

static IoptLowerValue *value_of(const IoptLower *lower, IoptValue value)
{
    return &lower->values[lower->first_value[value.node->index] + (size_t)value.port];
}

/* Sets type, shape, rows and channels of a place without gaps. */
static void shape_place(IoptPlace *place, IoptDType dtype, const IoptShape *shape)
{
    size_t elems = 0;

    (void)iopt_shape_elems(shape, &elems);
    place->dtype = dtype;
    place->shape = *shape;
    place->channels = shape->rank > 0 ? (size_t)shape->dim[shape->rank - 1] : 1;
    place->rows = place->channels ? elems / place->channels : 0;
    place->stride = (ptrdiff_t)place->channels;
}

/* `shape` may be that of *out. */
static IoptStatus new_buffer(IoptLower *lower, IoptDType dtype, const IoptShape *shape,
                             IoptPlace *out, IoptError *err)
{
    const IoptShape own = *shape;
    IoptPlan *plan = lower->plan;
    size_t elems, bytes;

    IOPT_TRY(iopt_tensor_size(dtype, shape, &elems, &bytes, err));
    if (iopt_dtype_is_quantized(dtype)) /* whoever reads codes may read a little further */
        bytes += IOPT_S8_SPARE_BYTES;
    IOPT_TRY(iopt_grow((void **)&plan->spans, &plan->spans_capacity, plan->n_spans + 1,
                       sizeof *plan->spans, err));
    plan->spans[plan->n_spans] = (IoptSpan){ .bytes = bytes, .first = SIZE_MAX };
    *out = (IoptPlace){ .base = IOPT_BASE_SLAB, .index = plan->n_spans++ };
    shape_place(out, dtype, &own);
    return IOPT_OK;
}

IoptStatus iopt_lower_temporary(IoptLower *lower, size_t rows, size_t channels, IoptPlace *out,
                                IoptError *err)
{
    return iopt_lower_temporary_of(lower, IOPT_F32, rows, channels, out, err);
}

IoptStatus iopt_lower_temporary_of(IoptLower *lower, IoptDType dtype, size_t rows, size_t channels,
                                   IoptPlace *out, IoptError *err)
{
    const int64_t dims[] = { (int64_t)rows, (int64_t)channels };
    const IoptShape shape = iopt_shape(2, dims);

    return new_buffer(lower, dtype, &shape, out, err);
}

/* Follows the parts up to the whole, makes its buffer if need be, and comes down again. */
static IoptStatus place_part(IoptLower *lower, IoptLowerValue *part, const IoptFact *fact,
                             IoptError *err)
{
    size_t first = 0, whole = part->part_of;

    for (first = part->part_offset; lower->values[whole - 1].part_of;
         whole = lower->values[whole - 1].part_of)
        first += lower->values[whole - 1].part_offset;

    IoptLowerValue *top = &lower->values[whole - 1];
    if (top->place.base == IOPT_BASE_NONE)
        IOPT_TRY(new_buffer(lower, top->place.dtype, &top->place.shape, &top->place, err));
    part->place = top->place;
    shape_place(&part->place, fact->dtype, &fact->shape);
    part->place.stride = top->place.stride;
    part->place.offset = top->place.offset + first * iopt_dtype_bytes(fact->dtype);
    return IOPT_OK;
}

IoptStatus iopt_lower_out(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err)
{
    IoptLowerValue *v = value_of(lower, value);
    const IoptFact *fact = &value.node->facts[value.port];

    if (v->place.base == IOPT_BASE_NONE && v->part_of)
        IOPT_TRY(place_part(lower, v, fact, err));
    else if (v->place.base == IOPT_BASE_NONE)
        IOPT_TRY(new_buffer(lower, fact->dtype, &fact->shape, &v->place, err));
    *out = v->place;
    return IOPT_OK;
}

/* Whether the one reader of `input` is the step that is being made, and its buffer is its own. */
static bool dies_here(const IoptLower *lower, IoptValue input, const IoptPlace *place)
{
    const IoptLowerValue *v = value_of(lower, input);

    return place->base == IOPT_BASE_SLAB && iopt_value_uses(input) == 1 && !v->part_of &&
           place->offset == 0 && !iopt_op_in(input.node->op, IOPT_VIEW_OPS);
}

IoptStatus iopt_lower_out_over(IoptLower *lower, IoptValue value, IoptValue input, IoptPlace *out,
                               IoptError *err)
{
    IoptLowerValue *v = value_of(lower, value), *from = value_of(lower, input);
    const IoptFact *fact = &value.node->facts[value.port], *in = &input.node->facts[input.port];

    if (v->place.base == IOPT_BASE_NONE && !v->part_of && dies_here(lower, input, &from->place) &&
        fact->dtype == in->dtype && iopt_shape_equal(&fact->shape, &in->shape)) {
        v->place = from->place;
    }
    return iopt_lower_out(lower, value, out, err);
}

IoptStatus iopt_lower_out_dense(IoptLower *lower, IoptValue value, IoptPlace *out, bool *copy,
                                IoptError *err)
{
    IoptLowerValue *v = value_of(lower, value);
    const IoptFact *fact = &value.node->facts[value.port];

    *copy = false;
    if (!v->part_of)
        return iopt_lower_out(lower, value, out, err);
    *copy = true;
    return new_buffer(lower, fact->dtype, &fact->shape, out, err);
}

IoptStatus iopt_lower_settle(IoptLower *lower, IoptValue value, const IoptPlace *from,
                             IoptError *err)
{
    IoptPlace to;

    IOPT_TRY(iopt_lower_out(lower, value, &to, err));
    return iopt_lower_copy(lower, lower->chain[value.node->index], from, &to, err);
}

IoptStatus iopt_lower_alias(IoptLower *lower, IoptValue value, IoptPlace place, IoptError *err)
{
    IoptLowerValue *v = value_of(lower, value);
    const IoptFact *fact = &value.node->facts[value.port];
    const ptrdiff_t stride = place.stride;
    const size_t channels = place.channels;

    shape_place(&place, fact->dtype, &fact->shape);
    if (place.channels == channels)
        place.stride = stride; /* gaps between the rows stay where they are */
    if (v->part_of)            /* it has to be in the concatenation, not only readable */
        return iopt_lower_settle(lower, value, &place, err);
    v->place = place;
    return IOPT_OK;
}

IoptStatus iopt_lower_in(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err)
{
    IoptLowerValue *v = value_of(lower, value);
    const IoptFact *fact = &value.node->facts[value.port];

    if (v->place.base == IOPT_BASE_NONE && fact->value) {
        const IoptTensor *tensor = fact->value;
        if (iopt_is_op(value.node, "Const")) { /* at an aligned address */
            tensor = iopt_const(value.node);
            if (!tensor)
                return iopt_fail_memory(err, fact->value->bytes);
        }
        v->place = (IoptPlace){ .base = IOPT_BASE_CONST, .constant = tensor->data };
        shape_place(&v->place, fact->dtype, &fact->shape);
        lower->plan->bytes.weights += tensor->bytes;
    }
    if (v->place.base == IOPT_BASE_NONE)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': its value is not made by any step",
                         value.node->op, value.node->name);
    *out = v->place;
    return IOPT_OK;
}

IoptStatus iopt_lower_in_dense(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err)
{
    IoptPlace from;

    IOPT_TRY(iopt_lower_in(lower, value, &from, err));
    if (iopt_place_dense(&from)) {
        *out = from;
        return IOPT_OK;
    }
    IOPT_TRY(new_buffer(lower, from.dtype, &from.shape, out, err));
    return iopt_lower_copy(lower, lower->chain[value.node->index], &from, out, err);
}

IoptStatus iopt_lower_alloc(IoptLower *lower, size_t count, size_t size, void *out, IoptError *err)
{
    void *memory = iopt_arena_alloc(lower->plan->arena, count, size);

    memcpy(out, &memory, sizeof memory);
    return memory ? IOPT_OK : iopt_fail_memory(err, count * size);
}

IoptStatus iopt_lower_floats(IoptLower *lower, const double *values, size_t count,
                             const float **out, IoptError *err)
{
    float *floats;

    IOPT_TRY(iopt_lower_alloc(lower, count, sizeof *floats, &floats, err));
    for (size_t i = 0; i < count; i++)
        floats[i] = (float)values[i];
    *out = floats;
    return IOPT_OK;
}

IoptStatus iopt_lower_block(IoptLower *lower, size_t bytes, void *out, IoptError *err)
{
    IoptPlan *plan = lower->plan;
    void *block;

    IOPT_TRY(iopt_grow((void **)&plan->blocks, &plan->blocks_capacity, plan->n_blocks + 1,
                       sizeof *plan->blocks, err));
    IOPT_TRY(iopt_alloc_aligned(&block, bytes, err));
    plan->blocks[plan->n_blocks++] = block;
    plan->bytes.weights += bytes;
    memcpy(out, &block, sizeof block);
    return IOPT_OK;
}

void iopt_lower_next_packed(IoptLower *lower, const float *packed, const float **next)
{
    if (lower->next_packed)
        *lower->next_packed = packed;
    lower->next_packed = next;
}

void iopt_lower_next_packed_s8(IoptLower *lower, const void *packed, const void **next)
{
    if (lower->next_packed_s8)
        *lower->next_packed_s8 = packed;
    lower->next_packed_s8 = next;
}

static IoptStatus copy_places(IoptLower *lower, const IoptPlace *places, size_t count,
                              IoptPlace **out, IoptError *err)
{
    IOPT_TRY(iopt_lower_alloc(lower, count, sizeof *places, out, err));
    if (count)
        memcpy(*out, places, count * sizeof *places);
    return IOPT_OK;
}

static double place_bytes(const IoptPlace *places, size_t count)
{
    double bytes = 0;

    for (size_t i = 0; i < count; i++)
        bytes += (double)places[i].rows * (double)places[i].channels *
                 (double)iopt_dtype_bytes(places[i].dtype);
    return bytes;
}

/* Multiply-adds of a node, from complete facts. */
static IoptStatus count_macs(const IoptNode *node, double *out, IoptError *err)
{
    const IoptOp *const op = iopt_op_of(node);
    IoptFact *in;

    if (!op || !op->macs)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc((void **)&in, node->n_in, sizeof *in, err));
    for (size_t i = 0; i < node->n_in; i++)
        in[i] = iopt_fact_at(node->in[i]);
    *out = op->macs(node, in, node->facts);
    free(in);
    return IOPT_OK;
}

IoptStatus iopt_lower_guard(IoptLower *lower, const IoptGuard *guard, IoptStep *step,
                            IoptError *err)
{
    IoptPlace *preds;
    bool *sides;

    IOPT_TRY(iopt_lower_alloc(lower, guard->n, sizeof *preds, &preds, err));
    IOPT_TRY(iopt_lower_alloc(lower, guard->n, sizeof *sides, &sides, err));
    for (size_t i = 0; i < guard->n; i++) {
        IOPT_TRY(iopt_lower_in(lower, guard->condition[i].pred, &preds[i], err));
        sides[i] = guard->condition[i].side;
    }
    step->preds = preds;
    step->sides = sides;
    step->n_preds = guard->n;
    return IOPT_OK;
}

IoptStatus iopt_lower_add(IoptLower *lower, const IoptChain *chain, IoptStep step,
                          const IoptPlace *in, size_t n_in, const IoptPlace *out, size_t n_out,
                          IoptError *err)
{
    IoptPlan *plan = lower->plan;

    IOPT_TRY(copy_places(lower, in, n_in, &step.in, err));
    IOPT_TRY(copy_places(lower, out, n_out, &step.out, err));
    if (lower->guards && !step.preds)
        IOPT_TRY(iopt_lower_guard(lower, &lower->guards[chain->tail->index], &step, err));
    step.n_in = n_in;
    step.n_out = n_out;
    if (!step.info.node)
        step.info.node = chain->tail->name;
    if (!step.info.op) {
        step.info.op = chain->ops;
        IOPT_TRY(count_macs(chain->root, &step.info.macs, err));
    }
    step.info.bytes += place_bytes(in, n_in) + place_bytes(out, n_out);
    if (step.parts == 0)
        step.parts = 1;
    if (step.scratch_bytes > plan->scratch_bytes)
        plan->scratch_bytes = step.scratch_bytes;
    IOPT_TRY(iopt_grow((void **)&plan->steps, &plan->steps_capacity, plan->n_steps + 1,
                       sizeof *plan->steps, err));
    plan->steps[plan->n_steps++] = step;
    return IOPT_OK;
}

IoptStatus iopt_lower_kernel(IoptLower *lower, const IoptKernel *kernel,
                             const IoptVariant **variant, const char **name, IoptError *err)
{
    *variant = iopt_kernel_choose(kernel, lower->plan->cpu_flags);
    *name = iopt_arena_printf(lower->plan->arena, "%s_%s", kernel->name, (*variant)->name);
    return *name ? IOPT_OK : iopt_fail_memory(err, strlen(kernel->name));
}
