/* A list of nodes as a graph: the steps of TensorFlow's importer. */
#include "passes/gtt/gtt_import.h"

#include <stdlib.h>

#include "ops/infer.h"
#include "passes/gtt/gtt_import_check.h"

IoptStatus iopt_gtt_as_argument(IoptStatus status, IoptError *err)
{
    if (status == IOPT_OK || status == IOPT_NO_MEMORY || status == IOPT_CANCELLED)
        return status;
    if (err)
        err->status = IOPT_INVALID_ARGUMENT;
    return IOPT_INVALID_ARGUMENT;
}

/* --- one node ------------------------------------------------------------------------------ */

/* Takes the entries of _class away that name no node. */
static IoptStatus drop_stale_colocations(const IoptMap *index, IoptNode *node, IoptError *err)
{
    static const char prefix[] = "loc:@";
    const size_t size = sizeof prefix - 1;
    const IoptAttr *const classes = iopt_attr(node, "_class");
    void *block;

    if (!classes || classes->kind != IOPT_ATTR_STRINGS)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, classes->count, sizeof(IoptBytes), err));
    IoptBytes *const kept = block;
    IoptAttr rest = { .name = "_class", .kind = IOPT_ATTR_STRINGS, .u.strings = kept };
    for (size_t i = 0; i < classes->count; i++) {
        const IoptBytes entry = classes->u.strings[i];
        const bool names_node = entry.size >= size && memcmp(entry.data, prefix, size) == 0;
        if (!names_node || iopt_map_get_bytes(index, entry.data + size, entry.size - size))
            kept[rest.count++] = entry;
    }
    IoptStatus status = IOPT_OK;
    if (rest.count == 0)
        iopt_node_remove_attr(node, "_class");
    else if (rest.count < classes->count)
        status = iopt_node_set_attr(node, &rest, err);
    free(block);
    return status;
}

static IoptStatus add_node(const IoptNodeList *in, const IoptListNode *node,
                           const IoptGttImportOptions *options, const IoptMap *index,
                           IoptNodeList *list, IoptError *err)
{
    const IoptOpDef *def;
    IoptListNode *copy;

    IOPT_TRY(iopt_list_add_copy(list, node, &copy, err));
    iopt_node_remove_attr(copy->node, "_output_shapes");
    if (options->drop_stale_colocations)
        IOPT_TRY(drop_stale_colocations(index, copy->node, err));
    IOPT_TRY(iopt_gtt_find_op(in, node->node->op, &def, err));
    if (!def)
        return IOPT_OK;
    IOPT_TRY(iopt_op_def_add_defaults(def, copy, err));
    return iopt_gtt_check_attrs(def, copy->node, options->later_attrs, err);
}

static IoptStatus make_list(const IoptNodeList *in, const IoptGttImportOptions *options,
                            IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptMap index = { 0 };

    IOPT_DO(iopt_list_create(in, out, err));
    (*out)->versions = in->versions;
    (*out)->has_versions = in->has_versions;
    for (size_t i = 0; i < in->n_nodes; i++)
        IOPT_DO(iopt_map_set(&index, in->nodes[i]->node->name, in->nodes[i], err));
    for (size_t i = 0; i < in->n_nodes; i++)
        IOPT_DO(add_node(in, in->nodes[i], options, &index, *out, err));
done:
    iopt_map_free(&index);
    return status;
}

/* --- the graph ----------------------------------------------------------------------------- */

/* Brings graph and list into execution order. */
static IoptStatus sort(IoptGttImport *import, IoptError *err)
{
    IoptGraph *const graph = import->graph;
    void *block;

    IOPT_TRY(iopt_graph_order(graph, &import->nodes, err));
    IOPT_TRY(iopt_alloc(&block, import->n, sizeof(IoptListNode *), err));
    IoptListNode **const sorted = block;
    for (size_t i = 0; i < import->n; i++)
        sorted[i] = import->list->nodes[import->nodes[i]->index];
    for (size_t i = 0; i < import->n; i++) {
        import->list->nodes[i] = sorted[i];
        graph->nodes[i] = import->nodes[i];
        graph->nodes[i]->index = i;
    }
    free(block);
    return IOPT_OK;
}

static IoptStatus find_types(const IoptNodeList *in, const IoptGttImport *import,
                             IoptOpTypes *types, bool *known, IoptError *err)
{
    for (size_t i = 0; i < import->n; i++) {
        const IoptOpDef *def;
        IOPT_TRY(iopt_gtt_find_op(in, import->nodes[i]->op, &def, err));
        if (def)
            IOPT_TRY(iopt_op_def_types(def, import->list->nodes[i], &types[i], err));
        known[i] = def != NULL;
        import->n_out[i] = def ? types[i].n_out : iopt_node_n_out(import->nodes[i]);
    }
    return IOPT_OK;
}

static IoptStatus check_types(const IoptNodeList *in, IoptGttImport *import, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    void *types = NULL, *known = NULL, *n_out;

    IOPT_DO(iopt_alloc(&n_out, import->n, sizeof(size_t), err));
    import->n_out = n_out;
    IOPT_DO(iopt_alloc(&types, import->n, sizeof(IoptOpTypes), err));
    IOPT_DO(iopt_alloc(&known, import->n, sizeof(bool), err));
    IOPT_DO(iopt_gtt_as_argument(find_types(in, import, types, known, err), err));
    IOPT_DO(iopt_gtt_check_types(import, types, known, err));
    for (size_t i = 0; i < import->n; i++)
        IOPT_DO(iopt_gtt_check_colocations(import->graph, import->nodes[i], err));
done:
    for (size_t i = 0; types && i < import->n; i++)
        iopt_op_types_free(&((IoptOpTypes *)types)[i]);
    free(types);
    free(known);
    return status;
}

/* --- shapes -------------------------------------------------------------------------------- */

static bool broadcasts(const IoptNode *node)
{
    return node->n_in == 2 &&
           iopt_op_in(node->op, "Add|AddV2|Sub|Mul|Div|RealDiv|FloorDiv|FloorMod|Maximum|Minimum|"
                                "SquaredDifference|Pow|Less|LessEqual|Greater|GreaterEqual|Equal|"
                                "NotEqual|LogicalAnd|LogicalOr");
}

/* In TensorFlow's words where they are known. */
static IoptStatus fail_inference(const IoptNode *node, IoptStatus status, IoptError *err)
{
    IoptShape both;

    if (!broadcasts(node))
        return iopt_gtt_as_argument(status, err);
    const IoptShape a = iopt_fact_at(node->in[0]).shape, b = iopt_fact_at(node->in[1]).shape;
    if (iopt_shape_broadcast(&a, &b, &both))
        return iopt_gtt_as_argument(status, err);
    for (int i = 1; i <= a.rank && i <= b.rank; i++) {
        const int64_t x = a.dim[a.rank - i], y = b.dim[b.rank - i];
        if (x > 1 && y > 1 && x != y)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                             "Dimensions must be equal, but are %lld and %lld for '%s' (op: '%s') "
                             "with input shapes: %s, %s.",
                             (long long)x, (long long)y, node->name, node->op,
                             iopt_shape_text(&a).s, iopt_shape_text(&b).s);
    }
    return iopt_gtt_as_argument(status, err);
}

/* A value that cannot be computed now is no error: its shape may be right. */
static IoptStatus infer_node(IoptNode *node, IoptError *err)
{
    const IoptInferOptions folding = { .fold = true, .strict = true }, plain = { .strict = true };
    const IoptInferOptions lenient = { 0 };

    if (iopt_node_infer(node, &folding, NULL) == IOPT_OK)
        return IOPT_OK;
    const IoptStatus status = iopt_node_infer(node, &plain, err);
    if (status == IOPT_UNSUPPORTED)
        return iopt_node_infer(node, &lenient, err);
    return status == IOPT_OK ? status : fail_inference(node, status, err);
}

static IoptStatus fail_shapes(const IoptNode *node, size_t port, const IoptShape *a,
                              const IoptShape *b, IoptError *err)
{
    const char *const name = node->name;
    int axis = 0;

    if (a->rank != b->rank)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Node '%s' has an _output_shapes attribute inconsistent with the GraphDef "
                         "for output #%zu: Shapes must be equal rank, but are %d and %d",
                         name, port, a->rank, b->rank);
    while (iopt_dims_agree(a->dim[axis], b->dim[axis]))
        axis++;
    return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                     "Node '%s' has an _output_shapes attribute inconsistent with the GraphDef "
                     "for output #%zu: Dimension %d in both shapes must be equal, but are %lld and "
                     "%lld. Shapes are %s and %s.",
                     name, port, axis, (long long)a->dim[axis], (long long)b->dim[axis],
                     iopt_shape_text(a).s, iopt_shape_text(b).s);
}

/* What the file says of the shapes narrows what was inferred. */
static IoptStatus merge_output_shapes(const IoptNode *before, IoptNode *node, size_t n_out,
                                      IoptError *err)
{
    const IoptAttr *const shapes = iopt_attr(before, "_output_shapes");

    if (!shapes || shapes->kind != IOPT_ATTR_SHAPES)
        return IOPT_OK;
    if (shapes->count != n_out)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Node '%s' has %zu outputs but the _output_shapes attribute specifies "
                         "shapes for %zu outputs",
                         node->name, n_out, shapes->count);
    for (size_t i = 0; i < n_out && i < node->n_out; i++) {
        IoptShape *const shape = &node->facts[i].shape;
        if (!iopt_shapes_agree(shape, &shapes->u.shapes[i]))
            return fail_shapes(node, i, shape, &shapes->u.shapes[i], err);
        *shape = iopt_shape_merge(shape, &shapes->u.shapes[i]);
    }
    return IOPT_OK;
}

static IoptStatus infer_shapes(const IoptNodeList *in, const IoptGttImport *import,
                               const IoptGttImportOptions *options, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptMap before = { 0 };

    for (size_t i = 0; i < in->n_nodes && options->check_output_shapes; i++)
        IOPT_DO(iopt_map_set(&before, in->nodes[i]->node->name, in->nodes[i]->node, err));
    for (size_t i = 0; i < import->n; i++) {
        IoptNode *const node = import->nodes[i];
        IOPT_DO(infer_node(node, err));
        if (options->check_output_shapes)
            IOPT_DO(merge_output_shapes(iopt_map_get(&before, node->name), node, import->n_out[i],
                                        err));
    }
done:
    iopt_map_free(&before);
    return status;
}

IoptStatus iopt_gtt_import(const IoptNodeList *in, const IoptGttImportOptions *options,
                           IoptGttImport *out, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    *out = (IoptGttImport){ .n = in->n_nodes };
    IOPT_DO(iopt_gtt_check_names(in, err));
    IOPT_DO(make_list(in, options, &out->list, err));
    IOPT_DO(iopt_gtt_as_argument(iopt_list_link(out->list, &out->graph, err), err));
    IOPT_DO(iopt_gtt_as_argument(sort(out, err), err));
    IOPT_DO(check_types(in, out, err));
    IOPT_DO(infer_shapes(in, out, options, err));
done:
    if (status != IOPT_OK)
        iopt_gtt_import_free(out);
    return status;
}

void iopt_gtt_import_free(IoptGttImport *import)
{
    iopt_graph_destroy(import->graph);
    iopt_list_destroy(import->list);
    free(import->nodes);
    free(import->n_out);
    *import = (IoptGttImport){ 0 };
}
