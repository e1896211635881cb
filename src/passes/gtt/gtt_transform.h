/* What a transform of the Graph Transform Tool is: a list of nodes in, another one out.
 *
 * Transforms reproduce TensorFlow 1.15's tool: node order, names, inputs as spelled, attributes and
 * messages.  They see inputs and outputs as the command line gives them and never each other.
 *
 * TensorFlow's status codes are told by ours, one to one:
 *
 *   InvalidArgument     IOPT_INVALID_ARGUMENT
 *   NotFound            IOPT_NOT_FOUND
 *   Internal            IOPT_BAD_MODEL
 *   FailedPrecondition  IOPT_UNSUPPORTED
 *
 * What aborts TensorFlow's process is an InvalidArgument here.
 */
#ifndef IOPT_PASSES_GTT_TRANSFORM_H
#define IOPT_PASSES_GTT_TRANSFORM_H

#include "graph/node_list.h"

/* One parameter of a transform in the transform string, with its values in order. */
typedef struct IoptGttParam {
    const char *name;
    const char **values;
    size_t n_values, values_capacity;
} IoptGttParam;

typedef struct IoptGttParams {
    IoptGttParam *at; /* each name once, in order of first occurrence */
    size_t n, capacity;
} IoptGttParams;

/* Where a line for the user goes: a warning, or what is being done. */
typedef struct IoptGttLog {
    void (*line)(void *user, const char *text); /* one line, without its end */
    void *user;
} IoptGttLog;

typedef struct IoptTransformContext {
    const char *const *inputs; /* as given: "x", "x:0" */
    size_t n_inputs;
    const char *const *outputs;
    size_t n_outputs;
    const IoptGttParams *params; /* of this transform; NULL: none.  gtt_params.h reads them */
    bool strict_compat;          /* what TensorFlow did, also where it did harm */
    size_t *folded;              /* constants that fold_constants made in this run of the driver */
    const IoptGttLog *log;       /* NULL: nobody listens */
    const struct IoptRequantMeter *meter; /* gtt_requant_log.h; NULL: there are no images */
} IoptTransformContext;

typedef struct IoptTransformParam {
    const char *name, *value; /* "minimum_size", "N" */
    const char *help;         /* "elements that a constant must have (1024)" */
} IoptTransformParam;

typedef struct IoptTransform {
    const char *name, *brief;
    const IoptTransformParam
        *params;   /* ends with { 0 }; NULL: none.  All have ignore_errors, too */
    bool historic; /* TensorFlow 1.15 does not know it; with strict_compat neither do we */

    /* *out: a new list that shares the carrier of `in`; its library is the driver's business. */
    IoptStatus (*run)(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err);
} IoptTransform;

const IoptTransform *iopt_transform_find(const char *name); /* NULL if there is none */

/* All transforms in byte order of their names. */
const IoptTransform *const *iopt_transforms(size_t *count);

/* Whether the node is an input or an output: given by its bare name, or, with `strip_ports`, also
 * by one of its values ("name:0"). */
bool iopt_gtt_is_port(const IoptTransformContext *context, const char *name, bool strip_ports);

/* Tells the user something in one line. */
void iopt_gtt_say(const IoptTransformContext *context, const char *format, ...) IOPT_PRINTF(2, 3);

/* "InvalidArgument" for IOPT_INVALID_ARGUMENT, and so on. */
const char *iopt_gtt_status_name(IoptStatus status);

#endif
