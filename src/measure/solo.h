/* What one model takes by itself: loading, the first run, memory; measured in a process of its own,
 * so that neither the other model nor the images count. */
#ifndef IOPT_MEASURE_SOLO_H
#define IOPT_MEASURE_SOLO_H

#include "iopt/engine.h"
#include "measure/model.h"

typedef struct IoptSolo {
    double open_ms;        /* reading the file, choosing inputs and outputs, inferring shapes */
    double plan_ms;        /* planning and packing weights */
    double load_ms;        /* both: from the file's name to ready to run */
    double first_run_ms;   /* of one batch of seeded input */
    size_t peak_rss_bytes; /* the largest resident size, mapped weights and program included */
    size_t images;         /* of that batch */
    IoptPlanBytes plan;
} IoptSolo;

/* Opens a model; the caller closes it. */
typedef IoptStatus IoptOpenModel(void *context, IoptModel *out, IoptError *err);

/* Opens, plans and runs the model once in a child process (platform/child.h).  Fails as these
 * do. */
IOPT_MUST_USE IoptStatus iopt_solo_measure(IoptOpenModel *open, void *context,
                                           const IoptPlanOptions *options, uint64_t seed,
                                           IoptSolo *out, IoptError *err);

#endif
