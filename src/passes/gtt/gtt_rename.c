/* Renaming inputs: each input follows the renames until none applies. */
#include "passes/gtt/gtt_rename.h"

#include <stdlib.h>

#include "base/text.h"
#include "passes/gtt/gtt_names.h"

typedef struct IoptGttRename Rename;

static IoptStatus copy_text(const char *text, char **out, IoptError *err)
{
    void *block;

    IOPT_TRY(iopt_alloc(&block, strlen(text) + 1, 1, err));
    *out = strcpy(block, text);
    return IOPT_OK;
}

IoptStatus iopt_gtt_renames_set(IoptGttRenames *renames, const char *from, const char *to,
                                IoptError *err)
{
    void *at = renames->at;

    IOPT_TRY(iopt_grow(&at, &renames->capacity, renames->n + 1, sizeof(Rename), err));
    renames->at = at;
    Rename *const rename = &renames->at[renames->n];
    IOPT_TRY(copy_text(from, &rename->from, err));
    const IoptStatus status = copy_text(to, &rename->to, err);
    if (status == IOPT_OK)
        renames->n++;
    else
        free(rename->from);
    return status;
}

void iopt_gtt_renames_free(IoptGttRenames *renames)
{
    for (size_t i = 0; i < renames->n; i++) {
        free(renames->at[i].from);
        free(renames->at[i].to);
    }
    free(renames->at);
    *renames = (IoptGttRenames){ 0 };
}

/* --- renames by node ----------------------------------------------------------------------- */

/* A rename among those of its node, in byte order of the keys. */
typedef struct Step {
    const Rename *rename;
    const char *node; /* that the key names */
    struct Step *next;
    bool any_port; /* the key ends in ":*" */
    size_t visit;  /* number of the input that came by last */
} Step;

typedef struct Renamer {
    IoptArena *arena; /* of the steps */
    Step *steps;
    IoptMap by_node; /* name -> first Step */
    size_t visit;
    IoptArena *texts; /* of the new inputs */
} Renamer;

/* By key; of equal keys the one set last is last. */
static int compare_steps(const void *a, const void *b)
{
    const Rename *const x = ((const Step *)a)->rename, *const y = ((const Step *)b)->rename;
    const int order = strcmp(x->from, y->from);

    return order ? order : (x > y) - (x < y);
}

static IoptStatus build_steps(Renamer *renamer, const IoptGttRenames *renames, IoptError *err)
{
    size_t kept = 0;

    renamer->steps = iopt_arena_alloc(renamer->arena, renames->n + 1, sizeof(Step));
    if (!renamer->steps)
        return iopt_fail_memory(err, renames->n * sizeof(Step));
    Step *const steps = renamer->steps;
    for (size_t i = 0; i < renames->n; i++)
        steps[i].rename = &renames->at[i];
    qsort(steps, renames->n, sizeof *steps, compare_steps);
    for (size_t i = 0; i < renames->n; i++)
        if (i + 1 == renames->n || strcmp(steps[i].rename->from, steps[i + 1].rename->from) != 0)
            steps[kept++] = steps[i];
    for (size_t i = kept; i-- > 0;) { /* from behind: the first in order comes to the front */
        Step *const step = &steps[i];
        step->node = iopt_gtt_node_name(renamer->arena, step->rename->from);
        if (!step->node)
            return iopt_fail_memory(err, strlen(step->rename->from));
        step->any_port = iopt_has_suffix(step->rename->from, ":*");
        step->next = iopt_map_get(&renamer->by_node, step->node);
        IOPT_TRY(iopt_map_set(&renamer->by_node, step->node, step, err));
    }
    return IOPT_OK;
}

static Step *find_steps(const Renamer *renamer, const char *input)
{
    const IoptBytes node = iopt_gtt_split(input).node;

    return iopt_map_get_bytes(&renamer->by_node, node.data, node.size);
}

/* Applies every rename of a node in turn to the current input. */
static IoptStatus apply_steps(const Renamer *renamer, const Step *step, const char **input,
                              bool *changed, IoptError *err)
{
    *changed = false;
    for (; step; step = step->next) {
        if (step->any_port)
            *input = iopt_gtt_respell(renamer->texts, *input, step->rename->to);
        else if (iopt_gtt_same_value(step->rename->from, *input))
            *input = iopt_arena_text(renamer->texts, step->rename->to);
        else
            continue;
        if (!*input)
            return iopt_fail_memory(err, strlen(step->rename->to));
        *changed = true;
    }
    return IOPT_OK;
}

static IoptStatus rename_input(Renamer *renamer, bool ignored, const char **input, IoptError *err)
{
    bool changed = true;
    Step *step;

    renamer->visit++;
    while (changed && (step = find_steps(renamer, *input)) != NULL) {
        if (step->visit == renamer->visit)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "RenameNodeInputs argument contains a cycle for %s", step->node);
        step->visit = renamer->visit;
        if (ignored)
            return IOPT_OK;
        IOPT_TRY(apply_steps(renamer, step, input, &changed, err));
    }
    return IOPT_OK;
}

static IoptStatus rename_all(Renamer *renamer, const IoptNodeList *in, const char *const *ignore,
                             size_t n_ignore, IoptNodeList *out, IoptError *err)
{
    IoptListNode *copy;

    for (size_t i = 0; i < in->n_nodes; i++) {
        IOPT_TRY(iopt_list_add_copy(out, in->nodes[i], &copy, err));
        const bool ignored = iopt_gtt_contains(ignore, n_ignore, copy->node->name);
        for (size_t k = 0; k < copy->n_inputs; k++)
            IOPT_TRY(rename_input(renamer, ignored, &copy->inputs[k], err));
    }
    return IOPT_OK;
}

IoptStatus iopt_gtt_rename_inputs(const IoptNodeList *in, const IoptGttRenames *renames,
                                  const char *const *ignore, size_t n_ignore, IoptNodeList **out,
                                  IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Renamer renamer = { .texts = in->carrier->arena };
    IoptNodeList *list = NULL;

    *out = NULL;
    IOPT_DO(iopt_arena_create(&renamer.arena, err));
    IOPT_DO(build_steps(&renamer, renames, err));
    IOPT_DO(iopt_list_create(in, &list, err));
    IOPT_DO(rename_all(&renamer, in, ignore, n_ignore, list, err));
    *out = list;
    list = NULL;
done:
    iopt_list_destroy(list);
    iopt_map_free(&renamer.by_node);
    iopt_arena_destroy(renamer.arena);
    return status;
}

IoptStatus iopt_gtt_replace_and_rename(const IoptNodeList *in, const IoptTransformContext *context,
                                       const IoptGttPattern *pattern, IoptGttGenerator generate,
                                       IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptGttRenames renames = { 0 };
    IoptNodeList *made = NULL;
    const IoptGttRule rule = {
        .pattern = pattern, .generate = generate, .user = &renames, .allow_inconsistencies = true
    };

    *out = NULL;
    IOPT_DO(iopt_gtt_replace(in, context, &rule, &made, err));
    IOPT_DO(iopt_gtt_rename_inputs(made, &renames, NULL, 0, out, err));
done:
    iopt_list_destroy(made);
    iopt_gtt_renames_free(&renames);
    return status;
}
