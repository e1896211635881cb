/* What all fuzz targets share.  A target defines LLVMFuzzerTestOneInput and nothing else: libFuzzer
 * calls it with bytes it invents (./check fuzz), replay.c with those of fuzz/corpus (each test
 * run). Whatever the bytes, the library has to return: no crash, no leak, no sanitizer report.
 */
#ifndef IOPT_FUZZ_INPUT_H
#define IOPT_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes as a file, for readers that take a path; the path is good until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

#endif
