/* Fusion: a convolution, a product or any other root takes along what follows it, as far as its
 * lowering can do it on the way out and nobody else looks at the values in between.
 *
 *   root (+ factor, summand per channel)* (+ residual)? (+ Relu | Relu6)?
 *
 * A residual is a second value of the same shape.  Where two convolutions meet in an Add, the one
 * that comes later takes it: what it adds is there already.
 */
#include "engine/fuse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/codes/codes.h"
#include "engine/follower.h"

typedef struct Fusion {
    IoptLower *lower;
    IoptChain *chain;
    uint32_t takes;
    double *scale, *shift; /* of the chain so far */
    bool scaled, shifted, clamped;
    size_t channels;
} Fusion;

static IoptChain **chain_of(const IoptLower *lower, const IoptNode *node)
{
    return &lower->chain[node->index];
}

static bool says_add(const IoptNode *node)
{
    return node->n_in == 2 && iopt_op_in(node->op, "Add|AddV2") &&
           node->facts[0].dtype == IOPT_F32 && node->in[0].node != node->in[1].node;
}

/* Whether a value comes out of a chain whose root could add a residual itself, and comes later. */
static bool later_one_takes_it(const Fusion *f, const IoptNode *from)
{
    const size_t here = f->lower->position[f->chain->root->index];
    IoptFollower follower;

    while (f->lower->position[from->index] > here && iopt_sole_reader(from)) {
        if (iopt_lowering_of(from)->takes & IOPT_TAKES_RESIDUAL)
            return true;
        if (!iopt_follower_of(from, &follower) || follower.clamps)
            return false;
        from = from->in[follower.slot].node;
    }
    return false;
}

static bool take_residual(Fusion *f, IoptNode *node)
{
    const IoptNode *const tail = f->chain->tail;
    IoptValue other;

    if (!(f->takes & IOPT_TAKES_RESIDUAL) || f->clamped || f->chain->residual.node ||
        !says_add(node))
        return false;
    other = node->in[node->in[0].node == tail ? 1 : 0];
    const IoptFact fact = iopt_fact_at(other);
    if (!iopt_shape_equal(&fact.shape, &tail->facts[0].shape) || later_one_takes_it(f, other.node))
        return false;
    f->chain->residual = other;
    return true;
}

static bool take_follower(Fusion *f, IoptNode *node)
{
    IoptFollower follower;

    if (f->clamped || !iopt_follower_of(node, &follower) ||
        (follower.scales && !(f->takes & IOPT_TAKES_SCALE)) ||
        (follower.shifts && !(f->takes & IOPT_TAKES_BIAS)) ||
        (follower.clamps && !(f->takes & IOPT_TAKES_CLAMP)) ||
        ((follower.scales || follower.shifts) && f->chain->residual.node))
        return false;
    iopt_follower_apply(node, &follower, f->channels, f->scale, f->shift);
    f->scaled |= follower.scales;
    f->shifted |= follower.shifts;
    if (follower.clamps) {
        f->clamped = true;
        f->chain->lo = follower.lo;
        f->chain->hi = follower.hi;
    }
    return true;
}

/* "Conv2D+BiasAdd+Relu"; a long chain is cut short. */
static bool names_ops(const Fusion *f)
{
    enum { MOST_NAMES = 8 };
    IoptArena *const arena = f->lower->plan->arena;
    const IoptNode *node = f->chain->root;
    char *ops = iopt_arena_text(arena, node->op);

    for (size_t names = 1; ops && node != f->chain->tail;) {
        node = iopt_sole_reader(node);
        if (iopt_is_op(node, "Identity"))
            continue;
        ops = iopt_arena_printf(arena, "%s+%s", ops, names < MOST_NAMES ? node->op : "...");
        if (++names > MOST_NAMES)
            break;
    }
    f->chain->ops = ops;
    return ops != NULL;
}

/* A Pad by zeros of height and width alone, read by nobody else. */
static IoptNode *foldable_pad(const IoptNode *root)
{
    IoptNode *const pad = root->in[0].node;
    int64_t pads[8];
    size_t count;

    if (!iopt_is_op(pad, "Pad") || iopt_sole_reader(pad) != root || !iopt_is_f32(root->in[0]))
        return NULL;
    const IoptFact fact = iopt_fact_at(pad->in[1]);
    if (!iopt_fact_ints(&fact, pads, 8, &count) || count != 8 || pads[0] || pads[1] || pads[6] ||
        pads[7])
        return NULL;
    return pad;
}

static void take_pad(const Fusion *f)
{
    const IoptNode *const root = f->chain->root;
    IoptNode *pad;

    if (!iopt_op_in(root->op, "Conv2D|DepthwiseConv2dNative") ||
        strcmp(iopt_attr_string(root, "padding", ""), "VALID") != 0)
        return;
    pad = foldable_pad(root);
    if (pad) { /* it comes earlier, and so far has a chain of its own */
        f->chain->pad = pad;
        *chain_of(f->lower, pad) = f->chain;
    }
}

static IoptStatus grow_chain(Fusion *f, IoptError *err)
{
    const IoptShape *const shape = &f->chain->root->facts[0].shape;

    f->channels = shape->rank > 0 ? (size_t)shape->dim[shape->rank - 1] : 1;
    IOPT_TRY(iopt_alloc((void **)&f->scale, f->channels, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&f->shift, f->channels, sizeof(double), err));
    for (size_t c = 0; c < f->channels; c++)
        f->scale[c] = 1;

    /* A step that is nothing but a follower is its own first one. */
    if (!(f->takes & IOPT_TAKES_SELF) || take_follower(f, f->chain->root)) {
        for (;;) {
            IoptNode *const next = iopt_sole_reader(f->chain->tail);
            if (!next || *chain_of(f->lower, next) ||
                !(take_follower(f, next) || take_residual(f, next)))
                break;
            f->chain->tail = next;
            *chain_of(f->lower, next) = f->chain;
        }
    }
    if (f->scaled)
        IOPT_TRY(iopt_lower_floats(f->lower, f->scale, f->channels, &f->chain->scale, err));
    if (f->shifted)
        IOPT_TRY(iopt_lower_floats(f->lower, f->shift, f->channels, &f->chain->bias, err));
    return names_ops(f) ? IOPT_OK : iopt_fail_memory(err, 0);
}

/* Ops of the engine's own are called what they were before. */
static const char *shown_op(const IoptNode *node)
{
    static const char prefix[] = "_Int8";
    const size_t size = sizeof prefix - 1;

    if (strncmp(node->op, prefix, size) != 0)
        return node->op;
    return iopt_attr_string(node, "int8_ops", node->op + size);
}

static IoptStatus fuse_node(IoptLower *lower, IoptNode *node, IoptError *err)
{
    Fusion f = { .lower = lower, .takes = iopt_lowering_of(node)->takes };

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *f.chain, &f.chain, err));
    f.chain->root = f.chain->tail = node;
    f.chain->ops = shown_op(node);
    f.chain->lo = -INFINITY;
    f.chain->hi = INFINITY;
    *chain_of(lower, node) = f.chain;
    if (f.takes == 0)
        return IOPT_OK;
    take_pad(&f);
    const IoptStatus status = grow_chain(&f, err);
    free(f.scale);
    free(f.shift);
    return status;
}

IoptStatus iopt_fuse(IoptLower *lower, IoptError *err)
{
    IOPT_TRY(iopt_codes_fuse(lower, err));
    for (size_t i = 0; i < lower->graph->n_nodes; i++)
        if (!*chain_of(lower, lower->order[i]))
            IOPT_TRY(fuse_node(lower, lower->order[i], err));
    return IOPT_OK;
}
