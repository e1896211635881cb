/* Labelled images from where they lie: TFRecords, class folders, a folder with a list, arrays.
 *
 *   TFRecords       a file, several, a folder of them, a glob; image/encoded, image/class/label
 *   class folders   DIR/CLASS/photo.jpg; label = place of CLASS among the sorted folder names
 *   list            a folder and a labels file with lines "file label"
 *   arrays          x.npy and y.npy, or a .npz with images and labels; images [N,H,W,C] or
 *                   [N,H,W]: uint8 pixels, or float32 ready for the network
 *
 * What is what is told by content.  The order is always the same: files sorted, records in order.
 */
#ifndef IOPT_MEASURE_DATASET_H
#define IOPT_MEASURE_DATASET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "iopt/tensor.h"

enum { IOPT_LABEL_OFFSET_AUTO = 127 };

/* { .label_offset = IOPT_LABEL_OFFSET_AUTO } is the default. */
typedef struct IoptDatasetOptions {
    const char *labels_file; /* --labels-file: lines "file label", or a .npy; NULL: none */
    size_t classes;          /* outputs of the network, for checks and the guess; 0: not known */
    int label_offset;        /* added to each label: -1, 0, 1 or IOPT_LABEL_OFFSET_AUTO */
    size_t limit;            /* at most so many items; 0: all */
    const char *image_key;   /* feature names in TFRecords; NULL: "image/encoded", */
    const char *label_key;   /* "image/class/label" */
    bool labels_required;    /* opening fails where there are none */
} IoptDatasetOptions;

/* One image.  Everything is borrowed until the next call. */
typedef struct IoptDataItem {
    size_t index;        /* from 0, in the order of the data set, broken ones counted */
    const char *name;    /* for messages: "val/cat/1.jpg" or "val-00000-of-00004, record 17" */
    IoptBytes encoded;   /* a JPEG or PNG file; data is NULL for arrays */
    IoptTensor array;    /* [H,W,C] uint8 or float32, perhaps unaligned; NULL if encoded */
    const char *problem; /* why there is neither: the file cannot be read; else NULL */
    bool has_label;
    int64_t label;  /* as the data says */
    int64_t target; /* label + offset: the network's output; within 0 .. classes-1 */
} IoptDataItem;

typedef struct IoptDataset IoptDataset;

/* Opens DATA: one path or glob, or several separated by commas.
 * Fails with one line that says what was found and what was wanted. */
IOPT_MUST_USE IoptStatus iopt_dataset_open(const char *data, const IoptDatasetOptions *options,
                                           IoptDataset **out, IoptError *err);
void iopt_dataset_close(IoptDataset *dataset); /* NULL is fine */

/* The next image; *item is NULL after the last one. */
IOPT_MUST_USE IoptStatus iopt_dataset_next(IoptDataset *dataset, const IoptDataItem **item,
                                           IoptError *err);

/* Starts again at the first. */
IOPT_MUST_USE IoptStatus iopt_dataset_rewind(IoptDataset *dataset, IoptError *err);

/* The number of items if it is known without reading all (limit applied); 0: not known. */
size_t iopt_dataset_count(const IoptDataset *dataset);

bool iopt_dataset_has_labels(const IoptDataset *dataset);

/* The offset in use, and why, for the report: "labels 1..1000 against 1000 classes: offset -1". */
int iopt_dataset_label_offset(const IoptDataset *dataset);
const char *iopt_dataset_label_text(const IoptDataset *dataset);

/* "4 TFRecord files", "3 class folders, 120 files". */
const char *iopt_dataset_kind_text(const IoptDataset *dataset);

/* The class of a raw label (sorted folder names), or NULL where the data does not name it. */
const char *iopt_dataset_class_name(const IoptDataset *dataset, int64_t label);

#endif
