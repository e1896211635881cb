/* Chains: which nodes are done together in one step. */
#ifndef IOPT_ENGINE_FUSE_H
#define IOPT_ENGINE_FUSE_H

#include "engine/lower.h"

/* Sets lower->chain for all nodes. */
IoptStatus iopt_fuse(IoptLower *lower, IoptError *err);

#endif
