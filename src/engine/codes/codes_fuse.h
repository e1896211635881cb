/* Making programs on codes: a program while it grows. */
#ifndef IOPT_ENGINE_CODES_FUSE_H
#define IOPT_ENGINE_CODES_FUSE_H

#include "engine/codes/codes.h"

typedef struct IoptCodesFusion {
    IoptLower *lower;
    IoptCodesProgram *codes;
    const IoptNode *tail;
    double *scale, *shift; /* of the channels of `real`; NULL: none yet */
    size_t channels;
} IoptCodesFusion;

/* codes_grow.c: takes what follows the root, as long as nobody else reads what is in between. */
IoptStatus iopt_codes_grow(IoptCodesFusion *f, IoptError *err);

static inline void iopt_codes_take(IoptCodesFusion *f, const IoptNode *node)
{
    f->codes->member[f->codes->n_members++] = node;
}

/* What a node is. */
bool iopt_codes_is_real(const IoptNode *node); /* Dequantize of quint8 in one range */
bool iopt_codes_is_code(const IoptNode *node); /* QuantizeV2 to quint8, MIN_FIRST, in one range */

static inline IoptDType iopt_codes_type(IoptValue value)
{
    return value.node->facts[value.port].dtype;
}

static inline bool iopt_codes_to_quint8(const IoptNode *node)
{
    return node->facts[0].dtype == IOPT_QU8;
}

#endif
