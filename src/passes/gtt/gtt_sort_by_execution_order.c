/* sort_by_execution_order: every node comes behind its inputs (gtt_sort.h says in which order). */
#include "passes/gtt/gtt_sort.h"

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    (void)context;
    return iopt_gtt_sort(in, out, err);
}

const IoptTransform iopt_transform_sort_by_execution_order = {
    .name = "sort_by_execution_order", .brief = "put every node behind its inputs", .run = run
};
