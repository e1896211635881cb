/* What training leaves in a graph: kinds of nodes, as a table. */
#include <ctype.h>

#include "measure/summary.h"

/* A node is of a kind if its op is listed, or if op and name have these parts; the first kind that
 * fits counts. */
typedef struct Kind {
    const char *kind;
    const char *ops;                 /* "A|B", or NULL */
    const char *op_part, *name_part; /* in the op, in the name (lower case); NULL: not asked */
    const char *flag;                /* a bool attribute that must be true; NULL: not asked */
} Kind;

static const Kind kinds[] = {
    { "gradients", NULL, NULL, "gradients/", NULL },
    { "gradients", NULL, "Grad", NULL, NULL },
    { "optimizers", NULL, "Apply", NULL, NULL },
    { "dropout", "Dropout", NULL, NULL, NULL },
    { "dropout", "RandomUniform|Floor|GreaterEqual|StatelessRandomUniformV2", NULL, "dropout",
      NULL },
    { "batch norms in training mode", "FusedBatchNorm|FusedBatchNormV2|FusedBatchNormV3", NULL,
      NULL, "is_training" },
    { "queues and readers", NULL, "Queue", NULL, NULL },
    { "queues and readers", NULL, "Reader", NULL, NULL },
    { "queues and readers", NULL, "Iterator", NULL, NULL },
    { "queues and readers", NULL, "Dataset", NULL, NULL },
    { "save and restore",
      "SaveV2|RestoreV2|Save|SaveSlices|Restore|RestoreSlice|ShardedFilename|"
      "MergeV2Checkpoints",
      NULL, NULL, NULL },
    { "summaries", NULL, "Summary", NULL, NULL },
    { "checks", "Assert|CheckNumerics|CheckNumericsV2", NULL, NULL, NULL },
    { "prints", "Print|PrintV2", NULL, NULL, NULL },
    { "variables",
      "Variable|VariableV2|VarHandleOp|ReadVariableOp|IsVariableInitialized|"
      "VarIsInitializedOp|AutoReloadVariable|TemporaryVariable",
      NULL, NULL, NULL },
    { "variables", NULL, "Assign", NULL, NULL },
    { "initializers",
      "RandomUniform|RandomStandardNormal|TruncatedNormal|RandomUniformInt|"
      "ParameterizedTruncatedNormal",
      NULL, NULL, NULL },
    { "training switches", "Switch|RefSwitch|Merge|RefMerge", NULL, NULL, NULL },
    { "stopped gradients", "StopGradient|PreventGradient", NULL, NULL, NULL },
};

/* Whether `text` has `part`, which is in lower case, in any case. */
static bool has_part(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == part[i])
            i++;
        if (!part[i])
            return true;
    }
    return false;
}

static bool fits(const Kind *kind, const IoptNode *node)
{
    return (!kind->ops || iopt_op_in(node->op, kind->ops)) &&
           (!kind->op_part || strstr(node->op, kind->op_part)) &&
           (!kind->name_part || has_part(node->name, kind->name_part)) &&
           (!kind->flag || iopt_attr_bool(node, kind->flag, true));
}

/* A flag that tells training from inference: is_training, phase_train, keras_learning_phase. */
static bool is_training_flag(const IoptNode *node)
{
    return iopt_op_in(node->op, "Placeholder|PlaceholderWithDefault") &&
           iopt_attr_type(node, "dtype", IOPT_DTYPE_NONE) == IOPT_BOOL;
}

static const char *kind_of(const IoptNode *node)
{
    if (is_training_flag(node))
        return "training flags";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (fits(&kinds[i], node))
            return kinds[i].kind;
    return NULL;
}

void iopt_find_leftovers(const IoptGraph *graph, IoptSummary *out)
{
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const char *const kind = kind_of(graph->nodes[i]);
        size_t at = 0;
        if (graph->nodes[i]->removed || !kind)
            continue;
        while (at < out->n_leftovers && strcmp(out->leftovers[at].kind, kind) != 0)
            at++;
        if (at == out->n_leftovers && at < IOPT_MAX_LEFTOVERS)
            out->leftovers[out->n_leftovers++] =
                (IoptLeftover){ .kind = kind, .first = graph->nodes[i]->name };
        if (at < out->n_leftovers)
            out->leftovers[at].count++;
    }
}
