/* Random small quantized networks as text. */
#ifndef IOPT_TESTS_T_RANDOM_INT8_H
#define IOPT_TESTS_T_RANDOM_INT8_H

#include "t.h"

/* A network (t_graph's text) on `batch` images, whose values and weights are quantized in all the
 * ways that the engine recognizes; the same for the same seed but for the batch.  With `floats`
 * some layers cannot be done in integers.  The caller frees it. */
char *t_random_int8(Test *t, unsigned seed, int batch, bool floats);

#endif
