/* tf.train.Example: named features of one training example, as TFRecords hold them. */
#ifndef IOPT_FORMATS_EXAMPLE_H
#define IOPT_FORMATS_EXAMPLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "iopt/tensor.h"

typedef struct IoptExample IoptExample;

/* Decodes one record.  Fails with IOPT_BAD_DATA if it is no Example. */
IOPT_MUST_USE IoptStatus iopt_example_parse(const void *data, size_t size, IoptExample **out,
                                            IoptError *err);
void iopt_example_free(IoptExample *example); /* NULL is fine */

/* The first value of a feature; false if it is absent, empty or of another type. */
bool iopt_example_bytes(const IoptExample *example, const char *key, IoptBytes *out);
bool iopt_example_int(const IoptExample *example, const char *key, int64_t *out);

/* The features' names, for messages: "image/encoded, image/class/label", cut to fit. */
typedef struct IoptExampleKeys {
    char s[200];
} IoptExampleKeys;
IoptExampleKeys iopt_example_keys(const IoptExample *example);

/* Encodes an Example with an encoded image and its label, for iopt_tfrecord_write; *out is the
 * caller's to free().  `label` NULL leaves the label out. */
IOPT_MUST_USE IoptStatus iopt_example_make(const void *image, size_t size, const int64_t *label,
                                           void **out, size_t *out_size, IoptError *err);

#endif
