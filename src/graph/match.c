/* Matching a pattern: depth first, with the two orders of a commuting node tried in turn.  The
 * recursion is as deep as the pattern, which is ours. */
#include "graph/match.h"

typedef struct Search {
    const IoptPattern *pattern;
    size_t n_slots;
    IoptNode **at;
} Search;

static bool match_slot(const Search *search, size_t slot, IoptNode *node, bool is_root);

static bool has_dtype(const IoptNode *node, IoptDType dtype)
{
    if (dtype == IOPT_DTYPE_NONE)
        return true;
    const IoptTensor *const constant = iopt_const_mapped(node);
    if (constant)
        return constant->dtype == dtype;
    return node->facts && node->n_out > 0 && node->facts[0].dtype == dtype;
}

static bool match_input(const Search *search, size_t slot, IoptValue value)
{
    if (slot == 0)
        return true;
    return value.port == 0 && match_slot(search, slot, value.node, false);
}

static size_t count_inputs(const IoptPattern *p)
{
    size_t count = IOPT_PATTERN_MAX_INPUTS;

    while (count && p->in[count - 1] == 0)
        count--;
    return count;
}

static bool match_inputs(const Search *search, const IoptPattern *p, const IoptNode *node,
                         bool swapped)
{
    const size_t count = count_inputs(p);

    if (node->n_in < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t slot = swapped && i < 2 ? 1 - i : i;
        if (!match_input(search, p->in[slot], node->in[i]))
            return false;
    }
    return true;
}

static bool match_node(const Search *search, size_t slot, IoptNode *node, bool is_root)
{
    const IoptPattern *const p = &search->pattern[slot];
    IoptNode *saved[IOPT_PATTERN_MAX_SLOTS];

    if (node->removed || (p->op && !iopt_op_in(node->op, p->op)) || !has_dtype(node, p->dtype))
        return false;
    /* What has to run before an inner node cannot be kept when that node goes. */
    if (!is_root && (node->n_control || (p->sole_user && iopt_node_uses(node) != 1)))
        return false;
    memcpy(saved, search->at, search->n_slots * sizeof *saved);
    search->at[slot] = node;
    if (match_inputs(search, p, node, false))
        return true;
    if (p->commutes && node->n_in >= 2) {
        memcpy(search->at, saved, search->n_slots * sizeof *saved);
        search->at[slot] = node;
        /* Inputs 0 and 1 of the node against the pattern's 1 and 0. */
        if (match_inputs(search, p, node, true))
            return true;
    }
    memcpy(search->at, saved, search->n_slots * sizeof *saved);
    return false;
}

static bool match_slot(const Search *search, size_t slot, IoptNode *node, bool is_root)
{
    const IoptPattern *const p = &search->pattern[slot];

    if (search->at[slot])
        return search->at[slot] == node;
    if (match_node(search, slot, node, is_root))
        return true;
    return p->is_optional && match_slot(search, p->in[0], node, is_root);
}

bool iopt_match(const IoptPattern *pattern, size_t n_slots, IoptNode *root, IoptNode **at)
{
    const Search search = { pattern, n_slots, at };

    memset(at, 0, n_slots * sizeof *at);
    return match_slot(&search, 1, root, true);
}
