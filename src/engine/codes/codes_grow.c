/* Which nodes make a program together: from its root on, as long as nobody else reads what is in
 * between. */
#include <math.h>
#include <stdlib.h>

#include "engine/codes/codes_fuse.h"
#include "engine/follower.h"

enum { MOST_READERS = 6 };

/* The nodes that read any output of a node.  `closed`: there is nobody else. */
typedef struct Readers {
    const IoptNode *node[MOST_READERS];
    size_t n;
    bool closed;
} Readers;

static Readers readers_of(const IoptNode *node)
{
    Readers r = { .closed = true };

    for (size_t i = 0; i < node->graph->n_outputs; i++)
        r.closed = r.closed && node->graph->outputs[i].node != node;
    for (size_t i = 0; i < node->n_uses && r.closed; i++) {
        size_t k = 0;
        if (node->uses[i].slot == IOPT_CONTROL)
            continue; /* waits, and does not look */
        while (k < r.n && r.node[k] != node->uses[i].node)
            k++;
        r.closed = k < MOST_READERS;
        if (r.closed && k == r.n)
            r.node[r.n++] = node->uses[i].node;
    }
    return r;
}

static bool reads(const IoptNode *node, size_t slot, const IoptNode *from, int port)
{
    return slot < node->n_in && node->in[slot].node == from && node->in[slot].port == port;
}

/* Codes and their range, the codes at input 0 and the range from `range_slot` on. */
static bool reads_codes(const IoptNode *node, size_t range_slot, const IoptNode *from)
{
    return reads(node, 0, from, 0) && reads(node, range_slot, from, 1) &&
           reads(node, range_slot + 1, from, 2);
}

static bool is_relu(const IoptNode *node)
{
    return iopt_op_in(node->op, "QuantizedRelu|QuantizedRelu6");
}

static bool is_free(const IoptCodesFusion *f, const IoptNode *node)
{
    return !f->lower->chain[node->index] && f->codes->n_members < IOPT_CODES_MOST_MEMBERS;
}

/* Takes what turns the qint32 codes of the tail to quint8. */
static bool take_shrink(IoptCodesFusion *f, IoptCodesShrink *out)
{
    const Readers r = readers_of(f->tail);
    const IoptNode *node, *range = NULL;

    if (!r.closed || r.n == 0 || r.n > 2)
        return false;
    node = r.node[0];
    if (r.n == 2) {
        range = iopt_is_op(node, "RequantizationRange") ? node : r.node[1];
        node = node == range ? r.node[1] : node;
        const Readers of_range = readers_of(range);
        if (!iopt_is_op(range, "RequantizationRange") || !reads_codes(range, 1, f->tail) ||
            !reads(node, 3, range, 0) || !reads(node, 4, range, 1) || !of_range.closed ||
            of_range.n != 1 || !is_free(f, range))
            return false;
    } else if (iopt_is_op(node, "QuantizeDownAndShrinkRange")) {
        range = node;
    }
    if (!iopt_op_in(node->op, "Requantize|QuantizeDownAndShrinkRange") ||
        (r.n == 2 && !iopt_is_op(node, "Requantize")) || !reads_codes(node, 1, f->tail) ||
        !iopt_codes_to_quint8(node) || !is_free(f, node))
        return false;
    if (range && range != node)
        iopt_codes_take(f, range);
    iopt_codes_take(f, node);
    *out = (IoptCodesShrink){ node, range };
    f->tail = node;
    return true;
}

/* The one node that reads codes and range of the tail, or NULL. */
static const IoptNode *next_of(const IoptCodesFusion *f, size_t range_slot)
{
    const Readers r = readers_of(f->tail);

    return r.closed && r.n == 1 && reads_codes(r.node[0], range_slot, f->tail) &&
                   is_free(f, r.node[0])
               ? r.node[0]
               : NULL;
}

static void take_limit(IoptCodesFusion *f)
{
    const IoptNode *const node = next_of(f, 1);

    if (!node || !is_relu(node) || !iopt_codes_to_quint8(node))
        return;
    iopt_codes_take(f, node);
    f->codes->limit = f->tail = node;
}

static bool take_bias(IoptCodesFusion *f)
{
    const IoptNode *const node = next_of(f, 2), *const before = f->tail;

    if (!node || !iopt_is_op(node, "QuantizedBiasAdd"))
        return false;
    iopt_codes_take(f, node);
    f->tail = node;
    if (!take_shrink(f, &f->codes->last)) {
        f->codes->n_members--;
        f->tail = before;
        return false;
    }
    f->codes->bias = node;
    return true;
}

/* The Min or Max of `value`, perhaps reshaped, that `node` alone reads at `slot`; or NULL. */
static const IoptNode *extreme_for(const IoptCodesFusion *f, const IoptNode *node, size_t slot,
                                   const char *op, const IoptNode *value)
{
    const IoptNode *const extreme = node->in[slot].node;

    if (!iopt_is_op(extreme, op) || !iopt_codes_fits(extreme) || !is_free(f, extreme))
        return NULL;
    const IoptValue of = extreme->in[0];
    const bool same = of.node == value && of.port == 0;
    const bool reshaped =
        iopt_is_op(of.node, "Reshape") && reads(of.node, 0, value, 0) && of.port == 0;
    const Readers r = readers_of(extreme);
    return (same || reshaped) && r.closed && r.n == 1 ? extreme : NULL;
}

/* Whether a Reshape is read by these two alone. */
static bool serves_extremes(const IoptNode *node, const IoptNode *least, const IoptNode *most)
{
    const Readers r = readers_of(node);

    for (size_t i = 0; i < r.n; i++)
        if (r.node[i] != least && r.node[i] != most)
            return false;
    return r.closed && iopt_is_op(node, "Reshape") && node->in[0].port == 0;
}

/* Takes the QuantizeV2 behind the float tail, if nobody reads that but it and its range. */
static void take_code(IoptCodesFusion *f)
{
    const Readers r = readers_of(f->tail);
    const IoptNode *code = NULL;

    for (size_t i = 0; i < r.n; i++)
        if (iopt_codes_is_code(r.node[i]) && reads(r.node[i], 0, f->tail, 0) &&
            is_free(f, r.node[i]))
            code = r.node[i];
    if (!code || !r.closed || f->codes->n_members + r.n + 3 > IOPT_CODES_MOST_MEMBERS)
        return;
    const IoptNode *const least = extreme_for(f, code, 1, "Min", f->tail);
    const IoptNode *const most = extreme_for(f, code, 2, "Max", f->tail);
    if (!least != !most)
        return;
    for (size_t i = 0; i < r.n; i++)
        if (r.node[i] != code && r.node[i] != least && r.node[i] != most &&
            (!least || !serves_extremes(r.node[i], least, most) || !is_free(f, r.node[i])))
            return;
    for (size_t i = 0; i < r.n; i++)
        if (iopt_is_op(r.node[i], "Reshape"))
            iopt_codes_take(f, r.node[i]);
    if (least) {
        iopt_codes_take(f, least);
        iopt_codes_take(f, most);
    }
    iopt_codes_take(f, code);
    f->codes->least = least;
    f->codes->most = most;
    f->codes->code = f->tail = code;
}

/* Takes factors and summands per channel behind the float tail. */
static IoptStatus take_affine(IoptCodesFusion *f, IoptError *err)
{
    const IoptShape *const shape = &f->tail->facts[0].shape;
    IoptFollower follower;

    f->channels = shape->rank > 0 ? (size_t)shape->dim[shape->rank - 1] : 1;
    for (;;) {
        const Readers r = readers_of(f->tail);
        if (!r.closed || r.n != 1 || !is_free(f, r.node[0]) ||
            !iopt_follower_of(r.node[0], &follower) || follower.clamps ||
            !reads(r.node[0], follower.slot, f->tail, 0))
            return IOPT_OK;
        if (!f->scale) {
            IOPT_TRY(iopt_alloc((void **)&f->scale, f->channels, sizeof(double), err));
            IOPT_TRY(iopt_alloc((void **)&f->shift, f->channels, sizeof(double), err));
            for (size_t c = 0; c < f->channels; c++)
                f->scale[c] = 1;
        }
        iopt_follower_apply(r.node[0], &follower, f->channels, f->scale, f->shift);
        iopt_codes_take(f, r.node[0]);
        f->tail = r.node[0];
    }
}

/* `values` NULL: all are. */
static bool is_finite(const float *values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* Behind a Dequantize. */
static IoptStatus grow_real(IoptCodesFusion *f, IoptError *err)
{
    f->codes->real = f->tail;
    IOPT_TRY(take_affine(f, err));
    if (f->scale) {
        IOPT_TRY(iopt_lower_floats(f->lower, f->scale, f->channels, &f->codes->factor, err));
        IOPT_TRY(iopt_lower_floats(f->lower, f->shift, f->channels, &f->codes->summand, err));
    }
    if (is_finite(f->codes->factor, f->channels) && is_finite(f->codes->summand, f->channels))
        take_code(f);
    if (f->codes->code)
        take_limit(f);
    return IOPT_OK;
}

/* Behind quint8 codes that came from qint32. */
static IoptStatus grow_codes(IoptCodesFusion *f, IoptError *err)
{
    const IoptNode *const next = next_of(f, 1);

    if (next && iopt_codes_is_real(next)) {
        iopt_codes_take(f, next);
        f->tail = next;
        return grow_real(f, err);
    }
    (void)take_bias(f);
    take_limit(f);
    return IOPT_OK;
}

/* QuantizeV2 of a value that others may read too: its Min and Max if they are its own. */
static void start_code(IoptCodesFusion *f)
{
    const IoptNode *const code = f->tail;
    const IoptValue x = code->in[0];
    const IoptNode *least = NULL, *most = NULL;

    if (x.port == 0) {
        least = extreme_for(f, code, 1, "Min", x.node);
        most = extreme_for(f, code, 2, "Max", x.node);
    }
    f->codes->code = code;
    if (least && most) {
        iopt_codes_take(f, least);
        iopt_codes_take(f, most);
        f->codes->least = least;
        f->codes->most = most;
    }
    take_limit(f);
}

IoptStatus iopt_codes_grow(IoptCodesFusion *f, IoptError *err)
{
    IoptCodesProgram *const codes = f->codes;
    const IoptNode *const root = codes->root;

    if (codes->source == IOPT_CODES_OF_PRODUCT)
        return take_shrink(f, &codes->first) ? grow_codes(f, err) : IOPT_OK;
    if (codes->source == IOPT_CODES_OF_PAIR) {
        if (take_shrink(f, &codes->last))
            take_limit(f);
        return IOPT_OK;
    }
    if (iopt_op_in(root->op, "Requantize|QuantizeDownAndShrinkRange")) {
        codes->first.node = root;
        codes->first.range = iopt_is_op(root, "Requantize") ? NULL : root;
        return grow_codes(f, err);
    }
    if (iopt_is_op(root, "QuantizedBiasAdd")) {
        codes->bias = root;
        if (take_shrink(f, &codes->last))
            take_limit(f);
    } else if (iopt_is_op(root, "Dequantize")) {
        return grow_real(f, err);
    } else if (iopt_is_op(root, "QuantizeV2")) {
        start_code(f);
    } else if (iopt_op_in(root->op, "Min|Max")) {
        codes->end = IOPT_CODES_END_EXTREME;
    } else if (iopt_is_op(root, "RequantizationRange")) {
        codes->end = IOPT_CODES_END_RANGE;
    } else {
        codes->limit = root;
    }
    return IOPT_OK;
}
