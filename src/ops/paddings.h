/* Paddings of Pad and MirrorPad: input 1, a table [rank,2] of how much to put before and behind. */
#ifndef IOPT_OPS_PADDINGS_H
#define IOPT_OPS_PADDINGS_H

#include "ops/ints.h"

/* Reads them and tells the padded shape of input 0.  Negative paddings are refused. */
IoptStatus iopt_padded_shape(const IoptNode *node, const IoptFact *in, IoptInts *paddings,
                             IoptShape *out, IoptError *err);

#endif
