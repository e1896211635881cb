/* .npz: a zip file of .npy arrays, stored or deflated, zip64 included. */
#ifndef IOPT_FORMATS_NPZ_H
#define IOPT_FORMATS_NPZ_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/status.h"
#include "iopt/tensor.h"

typedef struct IoptNpz IoptNpz;

/* Reads the directory of the archive; members are unpacked when they are asked for. */
IOPT_MUST_USE IoptStatus iopt_npz_open(const char *path, IoptNpz **out, IoptError *err);
void iopt_npz_close(IoptNpz *npz); /* NULL is fine */

size_t iopt_npz_count(const IoptNpz *npz);

/* The name of an array, without ".npy"; lives as long as the archive. */
const char *iopt_npz_name(const IoptNpz *npz, size_t index);

/* Index of an array; SIZE_MAX if there is none of this name. */
size_t iopt_npz_find(const IoptNpz *npz, const char *name);

/* The bytes of a member's .npy file (crc checked); the caller unrefs them before it closes the
 * archive, because a stored member stays in the mapped file. */
IOPT_MUST_USE IoptStatus iopt_npz_bytes(const IoptNpz *npz, size_t index, IoptBuffer **out,
                                        IoptError *err);

/* The member as a tensor; `want` as for iopt_npy_parse. */
IOPT_MUST_USE IoptStatus iopt_npz_read(const IoptNpz *npz, size_t index, IoptDType want,
                                       IoptTensor **out, IoptError *err);

#endif
