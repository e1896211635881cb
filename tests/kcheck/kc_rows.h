/* Rows with gaps between them, for the checks of elementwise kernels: a case runs whole, in two
 * parts and in place, and all three give the same bits. */
#ifndef IOPT_TESTS_KC_ROWS_H
#define IOPT_TESTS_KC_ROWS_H

#include "kcheck.h"

typedef struct KcRows {
    size_t rows, channels;
    ptrdiff_t x_stride, y_stride;
} KcRows;

/* Any small number of rows and channels; half of the cases have gaps. */
KcRows kc_rows_random(KCheck *k);

/* "5 rows of 17, strides 17 20" */
typedef struct KcRowsText {
    char s[80];
} KcRowsText;
KcRowsText kc_rows_text(const KcRows *rows);

/* Elements that reach from the first row to the end of the last. */
size_t kc_rows_elems(const KcRows *rows, ptrdiff_t stride);

/* Values all over the range of floats: small and large, both zeros, denormals, infinities, NaN. */
float *kc_f32_wild(KCheck *k, size_t count);

/* The kernel under test, ready to run: rows [begin, end) of y from x with these strides. */
typedef void KcRowsFn(const void *context, const float *x, ptrdiff_t x_stride, float *y,
                      ptrdiff_t y_stride, size_t begin, size_t end);

/* Runs `fn` on x in all three ways, fails where they differ, and returns y: its gaps are NaN. */
const float *kc_rows_run(KCheck *k, const KcRows *rows, const float *x, KcRowsFn *fn,
                         const void *context);

#endif
