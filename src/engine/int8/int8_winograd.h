/* Integer convolution 3x3 by winograd_s8, where it is faster than gemm_s8. */
#ifndef IOPT_ENGINE_INT8_WINOGRAD_H
#define IOPT_ENGINE_INT8_WINOGRAD_H

#include "engine/int8/int8_layer.h"
#include "kernels/window.h"

bool iopt_int8_wants_winograd(const IoptLower *lower, const IoptInt8Layer *layer,
                              const IoptWindow *window);

IoptStatus iopt_int8_lower_winograd(IoptLower *lower, const IoptChain *chain,
                                    const IoptInt8Layer *layer, const IoptWindow *window,
                                    IoptError *err);

#endif
