/* Edits: collected first, applied at once. */
#include "graph/edit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void iopt_edit_begin(IoptEdit *edit, IoptGraph *graph)
{
    *edit = (IoptEdit){ .graph = graph };
}

IoptStatus iopt_edit_skip(IoptEdit *edit, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(edit->text, sizeof edit->text, format, args);
    va_end(args);
    edit->skipped = edit->text;
    return IOPT_OK;
}

static IoptStatus note_added(IoptEdit *edit, IoptNode *node, IoptError *err)
{
    void *added = edit->added;
    const IoptStatus status =
        iopt_grow(&added, &edit->added_capacity, edit->n_added + 1, sizeof *edit->added, err);

    edit->added = added;
    if (status != IOPT_OK) {
        iopt_graph_remove(node);
        return status;
    }
    edit->added[edit->n_added++] = (struct IoptAddition){ node, NULL };
    return IOPT_OK;
}

IoptStatus iopt_edit_add(IoptEdit *edit, const char *base, const char *op, const IoptNode *like,
                         IoptNode **out, IoptError *err)
{
    const char *const name = iopt_graph_unique_name(edit->graph, base);

    *out = NULL;
    if (!name)
        return iopt_fail_memory(err, strlen(base));
    IOPT_TRY(iopt_graph_add(edit->graph, name, op, out, err));
    if (like)
        (*out)->device = like->device;
    return note_added(edit, *out, err);
}

IoptStatus iopt_edit_clone(IoptEdit *edit, const IoptNode *node, IoptNode **out, IoptError *err)
{
    IOPT_TRY(iopt_edit_add(edit, node->name, node->op, node, out, err));
    edit->added[edit->n_added - 1].origin = node;
    (*out)->unknown = node->unknown;
    for (size_t i = 0; i < node->n_attrs; i++)
        IOPT_TRY(iopt_node_set_attr(*out, &node->attrs[i], err));
    IOPT_TRY(iopt_node_set_inputs(*out, node->in, node->n_in, err));
    for (size_t i = 0; i < node->n_control; i++)
        IOPT_TRY(iopt_node_add_control(*out, node->control[i], err));
    return IOPT_OK;
}

IoptStatus iopt_edit_add_const(IoptEdit *edit, const char *base, IoptTensor *taken, IoptNode **out,
                               IoptError *err)
{
    const char *const name = iopt_graph_unique_name(edit->graph, base);

    *out = NULL;
    if (!name) {
        iopt_tensor_destroy(taken);
        return iopt_fail_memory(err, strlen(base));
    }
    IOPT_TRY(iopt_graph_add_const(edit->graph, name, taken, out, err));
    return note_added(edit, *out, err);
}

IoptStatus iopt_edit_set_const(IoptEdit *edit, IoptNode *node, size_t slot, IoptTensor *taken,
                               IoptError *err)
{
    IoptNode *constant;

    IOPT_TRY(iopt_edit_add_const(edit, node->in[slot].node->name, taken, &constant, err));
    edit->added[edit->n_added - 1].origin = node->in[slot].node;
    return iopt_node_set_input(node, slot, (IoptValue){ constant, 0 }, err);
}

IoptStatus iopt_edit_tensor_like(IoptEdit *edit, const IoptTensor *tensor, IoptTensor **out,
                                 IoptError *err)
{
    (void)edit;
    return iopt_tensor_create(tensor->dtype, &tensor->shape, out, err);
}

static IoptStatus note_replacement(IoptEdit *edit, IoptValue from, IoptValue to, bool whole,
                                   IoptError *err)
{
    void *items = edit->replacements;

    IOPT_TRY(iopt_grow(&items, &edit->replacements_capacity, edit->n_replacements + 1,
                       sizeof *edit->replacements, err));
    edit->replacements = items;
    edit->replacements[edit->n_replacements++] = (struct IoptReplacement){ from, to, whole };
    return IOPT_OK;
}

IoptStatus iopt_edit_replace_value(IoptEdit *edit, IoptValue from, IoptValue to, IoptError *err)
{
    return note_replacement(edit, from, to, false, err);
}

IoptStatus iopt_edit_replace(IoptEdit *edit, IoptNode *from, IoptNode *to, IoptError *err)
{
    return note_replacement(edit, (IoptValue){ from, 0 }, (IoptValue){ to, 0 }, true, err);
}

static struct IoptAddition *find_addition(const IoptEdit *edit, const IoptNode *node)
{
    for (size_t i = 0; i < edit->n_added; i++)
        if (edit->added[i].node == node)
            return &edit->added[i];
    return NULL;
}

/* All ports, control edges on both sides. */
static IoptStatus replace_whole(IoptNode *from, IoptNode *to, IoptError *err)
{
    int ports = 1;

    for (size_t i = 0; i < from->n_uses; i++) {
        const IoptUse *const use = &from->uses[i];
        if (use->slot != IOPT_CONTROL && use->node->in[use->slot].port >= ports)
            ports = use->node->in[use->slot].port + 1;
    }
    for (size_t i = 0; i < from->graph->n_outputs; i++)
        if (from->graph->outputs[i].node == from && from->graph->outputs[i].port >= ports)
            ports = from->graph->outputs[i].port + 1;
    for (int port = 0; port < ports; port++)
        IOPT_TRY(iopt_graph_replace_value((IoptValue){ from, port }, (IoptValue){ to, port }, err));
    IOPT_TRY(iopt_graph_replace_control(from, to, err));
    for (size_t i = 0; i < from->n_control; i++)
        if (from->control[i] != to)
            IOPT_TRY(iopt_node_add_control(to, from->control[i], err));
    return IOPT_OK;
}

static void remove_if_useless(IoptNode *node)
{
    if (!node->removed && node->n_uses == 0 && !iopt_is_output(node) && !iopt_is_input(node))
        iopt_graph_remove(node);
}

static void end(IoptEdit *edit)
{
    free(edit->replacements);
    free(edit->added);
    edit->replacements = NULL;
    edit->added = NULL;
    edit->n_replacements = edit->n_added = 0;
}

IoptStatus iopt_edit_commit(IoptEdit *edit, IoptError *err)
{
    if (edit->skipped || edit->n_replacements == 0) {
        iopt_edit_abandon(edit);
        return IOPT_OK;
    }
    for (size_t i = 0; i < edit->n_replacements; i++) {
        const struct IoptReplacement *const r = &edit->replacements[i];
        if (r->whole)
            IOPT_TRY(replace_whole(r->from.node, r->to.node, err));
        else
            IOPT_TRY(iopt_graph_replace_value(r->from, r->to, err));
    }
    for (size_t i = 0; i < edit->n_replacements; i++) {
        const struct IoptReplacement *const r = &edit->replacements[i];
        const char *const name = r->from.node->name;
        remove_if_useless(r->from.node);
        struct IoptAddition *const addition = find_addition(edit, r->to.node);
        if (!r->whole || !r->from.node->removed || !addition)
            continue;
        IOPT_TRY(iopt_graph_rename(r->to.node, name, err));
        addition->origin = NULL; /* it has its name */
    }
    for (size_t i = edit->n_added; i-- > 0;)
        remove_if_useless(edit->added[i].node);
    for (size_t i = 0; i < edit->n_added; i++) {
        const struct IoptAddition *const a = &edit->added[i];
        if (!a->node->removed && a->origin && a->origin->removed &&
            !iopt_graph_find(edit->graph, a->origin->name))
            IOPT_TRY(iopt_graph_rename(a->node, a->origin->name, err));
    }
    end(edit);
    return IOPT_OK;
}

void iopt_edit_abandon(IoptEdit *edit)
{
    /* New nodes may read each other in any order: cut all edges first. */
    for (size_t i = 0; i < edit->n_added; i++) {
        (void)iopt_node_set_inputs(edit->added[i].node, NULL, 0, NULL);
        iopt_node_clear_controls(edit->added[i].node);
    }
    for (size_t i = 0; i < edit->n_added; i++)
        remove_if_useless(edit->added[i].node);
    end(edit);
}
