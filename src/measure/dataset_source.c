/* What all kinds of data sets share. */
#include "measure/dataset_source.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "platform/file.h"

IoptStatus iopt_source_name(IoptSource *source, IoptDataItem *item, IoptError *err,
                            const char *format, ...)
{
    char name[1024];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(name, sizeof name, format, args);
    va_end(args);
    source->name.size = 0;
    iopt_text_printf(&source->name, "%s", name);
    if (source->name.failed)
        return iopt_fail_memory(err, sizeof name);
    item->name = source->name.s;
    return IOPT_OK;
}

void iopt_source_see_label(IoptSource *source, int64_t label)
{
    if (!source->has_labels || label < source->label_min)
        source->label_min = label;
    if (!source->has_labels || label > source->label_max)
        source->label_max = label;
    source->has_labels = true;
}

void iopt_source_free(IoptSource *source)
{
    iopt_names_free(source->classes, source->n_classes);
    iopt_text_free(&source->name);
    free(source);
}
