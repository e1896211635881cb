/* obsfucate_names: the name under which obfuscate_names was first published. */
#include "passes/gtt/gtt_transform.h"

extern const IoptTransform iopt_transform_obfuscate_names;

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    return iopt_transform_obfuscate_names.run(in, context, out, err);
}

const IoptTransform iopt_transform_obsfucate_names = {
    .name = "obsfucate_names",
    .brief = "obfuscate_names as it was first spelled",
    .historic = true,
    .run = run
};
