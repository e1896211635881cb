/* Model files of every form, recognized by their contents. */
#ifndef IOPT_FORMATS_MODEL_FILE_H
#define IOPT_FORMATS_MODEL_FILE_H

#include "graph/node_list.h"

typedef enum IoptModelForm {
    IOPT_MODEL_UNKNOWN,
    IOPT_MODEL_GRAPHDEF,    /* binary */
    IOPT_MODEL_PBTXT,       /* the same as text */
    IOPT_MODEL_SAVED_MODEL, /* saved_model.pb, or the directory it is in */
    IOPT_MODEL_META         /* a checkpoint's .meta */
} IoptModelForm;

/* What to take from a file that holds more than one graph; NULL or zeroed: the defaults. */
typedef struct IoptModelOptions {
    const char *tags;      /* "serve" */
    const char *signature; /* "serving_default" */
} IoptModelOptions;

/* What the bytes of the file `name` are.  Fails, telling what was found instead and what would
 * help, for everything that is no TensorFlow model: IOPT_BAD_MODEL, or IOPT_UNSUPPORTED for models
 * of other kinds. */
IoptStatus iopt_model_recognize(const char *name, IoptBytes bytes, IoptModelForm *out,
                                IoptError *err);

/* Loads a model.  The caller destroys the graph. */
IoptStatus iopt_model_load(const char *path, const IoptModelOptions *options, IoptGraph **out,
                           IoptError *err);

/* Loads a model as a list of nodes, for what works on graphs as they are spelled. */
IoptStatus iopt_model_load_list(const char *path, const IoptModelOptions *options,
                                IoptNodeList **out, IoptError *err);

#endif
