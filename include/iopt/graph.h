/* Graphs: loading, choosing inputs and outputs, optimizing, saving.
 *
 * A graph belongs to the caller and is used by one thread at a time.
 */
#ifndef IOPT_GRAPH_H
#define IOPT_GRAPH_H

#include <stdbool.h>

#include "iopt/status.h"
#include "iopt/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct IoptGraph IoptGraph;

#ifdef __cplusplus
}
#endif
#endif
