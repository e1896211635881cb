/* Codes for the checks of kernels on codes: operands with the spare bytes that those may read,
 * results of any type with a pattern where nothing may be written. */
#ifndef IOPT_TESTS_KC_CODES_H
#define IOPT_TESTS_KC_CODES_H

#include "kcheck.h"
#include "kernels/requant_s8.h"

/* `count` codes U8 or U16, the extremes often, or floats all over the range; codes have
 * IOPT_S8_SPARE_BYTES of noise behind them, and all end at a page nobody may touch. */
void *kc_codes(KCheck *k, IoptS8Out type, size_t count);

/* `count` elements of a result, filled with a pattern, up to a page nobody may touch. */
void *kc_result(KCheck *k, IoptS8Out type, size_t count);

/* Fails unless all bytes are the same; floats may both be NaN. */
void kc_same_result(KCheck *k, const char *what, const void *got, const void *want, IoptS8Out type,
                    size_t count);

/* U8 twice as often as U16. */
IoptS8Out kc_code_type(KCheck *k);

/* How an operand may be read: any type of code, zero point and a scale about `scale`. */
IoptS8In kc_s8_in(KCheck *k, ptrdiff_t stride, float scale);

/* How a result may end: any type, zero point and clamp. */
IoptS8End kc_s8_end(KCheck *k, ptrdiff_t stride);

/* "u8", "u16", "f32", "s32" */
const char *kc_s8_name(IoptS8Out type);

#endif
