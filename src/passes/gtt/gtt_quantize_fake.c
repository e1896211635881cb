/* quantize_nodes: FakeQuantWithMinMaxVars, which a training left where ranges are known. */
#include "passes/gtt/gtt_copies.h"
#include "passes/gtt/gtt_quantize.h"
#include "passes/gtt/gtt_replace.h"

enum { MAX_DEPTH = 3 }; /* of the chain that a FakeQuant is moved over */

static IoptStatus add_copy(IoptNodeList *made, const IoptListNode *node, IoptError *err)
{
    IoptListNode *copy;
    return iopt_list_add_copy(made, node, &copy, err);
}

/* --- hoisting --------------------------------------------------------------------------------- */

/* The FakeQuant, now in front of the chain's last node, and its range. */
static IoptStatus add_hoisted(const IoptGttMatch *fake, const char *name, const char *input,
                              IoptNodeList *made, IoptError *err)
{
    IoptListNode *copy;

    IOPT_TRY(iopt_list_add_copy(made, fake->node, &copy, err));
    IOPT_TRY(iopt_list_set_name(copy, name, err));
    IOPT_TRY(iopt_list_set_input(copy, 0, input, err));
    IOPT_TRY(add_copy(made, fake->in[1].node, err));
    return add_copy(made, fake->in[2].node, err);
}

typedef struct Hoist {
    const IoptGttQuantize *settings;
    size_t depth;
} Hoist;

/* The chain's first node takes over the FakeQuant's name. */
static IoptStatus hoist(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    const Hoist *const how = user;
    const size_t *const depth = &how->depth;
    const IoptListNode *chain[MAX_DEPTH + 1];
    const IoptGttMatch *at = site->match;
    const char *const name = at->node->node->name;
    const char *const hoisted = iopt_arena_printf(made->carrier->arena, "%s_hoisted", name);
    IoptListNode *copy;

    for (size_t i = 0; i <= *depth; i++) {
        at = &at->in[0];
        chain[i] = at->node;
    }
    if (how->settings->extended && (iopt_map_get(how->settings->stays, name) ||
                                    iopt_gtt_is_port(site->context, chain[0]->node->name, true)))
        return iopt_gtt_add_copies(made, site->nodes, site->n_nodes, err);
    if (!hoisted)
        return iopt_fail_memory(err, strlen(name));
    IOPT_TRY(add_hoisted(site->match, hoisted, chain[*depth - 1]->inputs[0], made, err));
    for (size_t i = 0; i <= *depth; i++) {
        IOPT_TRY(iopt_list_add_copy(made, chain[i], &copy, err));
        if (i == *depth - 1)
            IOPT_TRY(iopt_list_set_input(copy, 0, hoisted, err));
        if (i == 0)
            IOPT_TRY(iopt_list_set_name(copy, name, err));
    }
    return IOPT_OK;
}

static IoptStatus hoist_over(const IoptNodeList *in, const IoptGttQuantize *settings, size_t depth,
                             IoptNodeList **out, IoptError *err)
{
    IoptGttPattern levels[MAX_DEPTH + 1] = { { .op = "*" } };

    /* TensorFlow's tool moves it over anything. */
    const char *const ops = settings->extended ? "Relu|Relu6|MaxPool|Identity" : "*";

    for (size_t i = 1; i <= depth; i++)
        levels[i] = (IoptGttPattern){ ops, 1, &levels[i - 1] };
    const IoptGttPattern inputs[] = { levels[depth], { .op = "Const" }, { .op = "Const" } };
    const IoptGttPattern pattern = { "FakeQuantWithMinMaxVars", 3, inputs };
    Hoist how = { settings, depth };
    const IoptGttRule rule = { .pattern = &pattern, .generate = hoist, .user = &how };
    return iopt_gtt_replace(in, settings->context, &rule, out, err);
}

IoptStatus iopt_gtt_hoist_fake_quants(const IoptNodeList *in, const IoptGttQuantize *settings,
                                      IoptNodeList **out, IoptError *err)
{
    IoptNodeList *from, *to;

    *out = NULL;
    IOPT_TRY(iopt_list_clone(in, &from, err));
    for (size_t depth = MAX_DEPTH; depth > 0; depth--) {
        const IoptStatus status = hoist_over(from, settings, depth, &to, err);
        iopt_list_destroy(from);
        IOPT_TRY(status);
        from = to;
    }
    *out = from;
    return IOPT_OK;
}

/* --- converting ------------------------------------------------------------------------------- */

static IoptStatus convert(const IoptGttSite *site, void *user, IoptNodeList *made, IoptError *err)
{
    IoptArena *const arena = made->carrier->arena;
    const IoptListNode *const fake = site->match->node;
    const char *const name = fake->node->name;
    const char *const min = site->match->in[1].node->node->name;
    const char *const max = site->match->in[2].node->node->name;
    const char *const quantize = iopt_arena_printf(arena, "%s_eightbit/quantize", name);
    const char *const requantize = iopt_arena_printf(arena, "%s_eightbit/requantize", name);
    const IoptGttQuantize *const *const settings = user;

    if (iopt_map_get((*settings)->stays, name))
        return iopt_gtt_add_copies(made, site->nodes, site->n_nodes, err);
    for (size_t i = 0; i < 3; i++)
        IOPT_TRY(add_copy(made, site->match->in[i].node, err));
    IOPT_TRY(iopt_gtt_add_quantize(made, quantize, IOPT_QI32, fake->inputs[0], min, max, err));
    IOPT_TRY(iopt_gtt_add_requantize(made, requantize, quantize, min, max, err));
    return iopt_gtt_add_dequantize_of(made, name, requantize, err);
}

IoptStatus iopt_gtt_convert_fake_quants(const IoptNodeList *in, const IoptGttQuantize *settings,
                                        IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern inputs[] = { { .op = "*" }, { .op = "Const" }, { .op = "Const" } };
    static const IoptGttPattern pattern = { "FakeQuantWithMinMaxVars", 3, inputs };
    const IoptGttRule rule = { .pattern = &pattern, .generate = convert, .user = &settings };
    return iopt_gtt_replace(in, settings->context, &rule, out, err);
}
