/* Transforms one after the other, as the Graph Transform Tool runs them. */
#include "passes/gtt/gtt_driver.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/text.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_sort.h"

static const IoptTransform *find(const IoptTransformContext *context, const char *name)
{
    const IoptTransform *const transform = iopt_transform_find(name);

    return transform && transform->historic && context->strict_compat ? NULL : transform;
}

static IoptStatus fail_unknown(const char *name, IoptError *err)
{
    size_t count;
    const IoptTransform *const *const all = iopt_transforms(&count);
    void *block;

    if (iopt_transform_find(name))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Transform '%s' not recognized. TensorFlow 1.15 does not have it.", name);
    IOPT_TRY(iopt_alloc(&block, count, sizeof(char *), err));
    const char **const names = block;
    for (size_t i = 0; i < count; i++)
        names[i] = all[i]->name;
    const char *const near = iopt_nearest(name, names, count);
    free(block);
    return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Transform '%s' not recognized.%s%s%s", name,
                     near ? " Did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* TensorFlow ignores parameters it does not know; so do we, but not in silence. */
static IoptStatus warn_of_params(const IoptTransform *transform, const IoptGttCall *call,
                                 const IoptTransformContext *context, IoptError *err)
{
    size_t count = 0;
    void *block;

    while (transform->params && transform->params[count].name)
        count++;
    IOPT_TRY(iopt_alloc(&block, count + 1, sizeof(char *), err));
    const char **const names = block;
    for (size_t i = 0; i < count; i++)
        names[i] = transform->params[i].name;
    names[count++] = "ignore_errors";
    for (size_t i = 0; i < call->params.n; i++) {
        bool known = false;
        for (size_t k = 0; k < count; k++)
            known = known || strcmp(call->params.at[i].name, names[k]) == 0;
        if (known)
            continue;
        const char *const near = iopt_nearest(call->params.at[i].name, names, count);
        iopt_gtt_say(context, "%s has no parameter '%s': ignored%s%s%s", call->name,
                     call->params.at[i].name, near ? "; did you mean '" : "", near ? near : "",
                     near ? "'?" : "");
    }
    free(block);
    return IOPT_OK;
}

/* Only the first value counts; 1 and 0 are not understood here. */
static IoptStatus read_ignore_errors(const IoptTransformContext *context, bool *out, IoptError *err)
{
    const IoptGttParam *const param = iopt_gtt_param(context, "ignore_errors");
    IoptError shown = { 0 };

    *out = false;
    if (!param || param->n_values == 0)
        return IOPT_OK;
    size_t size = 0;
    for (const char *at = param->values[0]; *at && size + 1 < sizeof shown.text; at++)
        shown.text[size++] = (char)tolower((unsigned char)*at);
    *out = strcmp(shown.text, "true") == 0;
    if (!*out && strcmp(shown.text, "false") != 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "ignore_errors should be true or false, found %.200s", shown.text);
    return IOPT_OK;
}

/* Out of memory and the user's interruption are never ignored. */
static bool may_ignore(IoptStatus status)
{
    return status != IOPT_OK && status != IOPT_NO_MEMORY && status != IOPT_CANCELLED;
}

/* What an ignored error cost: everything that the transform would have done. */
static void tell_cost(const IoptNodeList *in, const char *name, const IoptTransformContext *context,
                      const char *error)
{
    const bool stale = strstr(error, "expects to be colocated with unknown node") != NULL;

    iopt_gtt_say(context, "%s did nothing, all %zu nodes stay%s; Ignoring error %s", name,
                 in->n_nodes, stale ? " (drop_stale_colocations=true helps)" : "", error);
}

static IoptStatus run_one(const IoptNodeList *in, const IoptGttCall *call,
                          const IoptTransformContext *context, IoptNodeList **out, IoptError *err)
{
    bool ignore_errors;

    const IoptTransform *const transform = find(context, call->name);
    if (!transform)
        return fail_unknown(call->name, err);
    IOPT_TRY(warn_of_params(transform, call, context, err));
    IOPT_TRY(read_ignore_errors(context, &ignore_errors, err));
    IoptStatus status = transform->run(in, context, out, err);
    if (ignore_errors && may_ignore(status)) {
        tell_cost(in, call->name, context, err ? err->text : "");
        status = iopt_list_clone(in, out, err);
    }
    IOPT_TRY(status);
    (*out)->library = in->library;
    (*out)->has_library = true;
    status = iopt_gtt_check_valid(*out, context, err);
    if (status != IOPT_OK) {
        iopt_list_destroy(*out);
        *out = NULL;
    }
    return status;
}

IoptStatus iopt_gtt_run(const IoptNodeList *in, const IoptGttCalls *calls,
                        const IoptTransformContext *context, IoptNodeList **out, IoptError *err)
{
    IoptTransformContext here = *context;
    IoptError own; /* ignored errors are told, too */
    size_t folded = 0;
    IoptNodeList *list, *next;

    *out = NULL;
    if (!here.folded)
        here.folded = &folded;
    if (!err)
        err = &own;
    IOPT_TRY(iopt_list_clone(in, &list, err));
    for (size_t i = 0; i < calls->n; i++) {
        here.params = &calls->at[i].params;
        const IoptStatus status = run_one(list, &calls->at[i], &here, &next, err);
        iopt_list_destroy(list);
        if (status != IOPT_OK)
            return status;
        list = next;
    }
    *out = list;
    return IOPT_OK;
}
