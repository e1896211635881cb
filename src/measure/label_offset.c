/* ImageNet's labels are 1..1000, with 0 for background in some networks and not in others; class
 * folders and arrays count from 0.  What has to be added follows from the range of the labels and
 * the number of classes; where both 0 and -1 fit, custom decides, and the report says so.
 */
#include <inttypes.h>
#include <stdio.h>

#include "measure/dataset_source.h"

static int guess(const IoptSource *source, int64_t classes)
{
    const int64_t low = source->label_min, high = source->label_max;

    if (low >= 1 && high >= classes)
        return -1;
    if (low >= 1 && classes == 1000 && source->labels_from_one)
        return -1;
    /* one more output than classes, which is the background at 0 */
    if (low == 0 && source->n_classes && classes == (int64_t)source->n_classes + 1)
        return 1;
    if (low == 0 && classes == 1001 && high <= 999)
        return 1;
    return 0;
}

IoptLabelOffset iopt_label_offset(const IoptSource *source, int wanted, size_t classes)
{
    IoptLabelOffset result = { .offset = wanted };
    const bool guessed = wanted == IOPT_LABEL_OFFSET_AUTO;
    char outputs[40] = "";

    if (guessed)
        result.offset = source->has_labels && classes ? guess(source, (int64_t)classes) : 0;
    if (!source->has_labels) {
        (void)snprintf(result.text, sizeof result.text, "no labels");
        return result;
    }
    if (classes)
        (void)snprintf(outputs, sizeof outputs, ", %zu classes", classes);
    (void)snprintf(result.text, sizeof result.text,
                   "labels %" PRId64 "..%" PRId64 "%s: offset %d%s", source->label_min,
                   source->label_max, outputs, result.offset, guessed ? " (guessed)" : "");
    return result;
}
