/* The recipes: which passes, in which order. */
#include "base/compiler.h"
#include "passes/pipeline.h"

/* Steps 1 to 4: strip, remove, fold constants, fold batch norms; nothing that changes the meaning.
 * Identities go once more after switches and dropout have become identities, and folding comes
 * again after scales have met their constants. */
#define IOPT_FLOAT_PASSES                                                                         \
    "cut_inputs", "training_flags", "resolve_switches", "remove_control_edges",                   \
        "remove_identities", "fold_constants", "resolve_switches", "remove_dropout",              \
        "remove_control_edges", "remove_identities", "fold_constants", "remove_noops",            \
        "merge_reshapes", "merge_transposes", "remove_noops", "merge_duplicates",                 \
        "decompose_batch_norms", "merge_affines", "fold_batch_norms", "fold_batch_norms_forward", \
        "merge_affines", "hoist_relus", "fuse_pads", "fold_constants", "merge_duplicates"

static const char *const float_passes[] = { IOPT_FLOAT_PASSES };

/* At the end: what is folded into filters has to be in them. */
static const char *const weights8_passes[] = { IOPT_FLOAT_PASSES, "weights_to_int8" };

/* strip_unused_nodes is told type and shape of the input as well. */
static const char historic[] =
    "strip_unused_nodes remove_nodes(op=Identity, op=CheckNumerics) "
    "fold_constants(ignore_errors=true) fold_batch_norms fold_old_batch_norms quantize_weights "
    "quantize_nodes";

static const IoptRecipe recipes[] = {
    { "float", "strip, remove, fold constants and batch norms; the meaning stays", float_passes,
      IOPT_COUNT(float_passes), NULL, false },
    { "historic", "what scripts of TensorFlow's Graph Transform Tool did; eight-bit arithmetic",
      NULL, 0, historic, false },
    { "weights8", "float, and then filters in 8 bits: a quarter of the file, arithmetic in float",
      weights8_passes, IOPT_COUNT(weights8_passes), NULL, false },
    { "int8", "float, and then 8 bits for filters and values, calibrated on images: --calibrate",
      float_passes, IOPT_COUNT(float_passes), NULL, true },
};

const IoptRecipe *iopt_recipe_find(const char *name)
{
    for (size_t i = 0; i < IOPT_COUNT(recipes); i++)
        if (strcmp(recipes[i].name, name) == 0)
            return &recipes[i];
    return NULL;
}

const IoptRecipe *iopt_recipes(size_t *count)
{
    *count = IOPT_COUNT(recipes);
    return recipes;
}
