/* Packing of weights: put off until all steps are made, and then done on all threads. */
#ifndef IOPT_ENGINE_PACK_WEIGHTS_H
#define IOPT_ENGINE_PACK_WEIGHTS_H

#include "engine/lower.h"

/* Calls pack(job) later; the job lies in the plan's arena. */
IoptStatus iopt_pack_later(IoptLower *lower, IoptPackFn *pack, const void *job, IoptError *err);

/* Makes room for a matrix packed for gemm_f32 and packs it later: iopt_gemm_f32_pack's arguments.
 * What lies at `b` stays there as long as the plan. */
IoptStatus iopt_pack_gemm(IoptLower *lower, const IoptVariant *variant, const void *b,
                          size_t k_stride, size_t n_stride, size_t k, size_t n, const float **out,
                          IoptError *err);

/* Does all that was put off. */
IoptStatus iopt_pack_all(IoptLower *lower, IoptError *err);

#endif
