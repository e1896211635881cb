/* The list of passes, and running one: infer, rewrite at every match, sweep, verify. */
#include "passes/pass.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/knobs.h"

#define IOPT_PASS(name) extern const IoptPass iopt_pass_##name;
#include "passes/pass_list.inc"
#undef IOPT_PASS

static const IoptPass *const passes[] = {
#define IOPT_PASS(name) &iopt_pass_##name,
#include "passes/pass_list.inc"
#undef IOPT_PASS
};

/* Rewrites that feed each other settle long before this; a pass that never settles is broken. */
enum { MAX_SWEEPS = 32 };

const IoptPass *iopt_pass_find(const char *name)
{
    for (size_t i = 0; i < IOPT_COUNT(passes); i++)
        if (strcmp(passes[i]->name, name) == 0)
            return passes[i];
    return NULL;
}

const IoptPass *const *iopt_passes(size_t *count)
{
    *count = IOPT_COUNT(passes);
    return passes;
}

/* IOPT_PASS_LIMIT=n allows n rewrites in the life of the program: bisecting finds the guilty one.
 */
static bool within_limit(void)
{
    static long done;
    const char *const text = iopt_knob("IOPT_PASS_LIMIT");

    return !text || done++ < strtol(text, NULL, 10);
}

static bool is_real(const IoptNode *node)
{
    return !node->removed;
}

static bool facts_differ(const IoptNode *node, IoptDType dtype, const IoptShape *shape)
{
    const IoptFact now = iopt_fact_at((IoptValue){ (IoptNode *)(uintptr_t)node, 0 });
    return now.dtype != dtype || !iopt_shape_equal(&now.shape, shape);
}

/* Facts of the new nodes.  A rewrite may add a node before its inputs: so again until nothing
 * changes, which takes as many rounds as the new nodes are deep. */
static IoptStatus infer_added(const IoptEdit *edit, const IoptInferOptions *options, IoptError *err)
{
    bool changed = true;

    for (size_t round = 0; changed && round <= edit->n_added; round++) {
        changed = false;
        for (size_t i = 0; i < edit->n_added; i++) {
            IoptNode *const node = edit->added[i].node;
            const IoptFact before = iopt_fact_at((IoptValue){ node, 0 });
            if (!is_real(node))
                continue;
            IOPT_TRY(iopt_node_infer(node, options, err));
            changed = changed || facts_differ(node, before.dtype, &before.shape);
        }
    }
    return IOPT_OK;
}

/* The new value must be of the old one's type and shape, as far as both are known. */
static IoptStatus check_replacements(const IoptEdit *edit, const char *pass, IoptError *err)
{
    for (size_t i = 0; i < edit->n_replacements; i++) {
        const struct IoptReplacement *const r = &edit->replacements[i];
        const IoptFact from = iopt_fact_at(r->from), to = iopt_fact_at(r->to);
        if ((from.dtype && to.dtype && from.dtype != to.dtype) ||
            !iopt_shapes_agree(&from.shape, &to.shape))
            return iopt_fail(err, IOPT_BAD_MODEL, "pass %s would turn '%s' from %s into %s", pass,
                             r->from.node->name, iopt_fact_text(&from).s, iopt_fact_text(&to).s);
    }
    return IOPT_OK;
}

static IoptStatus rewrite_at(const IoptPass *pass, IoptGraph *graph, IoptNode *const *at,
                             const IoptInferOptions *options, IoptPassContext *context,
                             IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptEdit edit;

    iopt_edit_begin(&edit, graph);
    IOPT_DO(pass->rewrite(&edit, at, err));
    if (edit.skipped || edit.n_replacements == 0) {
        context->skips += edit.skipped != NULL;
        if (edit.skipped)
            (void)snprintf(context->skip_text, sizeof context->skip_text, "%s '%s': %s", at[1]->op,
                           at[1]->name, edit.skipped);
        iopt_edit_abandon(&edit);
        return IOPT_OK;
    }
    IOPT_DO(infer_added(&edit, options, err));
    IOPT_DO(check_replacements(&edit, pass->name, err));
    IOPT_DO(iopt_edit_commit(&edit, err));
    context->changes++;
done:
    if (status != IOPT_OK)
        iopt_edit_abandon(&edit);
    return status;
}

/* One walk in execution order; nodes that the walk itself makes wait for the next one. */
static IoptStatus sweep_once(const IoptPass *pass, IoptGraph *graph,
                             const IoptInferOptions *options, IoptPassContext *context,
                             IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNode *at[IOPT_PATTERN_MAX_SLOTS];
    IoptNode **order;
    const size_t count = graph->n_nodes;

    IOPT_TRY(iopt_graph_order(graph, &order, err));
    for (size_t i = 0; i < count; i++) {
        if (!is_real(order[i]) || !iopt_match(pass->pattern, pass->n_pattern, order[i], at))
            continue;
        if (!within_limit())
            break;
        IOPT_DO(rewrite_at(pass, graph, at, options, context, err));
    }
done:
    free(order);
    iopt_graph_compact(graph);
    return status;
}

static IoptStatus run_pattern(const IoptPass *pass, IoptGraph *graph,
                              const IoptInferOptions *options, IoptPassContext *context,
                              IoptError *err)
{
    for (size_t sweep = 0; sweep < MAX_SWEEPS; sweep++) {
        const size_t before = context->changes;
        context->skips = 0; /* what is skipped again is one skip */
        IOPT_TRY(sweep_once(pass, graph, options, context, err));
        if (context->changes == before)
            break;
    }
    return IOPT_OK;
}

IoptStatus iopt_pass_run(const IoptPass *pass, IoptGraph *graph, IoptPassContext *context,
                         IoptError *err)
{
    const IoptInferOptions options = { .fold = true };

    IOPT_TRY(iopt_graph_infer(graph, &options, err));
    if (pass->pattern)
        IOPT_TRY(run_pattern(pass, graph, &options, context, err));
    else
        IOPT_TRY(pass->run(graph, context, err));
    (void)iopt_graph_sweep(graph);
    return iopt_graph_verify(graph, err);
}
