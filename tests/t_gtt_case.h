/* Golden cases of graph transforms: a graph, a transform string, what TensorFlow's tool made of it
 * and, where the graph can be run, what was computed before and after. */
#ifndef IOPT_TESTS_T_GTT_CASE_H
#define IOPT_TESTS_T_GTT_CASE_H

#include <cjson/cJSON.h>

#include "passes/gtt/gtt_driver.h"
#include "t.h"

enum { T_GTT_NAMES = 32 };

typedef struct TGttCase {
    const char *folder;
    cJSON *json;
    const char *inputs[T_GTT_NAMES], *outputs[T_GTT_NAMES];
    size_t n_inputs, n_outputs;
    const char *transforms;
    char *wanted_error; /* error.txt; NULL: the case gives a graph */
    IoptNodeList *in, *out;
    IoptStatus status;
    IoptError err;
} TGttCase;

/* Reads args.json, the graph and the error, all from c->folder; false: c->err says why not. */
bool t_gtt_case_load(TGttCase *c);
void t_gtt_case_free(TGttCase *c);

/* A text of args.json; "" if it is not there. */
const char *t_gtt_case_text(const TGttCase *c, const char *key);

/* Runs transforms as strict as TensorFlow, in the case's folder, where the files are that they
 * name; c->out is written and read again, for the writer is a part of the tool. */
void t_gtt_case_run(TGttCase *c, const IoptGttCalls *calls);

/* Calls `visit` for every case below root/<group>/; `shown` is the path from `root` on. */
typedef void (*TGttVisit)(const char *folder, const char *shown, void *user);
void t_gtt_each_case(Test *t, const char *root, const char *group, TGttVisit visit, void *user);

#endif
