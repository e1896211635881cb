/* An integer layer on its way into a plan: what Conv2D, DepthwiseConv2d and MatMul share. */
#ifndef IOPT_ENGINE_INT8_LAYER_H
#define IOPT_ENGINE_INT8_LAYER_H

#include "engine/lower.h"
#include "kernels/window.h"
#include "ops/int8.h"

typedef struct IoptInt8Layer {
    const IoptNode *node;
    const IoptTensor *filter;   /* int8 */
    const int32_t *filter_zero; /* by output, or NULL */
    const float *scale;         /* by output */
    int32_t *bias;              /* with the input's zero point: what the kernels take */
    size_t outputs;
    int32_t x_zero;
    IoptS8In residual; /* type and stride of places[1], if there is one */
    IoptS8End end;
    IoptPlace x, y, places[3]; /* places: what the step reads, x and the residual first */
    size_t n_places;
} IoptInt8Layer;

/* Whether all of a layer but its input is known, and the input is written by a step. */
bool iopt_int8_layer_fits(const IoptNode *node);

/* Places and constants of a layer; the result goes over the residual if nobody else reads that. */
IoptStatus iopt_int8_layer_of_chain(IoptLower *lower, const IoptChain *chain, IoptInt8Layer *out,
                                    IoptError *err);

/* Memory of the plan with `count` codes of zero and what kernels may read behind them. */
IoptStatus iopt_int8_zeros(IoptLower *lower, size_t count, int32_t zero, uint8_t **out,
                           IoptError *err);

/* A 3x3 convolution by winograd_s8, where it is likely faster than gemm_s8. */
bool iopt_int8_wants_winograd(const IoptLower *lower, const IoptInt8Layer *layer,
                              const IoptWindow *window);
IoptStatus iopt_int8_lower_winograd(IoptLower *lower, const IoptChain *chain,
                                    const IoptInt8Layer *layer, const IoptWindow *window,
                                    IoptError *err);

/* Copies an image of few channels with padding to one that has it around itself, if that pays; the
 * layer and its window then read the copy. */
IoptStatus iopt_int8_add_border(IoptLower *lower, const IoptChain *chain, IoptInt8Layer *layer,
                                IoptWindow *window, IoptError *err);

#endif
