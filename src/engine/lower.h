/* Lowering: from the nodes of a prepared graph to the steps of a plan.
 *
 * Every value gets a place before the step that writes it is made.  A node whose result feeds
 * nothing but cheap followers is lowered together with them (fuse.h); the followers of a chain
 * have no steps of their own.
 */
#ifndef IOPT_ENGINE_LOWER_H
#define IOPT_ENGINE_LOWER_H

#include "engine/guard.h"
#include "engine/plan.h"
#include "kernels/kernel.h"
#include "ops/op.h"

/* Ops whose value shares its bytes with other values. */
#define IOPT_VIEW_OPS                                                                         \
    "Identity|IdentityN|Snapshot|StopGradient|PreventGradient|PlaceholderWithDefault|"        \
    "Reshape|Squeeze|ExpandDims|CheckNumerics|Concat|ConcatV2|Split|SplitV|Transpose|Switch|" \
    "RefSwitch"

/* What a lowering can do to its result on the way out. */
enum {
    IOPT_TAKES_SCALE = 1 << 0,    /* a factor per channel */
    IOPT_TAKES_BIAS = 1 << 1,     /* a summand per channel */
    IOPT_TAKES_RESIDUAL = 1 << 2, /* a summand per element */
    IOPT_TAKES_CLAMP = 1 << 3,    /* Relu, Relu6 */
    IOPT_TAKES_SELF = 1 << 4      /* the root itself is such a thing, the first of the chain */
};

/* A root and the followers that are done in the same step. */
typedef struct IoptChain {
    IoptNode *root, *tail; /* the tail's output 0 is the chain's value; tail == root: no follower */
    const IoptNode *pad;   /* a Pad before the root that its window includes, or NULL */
    const char *ops;       /* "Conv2D+BiasAdd+Relu" */
    const float *scale, *bias; /* one value per channel, or NULL for 1 and 0 */
    IoptValue residual;        /* node NULL: none */
    float lo, hi;              /* -INFINITY and INFINITY for none */
    const struct IoptCodesProgram
        *codes; /* of ops on codes: what is done (codes/codes.h); or NULL */
} IoptChain;

/* A value of the graph while it is lowered. */
typedef struct IoptLowerValue {
    IoptPlace place; /* base NONE until placed */
    /* The concatenation that it is a part of, from channel `part_offset` on: number of that value
     * + 1, or 0. */
    size_t part_of, part_offset;
} IoptLowerValue;

/* Packing that was put off (pack_weights.h). */
typedef void IoptPackFn(const void *job);
typedef struct IoptPack {
    IoptPackFn *pack;
    const void *job;
} IoptPack;

typedef struct IoptLower {
    IoptPlan *plan;
    IoptGraph *graph;
    IoptNode **order;
    size_t *position;    /* of a node in `order`, by node->index */
    size_t *first_value; /* number of a node's value 0, by node->index */
    IoptLowerValue *values;
    IoptChain **chain; /* by node->index: the chain that a node belongs to, or NULL */
    IoptPack *packs;
    size_t n_packs, packs_capacity;
    const float **next_packed;   /* of the gemm_f32 step before, to be set by the next; or NULL */
    const void **next_packed_s8; /* the same of gemm_s8 */
    IoptGuard *guards;           /* by node->index; NULL: everything always runs */
} IoptLower;

/* How ops become steps.  The first that fits is taken; the generic one fits all. */
typedef struct IoptLowering {
    const char *ops;   /* "MaxPool|AvgPool"; NULL: any */
    uint32_t takes;    /* IOPT_TAKES_* */
    bool any_strides;  /* it can write rows with gaps: into its slice of a concatenation */
    bool lowers_codes; /* it makes chains of its own (codes/codes.h) */

    /* Whether it can do this node; all facts are known, inputs and output 0 are no strings. */
    bool (*fits)(const IoptNode *node);
    IoptStatus (*lower)(IoptLower *lower, const IoptChain *chain, IoptError *err);
} IoptLowering;

/* The lowering that a node gets. */
const IoptLowering *iopt_lowering_of(const IoptNode *node);

/* Makes all steps of the plan from plan->graph. */
IoptStatus iopt_lower_graph(IoptPlan *plan, IoptError *err);

/* --- for writing lowerings (place.c) ------------------------------------------------------- */

/* Where a value lies that an earlier step, the caller or a constant provides. */
IoptStatus iopt_lower_in(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err);

/* The same without gaps between the rows: copied by a step of its own if it has some. */
IoptStatus iopt_lower_in_dense(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err);

/* Where a value is to be written to: its slice of a concatenation or a buffer of its own. */
IoptStatus iopt_lower_out(IoptLower *lower, IoptValue value, IoptPlace *out, IoptError *err);

/* The same, over `input` if nobody reads that afterwards and it has the same size. */
IoptStatus iopt_lower_out_over(IoptLower *lower, IoptValue value, IoptValue input, IoptPlace *out,
                               IoptError *err);

/* The same, but never with gaps: if the value is a slice of a concatenation, `copy` says that
 * iopt_lower_settle has to bring it there after the step. */
IoptStatus iopt_lower_out_dense(IoptLower *lower, IoptValue value, IoptPlace *out, bool *copy,
                                IoptError *err);
IoptStatus iopt_lower_settle(IoptLower *lower, IoptValue value, const IoptPlace *from,
                             IoptError *err);

/* The value lies where `place` is, under its own shape. */
IoptStatus iopt_lower_alias(IoptLower *lower, IoptValue value, IoptPlace place, IoptError *err);

/* A buffer of the slab for a step's own use, as `rows` x `channels` floats. */
IoptStatus iopt_lower_temporary(IoptLower *lower, size_t rows, size_t channels, IoptPlace *out,
                                IoptError *err);

/* Zeroed memory in the plan's arena, for jobs and texts. */
IoptStatus iopt_lower_alloc(IoptLower *lower, size_t count, size_t size, void *out, IoptError *err);

/* `count` values as floats there. */
IoptStatus iopt_lower_floats(IoptLower *lower, const double *values, size_t count,
                             const float **out, IoptError *err);

/* A buffer of the slab for a step's own use, of any type. */
IoptStatus iopt_lower_temporary_of(IoptLower *lower, IoptDType dtype, size_t rows, size_t channels,
                                   IoptPlace *out, IoptError *err);

/* Aligned memory of the plan, for packed weights; counted as such. */
IoptStatus iopt_lower_block(IoptLower *lower, size_t bytes, void *out, IoptError *err);

/* Tells the gemm_f32 step before which weights come next, so that it fetches them on the way, and
 * remembers where to tell this one. */
void iopt_lower_next_packed(IoptLower *lower, const float *packed, const float **next);

/* The same for gemm_s8. */
void iopt_lower_next_packed_s8(IoptLower *lower, const void *packed, const void **next);

/* A step that reads `in` and writes `out`; the caller fills in the rest of it first. */
IoptStatus iopt_lower_add(IoptLower *lower, const IoptChain *chain, IoptStep step,
                          const IoptPlace *in, size_t n_in, const IoptPlace *out, size_t n_out,
                          IoptError *err);

/* The step runs only if these conditions hold; without this call, those of its chain's node. */
IoptStatus iopt_lower_guard(IoptLower *lower, const IoptGuard *guard, IoptStep *step,
                            IoptError *err);

/* A step that copies a place to another of the same rows and channels. */
IoptStatus iopt_lower_copy(IoptLower *lower, const IoptChain *chain, const IoptPlace *from,
                           const IoptPlace *to, IoptError *err);

/* "gemm_f32_avx512", in the plan's arena. */
IoptStatus iopt_lower_kernel(IoptLower *lower, const IoptKernel *kernel,
                             const IoptVariant **variant, const char **name, IoptError *err);

/* Facts that lowering knows to be complete. */
IoptShape iopt_shape_of(IoptValue value);
bool iopt_is_f32(IoptValue value);
size_t iopt_value_elems(IoptValue value);

/* The chain's value. */
static inline IoptValue iopt_chain_value(const IoptChain *chain)
{
    return (IoptValue){ .node = chain->tail, .port = 0 };
}

#endif
