/* Golden cases of single operators: a folder with graph.pb, case.json and arrays. */
#ifndef IOPT_TESTS_T_GOLDEN_H
#define IOPT_TESTS_T_GOLDEN_H

#include "iopt/tensor.h"

typedef enum TGolden {
    T_GOLDEN_PASSED,
    T_GOLDEN_FAILED,
    T_GOLDEN_FREE,   /* tagged as not binding; it ran, or was refused, without harm */
    T_GOLDEN_MISSING /* needs an op that we do not have */
} TGolden;

typedef struct TGoldenResult {
    TGolden outcome;
    char text[IOPT_ERROR_BYTES]; /* what differs, or the missing op */
} TGoldenResult;

/* Runs the case in `folder`. */
void t_golden_run(const char *folder, TGoldenResult *result);

#endif
