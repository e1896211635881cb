/* Reading the parameters of a transform, with TensorFlow's messages. */
#ifndef IOPT_PASSES_GTT_PARAMS_H
#define IOPT_PASSES_GTT_PARAMS_H

#include "passes/gtt/gtt_transform.h"

/* The parameter with all of its values; NULL if it was not given. */
const IoptGttParam *iopt_gtt_param(const IoptTransformContext *context, const char *name);

/* How many values were given. */
size_t iopt_gtt_param_count(const IoptTransformContext *context, const char *name);

/* The only value, or `fallback` if none was given.  IOPT_INVALID_ARGUMENT on several values and on
 * a text that is no such value. */
IoptStatus iopt_gtt_param_text(const IoptTransformContext *context, const char *name,
                               const char *fallback, const char **out, IoptError *err);
IoptStatus iopt_gtt_param_int32(const IoptTransformContext *context, const char *name,
                                int32_t fallback, int32_t *out, IoptError *err);
IoptStatus iopt_gtt_param_int64(const IoptTransformContext *context, const char *name,
                                int64_t fallback, int64_t *out, IoptError *err);
IoptStatus iopt_gtt_param_float(const IoptTransformContext *context, const char *name,
                                float fallback, float *out, IoptError *err);
IoptStatus iopt_gtt_param_bool(const IoptTransformContext *context, const char *name, bool fallback,
                               bool *out, IoptError *err);

/* Numbers as these functions understand them; false if `text` is none. */
bool iopt_gtt_read_int64(const char *text, int64_t low, int64_t high, int64_t *out);
bool iopt_gtt_read_float(const char *text, float *out);

/* "1,224,224,3".  The dimensions have a product. */
IoptStatus iopt_gtt_read_shape(const char *text, IoptShape *out, IoptError *err);

/* --- building, for the parser and for transforms that call others --------------------------- */

/* Adds a value; the texts are copied. */
IoptStatus iopt_gtt_params_add(IoptGttParams *params, const char *name, IoptBytes value,
                               IoptError *err);
void iopt_gtt_params_free(IoptGttParams *params);

#endif
