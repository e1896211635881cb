/* The operands of a case, for kcheck.c; checks use kcheck.h. */
#ifndef IOPT_TESTS_KC_OPERANDS_H
#define IOPT_TESTS_KC_OPERANDS_H

#include "kcheck.h"

/* Releases all operands; a failure if the bytes just before one were written. */
void kc_release(KCheck *k);

#endif
