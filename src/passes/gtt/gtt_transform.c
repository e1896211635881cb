/* The list of transforms, and how they speak. */
#include "passes/gtt/gtt_transform.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/compiler.h"
#include "passes/gtt/gtt_names.h"

#define IOPT_TRANSFORM(name) extern const IoptTransform iopt_transform_##name;
#include "passes/gtt/gtt_list.inc"
#undef IOPT_TRANSFORM

static const IoptTransform *const transforms[] = {
#define IOPT_TRANSFORM(name) &iopt_transform_##name,
#include "passes/gtt/gtt_list.inc"
#undef IOPT_TRANSFORM
};

const IoptTransform *iopt_transform_find(const char *name)
{
    for (size_t i = 0; i < IOPT_COUNT(transforms); i++)
        if (strcmp(transforms[i]->name, name) == 0)
            return transforms[i];
    return NULL;
}

const IoptTransform *const *iopt_transforms(size_t *count)
{
    *count = IOPT_COUNT(transforms);
    return transforms;
}

bool iopt_gtt_is_port(const IoptTransformContext *context, const char *name, bool strip_ports)
{
    bool (*const contains)(const char *const *, size_t, const char *) =
        strip_ports ? iopt_gtt_contains_node : iopt_gtt_contains;

    return contains(context->inputs, context->n_inputs, name) ||
           contains(context->outputs, context->n_outputs, name);
}

void iopt_gtt_say(const IoptTransformContext *context, const char *format, ...)
{
    char line[IOPT_ERROR_BYTES];
    va_list args;

    if (!context->log)
        return;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    context->log->line(context->log->user, line);
}

const char *iopt_gtt_status_name(IoptStatus status)
{
    switch (status) {
    case IOPT_OK: return "OK";
    case IOPT_INVALID_ARGUMENT: return "InvalidArgument";
    case IOPT_NOT_FOUND: return "NotFound";
    case IOPT_BAD_MODEL: return "Internal";
    case IOPT_UNSUPPORTED: return "FailedPrecondition";
    case IOPT_NO_MEMORY: return "ResourceExhausted";
    case IOPT_CANCELLED: return "Cancelled";
    default: return "Unknown";
    }
}
