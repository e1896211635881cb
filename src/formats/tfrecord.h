/* TFRecord: a file of byte records, each with checksums; plain, gzip or zlib, told by content.
 *
 * A record is: length (uint64), masked crc32c of the length (uint32), the bytes, masked crc32c of
 * the bytes (uint32), all little endian.  A plain file is mapped, a compressed one is unpacked in
 * pieces: the memory taken is that of the largest record.
 */
#ifndef IOPT_FORMATS_TFRECORD_H
#define IOPT_FORMATS_TFRECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "platform/file.h"

typedef struct IoptTfrecord IoptTfrecord;

/* Fails with IOPT_BAD_DATA if the file's first record is none.  An empty file has no records. */
IOPT_MUST_USE IoptStatus iopt_tfrecord_open(const char *path, IoptTfrecord **out, IoptError *err);
void iopt_tfrecord_close(IoptTfrecord *reader); /* NULL is fine */

/* The next record, borrowed until the next call; *data is NULL after the last one.
 * Fails with IOPT_BAD_DATA on a wrong checksum or a file that ends within a record; the message
 * names file, record number (from 0) and offset (in the unpacked stream). */
IOPT_MUST_USE IoptStatus iopt_tfrecord_next(IoptTfrecord *reader, const void **data, size_t *size,
                                            IoptError *err);

/* The number of the record that was read last, from 0. */
uint64_t iopt_tfrecord_number(const IoptTfrecord *reader);

/* Whether a file begins as a TFRecord file does (plain, gzip or zlib). */
bool iopt_tfrecord_recognize(const char *path);

/* Appends a record to an output file. */
IOPT_MUST_USE IoptStatus iopt_tfrecord_write(IoptOutput *output, const void *data, size_t size,
                                             IoptError *err);

#endif
