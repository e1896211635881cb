/* Renaming the inputs of all nodes at once. */
#ifndef IOPT_PASSES_GTT_RENAME_H
#define IOPT_PASSES_GTT_RENAME_H

#include "passes/gtt/gtt_replace.h"

/* Keys "x", "x:1", "^x" or "x:*"; { 0 } is empty.  Texts are copied. */
typedef struct IoptGttRenames {
    struct IoptGttRename {
        char *from, *to;
    } * at;
    size_t n, capacity;
} IoptGttRenames;

/* Adds a key; one that is there gets the new destination. */
IoptStatus iopt_gtt_renames_set(IoptGttRenames *renames, const char *from, const char *to,
                                IoptError *err);
void iopt_gtt_renames_free(IoptGttRenames *renames);

/* A list of copies with renamed inputs; versions and library are dropped.
 *
 *   ignore   names of nodes whose inputs stay as they are
 *
 * IOPT_INVALID_ARGUMENT if the renames go round in a circle. */
IoptStatus iopt_gtt_rename_inputs(const IoptNodeList *in, const IoptGttRenames *renames,
                                  const char *const *ignore, size_t n_ignore, IoptNodeList **out,
                                  IoptError *err);

/* Replaces every match of the pattern, then renames the inputs that `generate` asked to: its `user`
 * is an IoptGttRenames.  A node that is used outside may vanish: the renames lead elsewhere. */
IoptStatus iopt_gtt_replace_and_rename(const IoptNodeList *in, const IoptTransformContext *context,
                                       const IoptGttPattern *pattern, IoptGttGenerator generate,
                                       IoptNodeList **out, IoptError *err);

#endif
