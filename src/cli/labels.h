/* Names of classes, a line each. */
#ifndef IOPT_CLI_LABELS_H
#define IOPT_CLI_LABELS_H

#include "base/memory.h"

/* { 0 } knows no names. */
typedef struct CliLabels {
    char **names;
    size_t count, capacity;
} CliLabels;

IoptStatus cli_labels_read(const char *path, CliLabels *out, IoptError *err);
void cli_labels_free(CliLabels *labels);

/* The name of output number `index` of a network with `classes` outputs, "" if it is not known.  A
 * list of one name fewer or more differs by the background, which is class 0. */
const char *cli_label(const CliLabels *labels, size_t index, size_t classes);

#endif
