/* What the kinds of data sets have in common, for dataset.c: a source gives items one after the
 * other, and knows what it could learn of its labels when it was opened.
 */
#ifndef IOPT_MEASURE_DATASET_SOURCE_H
#define IOPT_MEASURE_DATASET_SOURCE_H

#include "base/text.h"
#include "measure/dataset.h"

typedef struct IoptSource IoptSource;

typedef struct IoptSourceType {
    /* Fills name, encoded or array, problem, label; *more is false after the last item. */
    IoptStatus (*next)(IoptSource *source, IoptDataItem *item, bool *more, IoptError *err);
    IoptStatus (*rewind)(IoptSource *source, IoptError *err);
    void (*destroy)(IoptSource *source);
} IoptSourceType;

/* The first member of every kind's own struct. */
struct IoptSource {
    const IoptSourceType *type;
    size_t count; /* items; 0: not known */
    bool has_labels;
    bool labels_from_one; /* by custom, labels of this kind start at 1 (ImageNet's TFRecords) */
    int64_t label_min, label_max; /* of the labels that were looked at */
    char **classes;               /* names of the labels 0, 1, ...; NULL: none */
    size_t n_classes;
    char kind[320];
    IoptText name; /* of the current item */
};

/* Sets the item's name; the text lives until the next call. */
IOPT_MUST_USE IoptStatus iopt_source_name(IoptSource *source, IoptDataItem *item, IoptError *err,
                                          const char *format, ...) IOPT_PRINTF(4, 5);

/* Takes a label into account. */
void iopt_source_see_label(IoptSource *source, int64_t label);

void iopt_source_free(IoptSource *source); /* what this struct owns, and the struct itself */

/* `paths` are files; they are copied. */
IOPT_MUST_USE IoptStatus iopt_source_records(char *const *paths, size_t count,
                                             const IoptDatasetOptions *options, IoptSource **out,
                                             IoptError *err);

/* Folders below `directory` are classes. */
IOPT_MUST_USE IoptStatus iopt_source_class_folders(const char *directory, IoptSource **out,
                                                   IoptError *err);

/* Files that the lines of `labels_file` name, relative to `directory`. */
IOPT_MUST_USE IoptStatus iopt_source_list(const char *directory, const char *labels_file,
                                          IoptSource **out, IoptError *err);

/* Image files without labels. */
IOPT_MUST_USE IoptStatus iopt_source_files(char *const *paths, size_t count, IoptSource **out,
                                           IoptError *err);

/* One or two .npy files, or a .npz; `labels_file` may be a .npy, or NULL. */
IOPT_MUST_USE IoptStatus iopt_source_arrays(char *const *paths, size_t count,
                                            const char *labels_file, IoptSource **out,
                                            IoptError *err);

/* What is added to labels so that they are outputs of the network. */
typedef struct IoptLabelOffset {
    int offset;
    char text[160]; /* "labels 1..1000, 1000 classes: offset -1 (guessed)" */
} IoptLabelOffset;
IoptLabelOffset iopt_label_offset(const IoptSource *source, int wanted, size_t classes);

#endif
