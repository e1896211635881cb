/* insert_logging: a Print behind every node that is read, or behind those of some ops and names.
 *
 *   quirk  with --strict-compat the Print's list of types has all outputs of the node, whichever
 *          are read, and the graph cannot be used unless all are
 */
#include <stdlib.h>

#include "base/text.h"
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_names.h"
#include "passes/gtt/gtt_op_def.h"
#include "passes/gtt/gtt_params.h"
#include "passes/gtt/gtt_rename.h"

typedef struct Logging {
    const IoptTransformContext *context;
    const char *message;
    bool show_name, show_op;
    int32_t first_n, summarize;
    IoptArena *arena;
    IoptMap ports; /* node name -> Port, ascending */
    IoptGttRenames renames;
    const char **prints; /* names of the nodes made here */
    size_t n_prints, capacity;
    IoptNodeList *out;
} Logging;

/* An output that somebody reads; chained by number. */
typedef struct Port {
    int64_t number;
    struct Port *next;
} Port;

static IoptStatus read_params(Logging *logging, IoptError *err)
{
    const IoptTransformContext *const context = logging->context;

    IOPT_TRY(iopt_gtt_param_text(context, "message", "", &logging->message, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "show_name", false, &logging->show_name, err));
    IOPT_TRY(iopt_gtt_param_bool(context, "show_op", false, &logging->show_op, err));
    IOPT_TRY(iopt_gtt_param_int32(context, "first_n", -1, &logging->first_n, err));
    return iopt_gtt_param_int32(context, "summarize", 1024, &logging->summarize, err);
}

/* --- which outputs are read ---------------------------------------------------------------- */

static IoptStatus insert_port(Logging *logging, const char *node, int64_t number, IoptError *err)
{
    Port *first = iopt_map_get(&logging->ports, node);
    Port **at = &first;

    while (*at && (*at)->number < number)
        at = &(*at)->next;
    if (*at && (*at)->number == number)
        return IOPT_OK;
    Port *const port = iopt_arena_alloc(logging->arena, 1, sizeof *port);
    if (!port)
        return iopt_fail_memory(err, sizeof *port);
    *port = (Port){ number, *at };
    *at = port;
    return iopt_map_set(&logging->ports, node, first, err);
}

static IoptStatus add_port(Logging *logging, const char *input, IoptError *err)
{
    const IoptGttName name = iopt_gtt_split(input);
    int64_t number = 0;

    const char *const node = iopt_gtt_node_name(logging->arena, input);
    const char *const digits =
        name.suffix.size
            ? iopt_arena_copy(logging->arena, name.suffix.data + 1, name.suffix.size - 1)
            : "0";
    if (!node || !digits)
        return iopt_fail_memory(err, strlen(input));
    if (!iopt_gtt_read_int64(digits, INT32_MIN, INT32_MAX, &number))
        return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Couldn't understand output number in %s",
                         input);
    return insert_port(logging, node, number, err);
}

static IoptStatus find_ports(Logging *logging, const IoptNodeList *in, IoptError *err)
{
    for (size_t i = 0; i < in->n_nodes; i++)
        for (size_t k = 0; k < in->nodes[i]->n_inputs; k++)
            IOPT_TRY(add_port(logging, in->nodes[i]->inputs[k], err));
    return IOPT_OK;
}

/* --- the Print ----------------------------------------------------------------------------- */

static bool is_chosen(const Logging *logging, const IoptNode *node)
{
    const IoptGttParam *const ops = iopt_gtt_param(logging->context, "op");
    const IoptGttParam *const prefixes = iopt_gtt_param(logging->context, "prefix");
    bool has_prefix = prefixes == NULL;

    if (ops && !iopt_gtt_contains(ops->values, ops->n_values, node->op))
        return false;
    for (size_t i = 0; prefixes && i < prefixes->n_values; i++)
        has_prefix = has_prefix || iopt_has_prefix(node->name, prefixes->values[i]);
    return has_prefix;
}

static IoptStatus set_attrs(const Logging *logging, const IoptListNode *node, IoptListNode *print,
                            const IoptOpTypes *types, IoptError *err)
{
    const bool op = logging->show_op, name = logging->show_name;
    const char *const message = iopt_arena_printf(
        logging->arena, "%s%s%s%s%s%s%s", op ? ";" : "", op ? node->node->op : "", op ? ";" : "",
        name ? ";" : "", name ? print->node->name : "", name ? ";" : "", logging->message);

    if (!message)
        return iopt_fail_memory(err, strlen(logging->message));
    IOPT_TRY(iopt_node_set_string(print->node, "message", message, err));
    IOPT_TRY(iopt_node_set_int(print->node, "first_n", logging->first_n, err));
    IOPT_TRY(iopt_node_set_int(print->node, "summarize", logging->summarize, err));
    return iopt_node_set_type(print->node, "T", types->out[0], err);
}

/* U: the types of what is printed.  TensorFlow's tool lists all outputs, used or not. */
static IoptStatus set_types(const Logging *logging, const Port *ports, IoptListNode *print,
                            const IoptOpTypes *types, IoptError *err)
{
    IoptAttr all = {
        .name = "U", .kind = IOPT_ATTR_TYPES, .count = types->n_out, .u.types = types->out
    };
    size_t n = 0;

    for (const Port *port = ports; port; port = port->next)
        n++;
    if (logging->context->strict_compat) {
        if (n != types->n_out)
            iopt_gtt_say(logging->context, "strict: '%s' says %zu types for %zu values",
                         print->node->name, types->n_out, n);
        return iopt_node_set_attr(print->node, &all, err);
    }
    IoptDType *const used = iopt_arena_alloc(logging->arena, n, sizeof *used);
    if (!used)
        return iopt_fail_memory(err, n * sizeof *used);
    n = 0;
    for (const Port *port = ports; port; port = port->next) {
        if (port->number < 0 || (uint64_t)port->number >= types->n_out)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "'%.*s' has no output %lld",
                             (int)strcspn(print->inputs[0], ":"), print->inputs[0],
                             (long long)port->number);
        used[n++] = types->out[port->number];
    }
    all.u.types = used;
    all.count = n;
    return iopt_node_set_attr(print->node, &all, err);
}

static IoptStatus remember_print(Logging *logging, const char *name, const char *print,
                                 IoptError *err)
{
    void *prints = (void *)logging->prints;
    const char *const from = iopt_arena_printf(logging->arena, "%s:0", name);
    const char *const to = iopt_arena_printf(logging->arena, "%s:0", print);

    if (!from || !to)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_grow(&prints, &logging->capacity, logging->n_prints + 1, sizeof(char *), err));
    logging->prints = prints;
    logging->prints[logging->n_prints++] = print;
    return iopt_gtt_renames_set(&logging->renames, from, to, err);
}

static IoptStatus add_print(Logging *logging, const IoptListNode *node, const Port *ports,
                            const IoptOpTypes *types, IoptError *err)
{
    const char *const name = node->node->name;
    const char *const print_name = iopt_arena_printf(logging->arena, "%s__print__", name);
    IoptListNode *print;

    if (!print_name)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(iopt_list_add(logging->out, print_name, "Print", &print, err));
    IOPT_TRY(iopt_gtt_add_inputf(print, err, "%s:0", name));
    for (const Port *port = ports; port; port = port->next)
        IOPT_TRY(iopt_gtt_add_inputf(print, err, "%s:%lld", name, (long long)port->number));
    IOPT_TRY(set_attrs(logging, node, print, types, err));
    IOPT_TRY(set_types(logging, ports, print, types, err));
    return remember_print(logging, name, print_name, err);
}

static IoptStatus log_node(Logging *logging, const IoptListNode *node, const Port *ports,
                           IoptError *err)
{
    const IoptOpDef *def;
    IoptOpTypes types;

    IOPT_TRY(iopt_op_def_get(node->node->op, &def, err));
    IOPT_TRY(iopt_op_def_types(def, node, &types, err));
    /* a node without outputs has nothing to print, whoever waits for it */
    const IoptStatus status = types.n_out ? add_print(logging, node, ports, &types, err) : IOPT_OK;
    iopt_op_types_free(&types);
    return status;
}

static IoptStatus add_all(Logging *logging, const IoptNodeList *in, IoptError *err)
{
    IoptListNode *copy;

    for (size_t i = 0; i < in->n_nodes; i++) {
        const IoptListNode *const node = in->nodes[i];
        const Port *const ports = iopt_map_get(&logging->ports, node->node->name);
        IOPT_TRY(iopt_list_add_copy(logging->out, node, &copy, err));
        if (ports && is_chosen(logging, node->node))
            IOPT_TRY(log_node(logging, node, ports, err));
    }
    return IOPT_OK;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    Logging logging = { .context = context };

    *out = NULL;
    IOPT_DO(read_params(&logging, err));
    IOPT_DO(iopt_arena_create(&logging.arena, err));
    IOPT_DO(find_ports(&logging, in, err));
    IOPT_DO(iopt_list_create(in, &logging.out, err));
    IOPT_DO(add_all(&logging, in, err));
    IOPT_DO(iopt_gtt_rename_inputs(logging.out, &logging.renames, logging.prints, logging.n_prints,
                                   out, err));
done:
    iopt_list_destroy(logging.out);
    iopt_gtt_renames_free(&logging.renames);
    iopt_map_free(&logging.ports);
    free((void *)logging.prints);
    iopt_arena_destroy(logging.arena);
    return status;
}

static const IoptTransformParam params[] = {
    { "op", "OP", "log nodes of this op only (may be repeated)" },
    { "prefix", "TEXT", "log nodes whose names begin with it only (may be repeated)" },
    { "message", "TEXT", "what each line begins with" },
    { "show_name", "true|false", "print the node's name, too (false)" },
    { "show_op", "true|false", "print the node's op, too (false)" },
    { "first_n", "N", "stop after so many lines (-1: never)" },
    { "summarize", "N", "elements to print of each tensor (1024)" },
    { 0 },
};

const IoptTransform iopt_transform_insert_logging = { .name = "insert_logging",
                                                      .brief = "print the values that nodes give",
                                                      .params = params,
                                                      .run = run };
