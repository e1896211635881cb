/* Which values of a float graph want to be quantized, given which layers are to be in 8 bits.
 *
 * The walk starts at what the layers read and goes up: through what keeps the q of its input
 * (MaxPool, Reshape, Pad ...), into concatenations, to the node that makes the value; from sums,
 * averages and per-channel maps on to what they read.
 */
#ifndef IOPT_PASSES_INT8_QUANT_WALK_H
#define IOPT_PASSES_INT8_QUANT_WALK_H

#include "passes/int8/quantization.h"

typedef enum IoptQuantKind {
    IOPT_KIND_OTHER,  /* makes new floats; nothing to see behind it */
    IOPT_KIND_LAYER,  /* multiplies by a constant filter */
    IOPT_KIND_AFFINE, /* BiasAdd, Add, Mul ... by a constant per channel */
    IOPT_KIND_RELU,   /* clamps: the q of its input can stay */
    IOPT_KIND_SUM,    /* Add of two values of one shape */
    IOPT_KIND_POOL,   /* averages */
    IOPT_KIND_KEEP,   /* moves or chooses elements: the q of its input stays */
    IOPT_KIND_CONCAT
} IoptQuantKind;

/* Why a value is wanted; bits. */
enum {
    IOPT_WANT_DIRECT = 1,  /* an 8-bit layer or an average reads it */
    IOPT_WANT_CONCAT = 2,  /* a wanted concatenation reads it */
    IOPT_WANT_STREAM = 4,  /* a per-channel map or an activation reads it */
    IOPT_WANT_RESIDUAL = 8 /* a sum reads it */
};

typedef struct IoptQuantNote {
    uint8_t kind, wants; /* IoptQuantKind; IOPT_WANT_x, 0: stays float */
    bool is_int8;        /* a layer that is to be in 8 bits */
    size_t group;        /* union-find parent: index of a node whose value wants the same range */
} IoptQuantNote;

typedef struct IoptQuantWalk {
    const IoptGraph *graph;
    IoptNode **order;
    IoptQuantNote *notes; /* by node->index */
} IoptQuantWalk;

/* Kinds of all nodes of a compact, inferred graph. */
IoptStatus iopt_quant_walk_create(const IoptGraph *graph, IoptQuantWalk *walk, IoptError *err);
void iopt_quant_walk_free(IoptQuantWalk *walk);

/* Fills wants and groups; is_int8 is set by the caller. */
IoptStatus iopt_quant_walk_run(IoptQuantWalk *walk, IoptError *err);

/* Whether a FakeQuant belongs on the node's value: it is wanted, and made here. */
bool iopt_quant_walk_is_point(const IoptQuantWalk *walk, const IoptNode *node);
size_t iopt_quant_walk_group(const IoptQuantWalk *walk, const IoptNode *node);

static inline IoptQuantNote *iopt_quant_note(const IoptQuantWalk *walk, const IoptNode *node)
{
    return &walk->notes[node->index];
}

/* The layer at the upper end of [BiasAdd ...] [activation], if nothing else reads what is between;
 * NULL if there is none. */
IoptNode *iopt_quant_chain_layer(const IoptQuantWalk *walk, const IoptNode *end);

/* The data inputs of a concatenation: slots *first .. *first + count - 1. */
size_t iopt_quant_concat_inputs(const IoptNode *node, size_t *first);

/* The data input of a node that is no concatenation, no sum and no source. */
size_t iopt_quant_data_slot(const IoptNode *node);

#endif
