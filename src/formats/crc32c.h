/* CRC-32C (Castagnoli), TFRecord's and LevelDB's checksum. */
#ifndef IOPT_FORMATS_CRC32C_H
#define IOPT_FORMATS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of bytes that follow others whose checksum is `crc` (0: none). */
uint32_t iopt_crc32c(uint32_t crc, const void *bytes, size_t size);

/* The form in which files store it: rotated and shifted, so that a checksum of bytes that hold
 * checksums stays a good one. */
uint32_t iopt_crc32c_mask(uint32_t crc);

#endif
