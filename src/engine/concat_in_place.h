/* Concatenations whose parts are written where they belong. */
#ifndef IOPT_ENGINE_CONCAT_IN_PLACE_H
#define IOPT_ENGINE_CONCAT_IN_PLACE_H

#include "engine/lower.h"

/* The axis along which a Concat or ConcatV2 joins, its first part and their number; false if the
 * node is none or the axis is not known. */
bool iopt_concat_of(const IoptNode *node, size_t *axis, size_t *first, size_t *count);

/* Says of each value whether it is a part of a concatenation, and from which channel on. */
IoptStatus iopt_concat_in_place(IoptLower *lower, IoptError *err);

#endif
