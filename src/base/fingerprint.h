/* FarmHash's Fingerprint64, which TensorFlow prints beside texts that it has shortened. */
#ifndef IOPT_BASE_FINGERPRINT_H
#define IOPT_BASE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

uint64_t iopt_fingerprint64(const void *bytes, size_t size);

#endif
