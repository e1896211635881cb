/* Options, points and ranges of a quantization. */
#include "passes/int8/quantization.h"

#include <stdlib.h>

IoptInt8Options iopt_int8_options(void)
{
    return (IoptInt8Options){ .weight_mse = true,
                              .bias_correction = true,
                              .equalization = true,
                              .unify_ranges = true,
                              .refine_weights = true };
}

void iopt_quantization_destroy(IoptQuantization *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_layers; i++) {
        free(plan->layers[i].input_mean);
        iopt_tensor_destroy(plan->layers[i].rounded);
        free(plan->layers[i].rounded_scale);
    }
    free(plan->layers);
    free(plan->points);
    iopt_arena_destroy(plan->arena);
    free(plan);
}

int iopt_quantization_find(const IoptQuantization *plan, const char *value)
{
    for (size_t i = 0; i < plan->n_points; i++)
        if (strcmp(plan->points[i].value, value) == 0)
            return (int)i;
    return IOPT_NO_POINT;
}
