/* Offsets for the checks of the gemms: where the segments of A lie. */
#ifndef IOPT_TESTS_KC_OFFSETS_H
#define IOPT_TESTS_KC_OFFSETS_H

#include "kcheck.h"
#include "kernels/gemm_f32/gemm_f32.h"
#include "kernels/gemm_s8/gemm_s8.h"

/* The same for both gemms. */
enum { KC_ZEROS = IOPT_GEMM_F32_ZEROS };
_Static_assert(IOPT_GEMM_F32_ZEROS == IOPT_GEMM_S8_ZEROS, "one mark for padding");

/* `count` offsets of 0 .. most, one in six is padding. */
const int32_t *kc_offsets_random(KCheck *k, size_t count, size_t most);

/* Those of a convolution of size x size dense pixels, stride 1, SAME. */
const int32_t *kc_offsets_conv(KCheck *k, size_t size, size_t channels, size_t kernel);

#endif
