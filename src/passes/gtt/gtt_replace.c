/* Replacing matches.  The new nodes stand where the head stood; the list is walked in its own
 * order, so that the result is in general not in execution order. */
#include "passes/gtt/gtt_replace.h"

#include <stdlib.h>

#include "passes/gtt/gtt_names.h"

typedef struct Replacer {
    const IoptNodeList *in;
    const IoptTransformContext *context;
    const IoptGttRule *rule;
    IoptGttMatches matches;
    IoptMap index;
    IoptListNode **owners; /* by a node's index: the match's head */
    IoptGttMatch **heads;  /* by a node's index: its match if it is a head */
    struct Readers {
        size_t *at, n; /* indices of nodes that read a node, each as often as it does */
    } * readers;
    size_t *edges;
    IoptNodeList *out;
} Replacer;

static IoptStatus find_owners(Replacer *replacer, IoptError *err)
{
    for (size_t i = 0; i < replacer->matches.n; i++) {
        IoptGttMatch *const match = replacer->matches.at[i];
        const IoptListNode **nodes;
        size_t count;
        IOPT_TRY(iopt_gtt_match_nodes(match, &nodes, &count, err));
        for (size_t k = 0; k < count; k++)
            replacer->owners[nodes[k]->node->index] = replacer->in->nodes[match->node->node->index];
        free((void *)nodes);
        replacer->heads[match->node->node->index] = match;
    }
    return IOPT_OK;
}

/* Who reads whom, by names: inputs that name nothing read nobody. */
static IoptStatus find_readers(Replacer *replacer, IoptError *err)
{
    const IoptNodeList *const in = replacer->in;
    size_t edges = 0;
    void *block;

    for (size_t i = 0; i < in->n_nodes; i++)
        for (size_t k = 0; k < in->nodes[i]->n_inputs; k++) {
            const IoptListNode *const from =
                iopt_gtt_source(&replacer->index, in->nodes[i]->inputs[k]);
            if (!from)
                continue;
            replacer->readers[from->node->index].n++;
            edges++;
        }
    IOPT_TRY(iopt_alloc(&block, edges, sizeof(size_t), err));
    replacer->edges = block;
    size_t *free_edges = replacer->edges;
    for (size_t i = 0; i < in->n_nodes; i++) {
        replacer->readers[i].at = free_edges;
        free_edges += replacer->readers[i].n;
        replacer->readers[i].n = 0;
    }
    for (size_t i = 0; i < in->n_nodes; i++)
        for (size_t k = 0; k < in->nodes[i]->n_inputs; k++) {
            const IoptListNode *const from =
                iopt_gtt_source(&replacer->index, in->nodes[i]->inputs[k]);
            if (!from)
                continue;
            struct Readers *const readers = &replacer->readers[from->node->index];
            readers->at[readers->n++] = i;
        }
    return IOPT_OK;
}

static IoptStatus prepare(Replacer *replacer, IoptError *err)
{
    const size_t n = replacer->in->n_nodes;
    void *owners, *heads, *readers;

    IOPT_TRY(iopt_gtt_find_matches(replacer->in, replacer->rule->pattern, &replacer->matches, err));
    IOPT_TRY(iopt_alloc(&owners, n, sizeof(IoptListNode *), err));
    replacer->owners = owners;
    IOPT_TRY(iopt_alloc(&heads, n, sizeof(IoptGttMatch *), err));
    replacer->heads = heads;
    IOPT_TRY(iopt_alloc(&readers, n, sizeof *replacer->readers, err));
    replacer->readers = readers;
    for (size_t i = 0; i < n; i++)
        replacer->in->nodes[i]->node->index = i;
    IOPT_TRY(iopt_gtt_index(replacer->in, &replacer->index, err));
    IOPT_TRY(find_owners(replacer, err));
    return find_readers(replacer, err);
}

/* --- one match ----------------------------------------------------------------------------- */

static bool reads_outside(const Replacer *replacer, const IoptListNode *node,
                          const IoptListNode *head)
{
    for (size_t i = 0; i < node->n_inputs; i++) {
        const IoptListNode *const from = iopt_gtt_source(&replacer->index, node->inputs[i]);
        if (!from || replacer->owners[from->node->index] != head)
            return true;
    }
    return false;
}

static bool used_outside(const Replacer *replacer, const IoptListNode *node,
                         const IoptListNode *head)
{
    const struct Readers *const readers = &replacer->readers[node->node->index];

    for (size_t i = 0; i < readers->n; i++)
        if (replacer->owners[readers->at[i]] != head)
            return true;
    return false;
}

static bool is_made(const IoptNodeList *made, const char *name)
{
    for (size_t i = 0; i < made->n_nodes; i++)
        if (strcmp(made->nodes[i]->node->name, name) == 0)
            return true;
    return false;
}

/* The first node that others need and that was not made, or NULL. */
static const IoptListNode *find_missing(const IoptGttSite *site, const IoptNodeList *made)
{
    for (size_t i = 0; i < site->n_nodes; i++)
        if (site->used_outside[i] && !is_made(made, site->nodes[i]->node->name))
            return site->nodes[i];
    return NULL;
}

/* TensorFlow's messages often do not say where. */
static IoptStatus name_node(IoptStatus status, const IoptGttSite *site, IoptError *err)
{
    const char *const name = site->match->node->node->name;
    IoptError said = { 0 };

    if (!err || status == IOPT_NO_MEMORY || status == IOPT_CANCELLED || strstr(err->text, name))
        return status;
    said = *err;
    return iopt_fail(err, status, "%.300s [%s '%.150s']", said.text, site->match->node->node->op,
                     name);
}

static IoptStatus generate(const Replacer *replacer, const IoptGttSite *site, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNodeList *made = NULL;
    IoptListNode *copy;

    IOPT_DO(iopt_list_create(replacer->in, &made, err));
    status = replacer->rule->generate(site, replacer->rule->user, made, err);
    if (status != IOPT_OK) {
        status = name_node(status, site, err);
        goto done;
    }
    const IoptListNode *const missing =
        replacer->rule->allow_inconsistencies ? NULL : find_missing(site, made);
    if (!missing) {
        status = iopt_list_move_all(replacer->out, made, err);
        goto done;
    }
    iopt_gtt_say(replacer->context, "'%s' is kept as it is: '%s', a part of it, is used elsewhere",
                 site->match->node->node->name, missing->node->name);
    for (size_t i = 0; i < site->n_nodes; i++)
        IOPT_DO(iopt_list_add_copy(replacer->out, site->nodes[i], &copy, err));
done:
    iopt_list_destroy(made);
    return status;
}

static IoptStatus replace_match(const Replacer *replacer, const IoptGttMatch *match, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    const IoptListNode **nodes = NULL;
    void *block = NULL;
    size_t count;

    IOPT_DO(iopt_gtt_match_nodes(match, &nodes, &count, err));
    IOPT_DO(iopt_alloc(&block, 2 * count, sizeof(bool), err));
    bool *const reads = block, *const used = reads + count;
    const IoptListNode *const head = replacer->in->nodes[match->node->node->index];
    for (size_t i = 0; i < count; i++) {
        reads[i] = reads_outside(replacer, nodes[i], head);
        used[i] = used_outside(replacer, nodes[i], head);
    }
    const IoptGttSite site = { .match = match,
                               .nodes = nodes,
                               .n_nodes = count,
                               .reads_outside = reads,
                               .used_outside = used,
                               .context = replacer->context };
    IOPT_DO(generate(replacer, &site, err));
done:
    free((void *)nodes);
    free(block);
    return status;
}

static IoptStatus replace_all(Replacer *replacer, IoptError *err)
{
    IoptListNode *copy;

    IOPT_TRY(prepare(replacer, err));
    IOPT_TRY(iopt_list_create(replacer->in, &replacer->out, err));
    for (size_t i = 0; i < replacer->in->n_nodes; i++) {
        if (replacer->heads[i])
            IOPT_TRY(replace_match(replacer, replacer->heads[i], err));
        else if (!replacer->owners[i])
            IOPT_TRY(iopt_list_add_copy(replacer->out, replacer->in->nodes[i], &copy, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_gtt_replace(const IoptNodeList *in, const IoptTransformContext *context,
                            const IoptGttRule *rule, IoptNodeList **out, IoptError *err)
{
    Replacer replacer = { .in = in, .context = context, .rule = rule };

    const IoptStatus status = replace_all(&replacer, err);
    *out = status == IOPT_OK ? replacer.out : NULL;
    if (status != IOPT_OK)
        iopt_list_destroy(replacer.out);
    iopt_gtt_matches_free(&replacer.matches);
    iopt_map_free(&replacer.index);
    free(replacer.owners);
    free(replacer.heads);
    free(replacer.readers);
    free(replacer.edges);
    return status;
}

/* --- for generators ------------------------------------------------------------------------ */

static bool flag_of(const IoptGttSite *site, const bool *flags, const IoptListNode *node)
{
    for (size_t i = 0; i < site->n_nodes; i++)
        if (site->nodes[i] == node)
            return flags[i];
    return false;
}

bool iopt_gtt_used_outside(const IoptGttSite *site, const IoptListNode *node)
{
    return flag_of(site, site->used_outside, node);
}

bool iopt_gtt_reads_outside(const IoptGttSite *site, const IoptListNode *node)
{
    return flag_of(site, site->reads_outside, node);
}
