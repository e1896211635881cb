/* Matching: nodes are tried in execution order, and a node belongs to one match at most. */
#include "passes/gtt/gtt_match.h"

#include <stdlib.h>

#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_sort.h"

/* Marks of the nodes while matches are sought. */
enum { NOT_ORDERED, FREE, MATCHED };

typedef struct Matcher {
    IoptMap index;
    IoptArena *arena;
} Matcher;

static bool op_matches(const char *pattern, const char *op)
{
    return strcmp(pattern, "*") == 0 || iopt_op_in(op, pattern);
}

/* Patterns are written by us and a few levels deep: the recursion is bounded by them. */
static IoptStatus match_tree(const Matcher *matcher, const IoptListNode *node,
                             const IoptGttPattern *pattern, IoptGttMatch *out, bool *matches,
                             IoptError *err)
{
    *matches = false;
    if (node->node->mark != FREE || !op_matches(pattern->op, node->node->op))
        return IOPT_OK;
    if (pattern->n_in && iopt_gtt_data_inputs(node) != pattern->n_in)
        return IOPT_OK;
    IoptGttMatch *const in =
        pattern->n_in ? iopt_arena_alloc(matcher->arena, pattern->n_in, sizeof *in) : NULL;
    if (pattern->n_in && !in)
        return iopt_fail_memory(err, pattern->n_in * sizeof *in);
    size_t slot = 0;
    for (size_t i = 0; i < node->n_inputs && slot < pattern->n_in; i++) {
        if (iopt_gtt_is_control(node->inputs[i]))
            continue;
        const IoptListNode *const from = iopt_gtt_source(&matcher->index, node->inputs[i]);
        if (!from)
            return IOPT_OK;
        IOPT_TRY(match_tree(matcher, from, &pattern->in[slot], &in[slot], matches, err));
        if (!*matches)
            return IOPT_OK;
        slot++;
    }
    *out = (IoptGttMatch){ node, pattern->n_in, in };
    *matches = true;
    return IOPT_OK;
}

static void mark_matched(const IoptGttMatch *match)
{
    match->node->node->mark = MATCHED;
    for (size_t i = 0; i < match->n_in; i++)
        mark_matched(&match->in[i]);
}

static IoptStatus add_match(IoptGttMatches *matches, const IoptGttMatch *match, IoptError *err)
{
    void *at = matches->at;

    IOPT_TRY(iopt_grow(&at, &matches->capacity, matches->n + 1, sizeof(IoptGttMatch *), err));
    matches->at = at;
    IoptGttMatch *const kept = iopt_arena_alloc(matches->arena, 1, sizeof *kept);
    if (!kept)
        return iopt_fail_memory(err, sizeof *kept);
    *kept = *match;
    matches->at[matches->n++] = kept;
    return IOPT_OK;
}

/* A cyclic graph is searched as far as it could be ordered. */
static IoptStatus mark_ordered(const IoptNodeList *list, IoptListNode ***order, size_t *count,
                               IoptError *err)
{
    for (size_t i = 0; i < list->n_nodes; i++)
        list->nodes[i]->node->mark = NOT_ORDERED;
    const IoptStatus status = iopt_gtt_order(list, order, count, err);
    for (size_t i = 0; i < *count; i++)
        (*order)[i]->node->mark = FREE;
    return status == IOPT_INVALID_ARGUMENT ? IOPT_OK : status;
}

IoptStatus iopt_gtt_find_matches(const IoptNodeList *list, const IoptGttPattern *pattern,
                                 IoptGttMatches *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Matcher matcher = { 0 };
    IoptListNode **order = NULL;
    size_t count;
    IoptGttMatch match;
    bool matches;

    *out = (IoptGttMatches){ 0 };
    IOPT_DO(iopt_arena_create(&out->arena, err));
    matcher.arena = out->arena;
    IOPT_DO(mark_ordered(list, &order, &count, err));
    IOPT_DO(iopt_gtt_index(list, &matcher.index, err));
    for (size_t i = 0; i < count; i++) {
        IOPT_DO(match_tree(&matcher, order[i], pattern, &match, &matches, err));
        if (!matches)
            continue;
        mark_matched(&match);
        IOPT_DO(add_match(out, &match, err));
    }
done:
    iopt_map_free(&matcher.index);
    free(order);
    if (status != IOPT_OK)
        iopt_gtt_matches_free(out);
    return status;
}

void iopt_gtt_matches_free(IoptGttMatches *matches)
{
    iopt_arena_destroy(matches->arena);
    free(matches->at);
    *matches = (IoptGttMatches){ 0 };
}

static size_t count_tree(const IoptGttMatch *match)
{
    size_t count = 1;

    for (size_t i = 0; i < match->n_in; i++)
        count += count_tree(&match->in[i]);
    return count;
}

static bool contains(const IoptListNode *const *nodes, size_t count, const IoptListNode *node)
{
    for (size_t i = 0; i < count; i++)
        if (nodes[i] == node)
            return true;
    return false;
}

IoptStatus iopt_gtt_match_nodes(const IoptGttMatch *match, const IoptListNode ***out, size_t *count,
                                IoptError *err)
{
    const size_t most = count_tree(match);
    void *nodes, *queue;
    size_t n_queue = 0;

    *out = NULL;
    *count = 0;
    IOPT_TRY(iopt_alloc(&nodes, most, sizeof(IoptListNode *), err));
    IoptStatus status = iopt_alloc(&queue, most, sizeof(IoptGttMatch *), err);
    if (status != IOPT_OK) {
        free(nodes);
        return status;
    }
    const IoptGttMatch **const waiting = queue;
    *out = nodes;
    waiting[n_queue++] = match;
    for (size_t i = 0; i < n_queue; i++) {
        if (!contains(*out, *count, waiting[i]->node))
            (*out)[(*count)++] = waiting[i]->node;
        for (size_t k = 0; k < waiting[i]->n_in; k++)
            waiting[n_queue++] = &waiting[i]->in[k];
    }
    free(queue);
    return IOPT_OK;
}
