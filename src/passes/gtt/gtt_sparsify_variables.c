/* Values of variables: which tensor of the checkpoint, and which slice of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_sparsify.h"

/* "w/part_0" is a part of the tensor "w". */
static size_t whole_name_size(const char *variable)
{
    const char *const slash = strrchr(variable, '/');
    const char *const last = slash ? slash + 1 : variable;

    if (!iopt_has_prefix(last, "part_"))
        return strlen(variable);
    return slash ? (size_t)(slash - variable) : 0;
}

/* "save*" "/" "Assign*", and nothing more. */
static bool is_restoring_assign(const IoptListNode *node, const char *variable)
{
    const char *const slash = strchr(node->node->name, '/');

    return slash && !strchr(slash + 1, '/') && iopt_has_prefix(node->node->name, "save") &&
           iopt_has_prefix(slash + 1, "Assign") && node->n_inputs >= 2 &&
           strcmp(node->inputs[0], variable) == 0;
}

static const IoptListNode *find_restore(const IoptNodeList *list, const char *variable)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        if (!is_restoring_assign(list->nodes[i], variable))
            continue;
        const char *const restore = list->nodes[i]->inputs[1];
        for (size_t k = 0; k < list->n_nodes; k++)
            if (iopt_gtt_names(restore, list->nodes[k]->node->name) &&
                iopt_is_op(list->nodes[k]->node, "RestoreV2"))
                return list->nodes[k];
        return NULL;
    }
    return NULL;
}

/* The string tensor that an input of the RestoreV2 reads. */
static const IoptTensor *find_strings(const IoptNodeList *list, const char *name)
{
    for (size_t i = 0; i < list->n_nodes; i++) {
        const IoptTensor *value;
        if (strcmp(list->nodes[i]->node->name, name) == 0 &&
            iopt_gtt_value(list->nodes[i], &value, NULL) == IOPT_OK && value->dtype == IOPT_STRING)
            return value;
    }
    return NULL;
}

IoptStatus iopt_gtt_find_slice(const IoptNodeList *list, const char *variable, IoptBytes *out,
                               IoptError *err)
{
    const IoptListNode *const restore = find_restore(list, variable);
    const bool is_whole = restore && restore->n_inputs >= 3;
    const IoptTensor *const names = is_whole ? find_strings(list, restore->inputs[1]) : NULL;
    const IoptTensor *const slices = is_whole ? find_strings(list, restore->inputs[2]) : NULL;
    const size_t size = whole_name_size(variable);
    size_t at = 0;

    for (; names && at < iopt_elems(names); at++) {
        const IoptBytes *const name = (const IoptBytes *)names->data + at;
        if (name->size == size && memcmp(name->data, variable, size) == 0)
            break;
    }
    if (!names || at == iopt_elems(names))
        return iopt_fail(err, IOPT_BAD_MODEL, "Unable to find RestoreV2 entry for variable: %s",
                         variable);
    if (!slices || at >= iopt_elems(slices))
        return iopt_fail(err, IOPT_BAD_MODEL, "Unable to find slice for variable: %s", variable);
    *out = ((const IoptBytes *)slices->data)[at];
    return IOPT_OK;
}

/* --- slices -------------------------------------------------------------------------------- */

/* "10 1 0,4:0,1" or "10 1 0,4:-": the full shape, then start and length per dimension. */
static IoptStatus read_slice(const char *text, IoptShape *full, IoptShape *start, IoptShape *size,
                             IoptError *err)
{
    const char *const spec = strrchr(text, ' ');
    const char *at = spec ? spec + 1 : "";
    char *stop;

    full->rank = 0;
    for (const char *dim = text; spec && dim < spec && full->rank < IOPT_MAX_RANK;) {
        full->dim[full->rank++] = strtoll(dim, &stop, 10);
        if (stop == dim || (*stop != ' ' && *stop))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s' is no shape and slice", text);
        dim = stop + 1;
    }
    *start = *size = *full;
    for (int i = 0; i < full->rank; i++) {
        start->dim[i] = 0;
        if (*at == '-') {
            stop = (char *)(uintptr_t)(at + 1);
        } else {
            start->dim[i] = strtoll(at, &stop, 10);
            size->dim[i] = *stop == ',' ? strtoll(stop + 1, &stop, 10) : -1;
        }
        if (start->dim[i] < 0 || size->dim[i] < 0 || start->dim[i] > full->dim[i] - size->dim[i] ||
            (*stop != ':' && *stop))
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%s' is no shape and slice", text);
        at = *stop ? stop + 1 : stop;
    }
    return IOPT_OK;
}

/* Elements of `whole` from `start` on, as many as `part` has. */
static void cut(const IoptTensor *whole, const IoptShape *start, IoptTensor *part)
{
    const size_t bytes = iopt_dtype_bytes(whole->dtype);

    for (size_t i = 0; i < iopt_elems(part); i++) {
        size_t rest = i, from = 0, step = 1;
        for (int k = part->shape.rank - 1; k >= 0; k--) {
            from += ((size_t)start->dim[k] + rest % (size_t)part->shape.dim[k]) * step;
            rest /= (size_t)part->shape.dim[k];
            step *= (size_t)whole->shape.dim[k];
        }
        memcpy((char *)part->data + i * bytes, (const char *)whole->data + from * bytes, bytes);
    }
}

static IoptStatus take_slice(IoptBytes slice, IoptTensor **tensor, IoptError *err)
{
    char text[256];
    IoptShape full, start, size;
    IoptTensor *part;

    (void)snprintf(text, sizeof text, "%.*s", (int)(slice.size < 250 ? slice.size : 250),
                   slice.data);
    IOPT_TRY(read_slice(text, &full, &start, &size, err));
    if (iopt_shape_equal(&full, &size))
        return IOPT_OK;
    if (!iopt_shape_equal(&full, &(*tensor)->shape))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "a slice '%s' of %s", text,
                         iopt_tensor_text(*tensor).s);
    IOPT_TRY(iopt_tensor_create((*tensor)->dtype, &size, &part, err));
    cut(*tensor, &start, part);
    iopt_tensor_destroy(*tensor);
    *tensor = part;
    return IOPT_OK;
}

IoptStatus iopt_gtt_read_variable(const IoptBundle *checkpoint, const char *variable,
                                  IoptBytes slice, IoptTensor **out, IoptError *err)
{
    char name[1024];

    *out = NULL;
    if (!checkpoint)
        return iopt_fail(err, IOPT_BAD_MODEL, "Checkpoint reader was not initialized. ");
    (void)snprintf(name, sizeof name, "%.*s", (int)whole_name_size(variable), variable);
    IOPT_TRY(iopt_bundle_read(checkpoint, name, out, err));
    const IoptStatus status = slice.size ? take_slice(slice, out, err) : IOPT_OK;
    if (status != IOPT_OK) {
        iopt_tensor_destroy(*out);
        *out = NULL;
    }
    return status;
}
