/* Runs a graph before and after a pass on seeded input and compares the outputs.
 *
 *   input    floats uniform in 0..1, integers 0..255 (as far as the type goes), bools false; shapes
 *            as the graph says, an unknown batch is 1, an unknown height or width is 224
 *   same     SAME_BITS is a promise about the plain-C results.  The engine may fuse the two graphs
 *            differently, which rounds differently: the bound is 1e-5 of the largest output, or
 *            what rounding allows if that is more
 *   rounding 2^-24 * 16 * sqrt(sum of the lengths of all sums), of the largest output, at least
 *            1e-5: errors of independent roundings add up like a random walk
 *   lossy    no bound, only the difference
 *
 * NaNs have to be where they were.  What cannot be compared (random ops, an op that the engine
 * does not know) is no fault of the pass: the difference is NaN, and the reason is told.
 */
#ifndef IOPT_MEASURE_PASS_CHECK_H
#define IOPT_MEASURE_PASS_CHECK_H

#include "iopt/engine.h"
#include "passes/pipeline.h"

typedef struct IoptPassChecker IoptPassChecker;

/* `threads` 0: all cores; the seed draws the input. */
IOPT_MUST_USE IoptStatus iopt_pass_checker_create(size_t threads, uint64_t seed,
                                                  IoptPassChecker **out, IoptError *err);
void iopt_pass_checker_destroy(IoptPassChecker *checker); /* NULL is fine */

/* An IoptPassCheck; the context is the checker.  The outputs of the last good `after` are kept:
 * they are those of the next `before`. */
IoptStatus iopt_pass_check(void *checker, const IoptGraph *before, const IoptGraph *after,
                           IoptExactness exactness, double *difference, char *why, size_t why_bytes,
                           IoptError *err);

/* The largest difference between the first graph and the last good one; NaN if not known. */
double iopt_pass_checker_total(const IoptPassChecker *checker);

/* A number for people and the log: the bound that IOPT_ROUNDING has on this graph. */
double iopt_rounding_bound(const IoptGraph *graph);

/* Fills with what the check feeds: elements of [0, 1), bytes, false. */
void iopt_fill_seeded(IoptTensor *tensor, uint64_t seed);

#endif
