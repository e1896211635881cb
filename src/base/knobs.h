/* Environment variables that turn the program for whoever looks inside it; all in one table. */
#ifndef IOPT_BASE_KNOBS_H
#define IOPT_BASE_KNOBS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct IoptKnob {
    const char *name;   /* "IOPT_CPU" */
    const char *values; /* "c|sse41|avx2", "DIR" */
    const char *brief;  /* what it does */
    const char *unset;  /* what holds without it */
} IoptKnob;

/* All of them, sorted by name. */
const IoptKnob *iopt_knobs(size_t *count);

/* The value of a listed variable (asserted); NULL if it is unset or empty. */
const char *iopt_knob(const char *name);

/* Whether the comma list of a listed variable has this word: IOPT_TRACE=passes,plan. */
bool iopt_knob_has(const char *name, const char *word);

#endif
