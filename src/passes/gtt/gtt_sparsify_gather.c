/* sparsify_gather: Gather(W, ids) of a mostly zero W [N,1] becomes a lookup in a hash table.
 *
 *   exactness  values below 1e-5 become 0
 *   quirks     with --strict-compat another Gather of the same W loses its first input, else both
 *              stay; the node that initializes the tables is added even if there is nothing to
 *              initialize
 */
#include <math.h>
#include <stdlib.h>

#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_sparsify.h"

typedef struct Sparsifier {
    const IoptTransformContext *context;
    IoptBundle *checkpoint; /* NULL: none was given */
    const char *group;      /* the node that runs all initializers */
    IoptArena *arena;
    IoptMap slices; /* variable -> IoptBytes * */
    IoptGttRefs refs;
    IoptGttDoomed doomed, tables;
    bool any;
} Sparsifier;

/* --- the weights --------------------------------------------------------------------------- */

static IoptStatus check_axis(const IoptGttMatch *match, IoptError *err)
{
    const IoptTensor *axis;

    if (!iopt_is_op(match->node->node, "GatherV2"))
        return IOPT_OK;
    IOPT_TRY(iopt_gtt_value(match->in[2].node, &axis, err));
    if ((axis->dtype != IOPT_I32 && axis->dtype != IOPT_I64) || iopt_elems(axis) != 1)
        return iopt_fail(err, IOPT_UNSUPPORTED, "Gather axis was not int32 or int64.");
    const int64_t value = iopt_tensor_get_i64(axis, 0);
    if (value != 0)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "Transform only applicable to subgraph with GatherV2 over axis 0. Found "
                         "axis %lld.",
                         (long long)value);
    return IOPT_OK;
}

static IoptStatus read_weights(const Sparsifier *sparsifier, const IoptListNode *node,
                               IoptTensor **out, IoptError *err)
{
    const IoptAttr *const dtype = iopt_attr(node->node, "dtype");
    const IoptTensor *value;

    *out = NULL;
    if (!dtype || dtype->kind != IOPT_ATTR_TYPE)
        return iopt_fail(err, IOPT_NOT_FOUND, "No attr named 'dtype' in NodeDef: '%s'",
                         node->node->name);
    if (dtype->u.type != IOPT_F32)
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "Transform only applicable to subgraph with 'Const','Variable', or "
                         "'VariableV2' of dtype 'DT_FLOAT'. Found '%s' with name '%s' and dtype "
                         "'%d'.",
                         node->node->op, node->node->name, (int)dtype->u.type);
    if (iopt_is_op(node->node, "Const")) {
        IOPT_TRY(iopt_gtt_value(node, &value, err));
        IOPT_TRY(iopt_tensor_clone(value, out, err));
    } else {
        const IoptBytes *const slice = iopt_map_get(&sparsifier->slices, node->node->name);
        IOPT_TRY(iopt_gtt_read_variable(sparsifier->checkpoint, node->node->name,
                                        slice ? *slice : (IoptBytes){ 0 }, out, err));
    }
    const IoptShape *const shape = &(*out)->shape;
    if ((*out)->dtype == IOPT_F32 && shape->rank == 2 && shape->dim[1] == 1)
        return IOPT_OK;
    const IoptStatus status =
        iopt_fail(err, IOPT_UNSUPPORTED,
                  "Transform only applicable to subgraph with 'Const' with tensor of shape [N, "
                  "1]. But instead get shape %s.",
                  iopt_shape_text(shape).s);
    iopt_tensor_destroy(*out);
    *out = NULL;
    return status;
}

static bool is_kept(float value)
{
    return fabs((double)value) >= 1e-5;
}

/* Indices and values of what is not zero; of nothing a single zero. */
static IoptStatus sparsify(const IoptTensor *weights, IoptTensor **indices, IoptTensor **values,
                           IoptError *err)
{
    const float *const w = iopt_f32(weights);
    const size_t n = iopt_elems(weights);
    int64_t count = 0;
    size_t at = 0;

    for (size_t i = 0; i < n; i++)
        count += is_kept(w[i]);
    const int64_t elems = count ? count : 1;
    const IoptShape shape = iopt_shape(1, &elems);
    IOPT_TRY(iopt_tensor_create(IOPT_I64, &shape, indices, err));
    const IoptStatus status = iopt_tensor_create(IOPT_F32, &shape, values, err);
    if (status != IOPT_OK) {
        iopt_tensor_destroy(*indices);
        return status;
    }
    for (size_t i = 0; i < n; i++)
        if (is_kept(w[i])) {
            iopt_tensor_set_i64(*indices, at, (int64_t)i);
            iopt_f32_mut(*values)[at++] = w[i];
        }
    return IOPT_OK;
}

/* --- the new nodes ------------------------------------------------------------------------- */

/* An input that is counted. */
static IoptStatus connect(Sparsifier *sparsifier, const char *from, IoptListNode *to,
                          IoptError *err)
{
    IOPT_TRY(iopt_list_add_input(to, from, err));
    return iopt_gtt_refs_add(&sparsifier->refs, from, 1, NULL, err);
}

static IoptStatus add_types(IoptListNode *node, const char *key, const char *value, IoptError *err)
{
    IOPT_TRY(iopt_node_set_type(node->node, key, IOPT_I64, err));
    return iopt_node_set_type(node->node, value, IOPT_F32, err);
}

static IoptStatus join(IoptArena *arena, const char *name, const char *suffix, const char **out,
                       IoptError *err)
{
    *out = iopt_arena_printf(arena, "%s%s", name, suffix);
    return *out ? IOPT_OK : iopt_fail_memory(err, strlen(name));
}

/* Indices, values, the table and what fills it; *table is the table's name. */
static IoptStatus add_table(Sparsifier *sparsifier, const IoptListNode *weights, IoptNodeList *made,
                            const char **table, IoptError *err)
{
    const char *const name = weights->node->name;
    IoptArena *const arena = made->carrier->arena;
    IoptTensor *dense, *indices, *values;
    const char *indices_name, *values_name, *init;
    IoptListNode *node;

    IOPT_TRY(join(arena, name, "/indices", &indices_name, err));
    IOPT_TRY(join(arena, name, "/values", &values_name, err));
    IOPT_TRY(join(arena, name, "/HashTable", table, err));
    IOPT_TRY(join(arena, name, "/InitializeTable", &init, err));
    IOPT_TRY(read_weights(sparsifier, weights, &dense, err));
    const IoptStatus status = sparsify(dense, &indices, &values, err);
    iopt_tensor_destroy(dense);
    IOPT_TRY(status);
    const IoptStatus added = iopt_gtt_add_const(made, indices_name, indices, &node, err);
    if (added != IOPT_OK) {
        iopt_tensor_destroy(values);
        return added;
    }
    IOPT_TRY(iopt_gtt_add_const(made, values_name, values, &node, err));
    IOPT_TRY(iopt_list_add(made, *table, "HashTable", &node, err));
    IOPT_TRY(add_types(node, "key_dtype", "value_dtype", err));
    IOPT_TRY(iopt_list_add(made, init, "InitializeTable", &node, err));
    IOPT_TRY(add_types(node, "Tkey", "Tval", err));
    IOPT_TRY(connect(sparsifier, *table, node, err));
    IOPT_TRY(connect(sparsifier, indices_name, node, err));
    IOPT_TRY(connect(sparsifier, values_name, node, err));
    return iopt_gtt_doom(&sparsifier->tables, init, err);
}

/* The lookup, its default, and an ExpandDims with the gather's name. */
static IoptStatus add_lookup(Sparsifier *sparsifier, const IoptListNode *gather, const char *table,
                             IoptNodeList *made, IoptError *err)
{
    const char *const name = gather->node->name;
    IoptArena *const arena = made->carrier->arena;
    const char *find, *fallback, *dim;
    IoptTensor *minus_one;
    IoptListNode *node;

    IOPT_TRY(join(arena, name, "/LookupTableFind", &find, err));
    IOPT_TRY(join(arena, name, "/Const", &fallback, err));
    IOPT_TRY(join(arena, name, "/ExpandDims/Const", &dim, err));
    IOPT_TRY(iopt_list_add(made, find, "LookupTableFind", &node, err));
    IOPT_TRY(add_types(node, "Tin", "Tout", err));
    IOPT_TRY(connect(sparsifier, table, node, err));
    IOPT_TRY(connect(sparsifier, gather->inputs[1], node, err));
    IOPT_TRY(connect(sparsifier, fallback, node, err));
    IOPT_TRY(iopt_gtt_add_const_f32(made, fallback, 0.0F, &node, err));
    IOPT_TRY(iopt_tensor_scalar_i32(-1, &minus_one, err));
    IOPT_TRY(iopt_gtt_add_const_field(made, dim, minus_one, &node, err));
    IOPT_TRY(iopt_list_add(made, name, "ExpandDims", &node, err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    IOPT_TRY(connect(sparsifier, find, node, err));
    return connect(sparsifier, dim, node, err);
}

/* Whether somebody else would lose an input.  A variable has readers that initialize and save it,
 * which are to go with it. */
static bool is_shared(const IoptGttSite *site)
{
    const IoptListNode *const identity = site->match->in[0].node;
    const IoptListNode *const weights = site->match->in[0].in[0].node;

    return iopt_gtt_used_outside(site, identity) ||
           (iopt_is_op(weights->node, "Const") && iopt_gtt_used_outside(site, weights));
}

static IoptStatus generate(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const IoptGttMatch *const match = site->match, *const identity = &match->in[0];
    const IoptListNode *const weights = identity->in[0].node;
    Sparsifier *const sparsifier = user;
    IoptListNode *copy;
    const char *table;

    IOPT_TRY(check_axis(match, err));
    if (is_shared(site) && site->context->strict_compat) {
        iopt_gtt_say(site->context, "strict: who else reads the weights of '%s' loses an input",
                     match->node->node->name);
    } else if (is_shared(site)) {
        iopt_gtt_say(site->context, "'%s' stays: others read its weights, too",
                     match->node->node->name);
        return iopt_gtt_add_copies(made, site->nodes, site->n_nodes, err);
    }
    sparsifier->any = true;
    IOPT_TRY(iopt_list_add_copy(made, match->in[1].node, &copy, err));
    IOPT_TRY(add_table(sparsifier, weights, made, &table, err));
    IOPT_TRY(iopt_gtt_doom(&sparsifier->doomed, weights->node->name, err));
    IOPT_TRY(iopt_gtt_doom(&sparsifier->doomed, identity->node->node->name, err));
    for (size_t i = 0; i < identity->node->n_inputs; i++)
        IOPT_TRY(iopt_gtt_refs_add(&sparsifier->refs, identity->node->inputs[i], -1, NULL, err));
    return add_lookup(sparsifier, match->node, table, made, err);
}

/* --- rounds -------------------------------------------------------------------------------- */

static IoptStatus join_group(Sparsifier *sparsifier, IoptNodeList *list, IoptError *err)
{
    IoptListNode *group = NULL;

    for (size_t i = 0; i < list->n_nodes && !group; i++)
        if (strcmp(list->nodes[i]->node->name, sparsifier->group) == 0 &&
            iopt_is_op(list->nodes[i]->node, "NoOp"))
            group = list->nodes[i];
    if (!group)
        IOPT_TRY(iopt_list_add(list, sparsifier->group, "NoOp", &group, err));
    for (size_t i = 0; i < sparsifier->tables.n; i++) {
        const char *const table = sparsifier->tables.at[i];
        IOPT_TRY(iopt_gtt_add_inputf(group, err, "^%s", table));
        IOPT_TRY(iopt_gtt_refs_add(&sparsifier->refs, table, 1, NULL, err));
    }
    sparsifier->tables.n = 0;
    return IOPT_OK;
}

/* Inputs and outputs of the graph are never deleted. */
static void protect(const IoptGttRefs *refs, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct IoptGttRef *const ref = iopt_map_get(&refs->index, names[i]);
        if (ref)
            ref->erased = true;
    }
}

static IoptStatus run_round(Sparsifier *sparsifier, IoptNodeList **graph,
                            const IoptGttPattern *pattern, IoptError *err)
{
    const IoptTransformContext *const context = sparsifier->context;
    const IoptGttRule rule = { pattern, generate, sparsifier, true };
    IoptNodeList *replaced;

    sparsifier->any = false;
    IOPT_TRY(iopt_gtt_replace(*graph, context, &rule, &replaced, err));
    iopt_list_destroy(*graph);
    *graph = replaced;
    IOPT_TRY(join_group(sparsifier, *graph, err));
    protect(&sparsifier->refs, context->outputs, context->n_outputs);
    protect(&sparsifier->refs, context->inputs, context->n_inputs);
    return iopt_gtt_collect(*graph, &sparsifier->refs, &sparsifier->doomed, err);
}

static IoptStatus run_pattern(Sparsifier *sparsifier, IoptNodeList **graph,
                              const IoptGttPattern *pattern, IoptError *err)
{
    IoptStatus status = IOPT_OK;

    sparsifier->refs = (IoptGttRefs){ .arena = sparsifier->arena };
    for (size_t i = 0; i < (*graph)->n_nodes; i++)
        for (size_t k = 0; k < (*graph)->nodes[i]->n_inputs; k++)
            IOPT_DO(
                iopt_gtt_refs_add(&sparsifier->refs, (*graph)->nodes[i]->inputs[k], 1, NULL, err));
    do
        IOPT_DO(run_round(sparsifier, graph, pattern, err));
    while (sparsifier->any);
done:
    iopt_gtt_refs_free(&sparsifier->refs);
    return status;
}

/* --- the transform ------------------------------------------------------------------------- */

static IoptStatus prepare(Sparsifier *sparsifier, IoptNodeList *graph, IoptError *err)
{
    const IoptGttParam *const group = iopt_gtt_param(sparsifier->context, "group_init_node");
    const IoptGttParam *const checkpoint = iopt_gtt_param(sparsifier->context, "input_checkpoint");

    IOPT_TRY(iopt_arena_create(&sparsifier->arena, err));
    sparsifier->group = group ? group->values[0] : "group_deps";
    if (checkpoint)
        IOPT_TRY(iopt_bundle_open(checkpoint->values[0], &sparsifier->checkpoint, err));
    for (size_t i = 0; i < graph->n_nodes; i++)
        iopt_node_remove_attr(graph->nodes[i]->node, "_output_shapes");
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptNode *const node = graph->nodes[i]->node;
        if (!iopt_op_in(node->op, "Variable|VariableV2"))
            continue;
        IoptBytes *const slice = iopt_arena_alloc(sparsifier->arena, 1, sizeof *slice);
        if (!slice)
            return iopt_fail_memory(err, sizeof *slice);
        IOPT_TRY(iopt_gtt_find_slice(graph, node->name, slice, err));
        IOPT_TRY(iopt_map_set(&sparsifier->slices, node->name, slice, err));
    }
    return IOPT_OK;
}

static const IoptGttPattern weights[] = { { .op = "Const|Variable|VariableV2" } };
static const IoptGttPattern inputs[] = { { "Identity", 1, weights },
                                         { .op = "*" },
                                         { .op = "Const" } };
static const IoptGttPattern gather = { "Gather", 2, inputs };
static const IoptGttPattern gather_v2 = { "GatherV2", 3, inputs };

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Sparsifier sparsifier = { .context = context };
    IoptNodeList *graph = NULL;

    *out = NULL;
    IOPT_DO(iopt_list_clone(in, &graph, err));
    IOPT_DO(prepare(&sparsifier, graph, err));
    IOPT_DO(run_pattern(&sparsifier, &graph, &gather, err));
    IOPT_DO(run_pattern(&sparsifier, &graph, &gather_v2, err));
    *out = graph;
    graph = NULL;
done:
    iopt_list_destroy(graph);
    iopt_bundle_close(sparsifier.checkpoint);
    iopt_map_free(&sparsifier.slices);
    free((void *)sparsifier.doomed.at);
    free((void *)sparsifier.tables.at);
    iopt_arena_destroy(sparsifier.arena);
    return status;
}

static const IoptTransformParam params[] = {
    { "input_checkpoint", "PREFIX", "where the values of variables are (\"dir/model.ckpt\")" },
    { "group_init_node", "NAME", "the NoOp that shall fill the tables (group_deps)" },
    { 0 },
};

const IoptTransform iopt_transform_sparsify_gather = {
    .name = "sparsify_gather",
    .brief = "turn lookups in sparse weights into hash tables",
    .params = params,
    .run = run
};
