/* Programs and the chains that they are. */
#include "engine/codes/codes_fuse.h"

#include <stdlib.h>

#include "ops/quantized_slices.h"

/* One range for the whole tensor. */
static bool has_one_range(const IoptNode *node)
{
    return iopt_attr_int(node, "axis", -1) < 0;
}

bool iopt_codes_is_real(const IoptNode *node)
{
    return iopt_is_op(node, "Dequantize") && iopt_codes_type(node->in[0]) == IOPT_QU8 &&
           node->facts[0].dtype == IOPT_F32 && has_one_range(node);
}

bool iopt_codes_is_code(const IoptNode *node)
{
    IoptQuantizeMode mode;

    return iopt_is_op(node, "QuantizeV2") && iopt_codes_to_quint8(node) && has_one_range(node) &&
           iopt_quantize_mode(node, &mode, NULL) == IOPT_OK && mode == IOPT_MIN_FIRST &&
           strcmp(iopt_attr_string(node, "round_mode", "HALF_AWAY_FROM_ZERO"),
                  "HALF_AWAY_FROM_ZERO") == 0;
}

/* Min or Max of all that a float tensor has. */
static bool is_extreme(const IoptNode *node)
{
    size_t elems;

    return iopt_is_f32(node->in[0]) && iopt_shape_elems(&node->facts[0].shape, &elems) &&
           elems == 1;
}

bool iopt_codes_fits(const IoptNode *node)
{
    if (iopt_op_in(node->op, "QuantizedConv2D|QuantizedMatMul"))
        return iopt_codes_product_fits(node);
    if (iopt_op_in(node->op, "QuantizedAdd|QuantizedMul"))
        return iopt_codes_pair_fits(node);
    if (iopt_value_elems(node->in[0]) == 0)
        return false;
    if (iopt_op_in(node->op, "Min|Max"))
        return is_extreme(node);
    if (iopt_is_op(node, "RequantizationRange"))
        return iopt_codes_type(node->in[0]) == IOPT_QI32;
    if (iopt_op_in(node->op, "Requantize|QuantizeDownAndShrinkRange"))
        return iopt_codes_type(node->in[0]) == IOPT_QI32 && iopt_codes_to_quint8(node);
    if (iopt_is_op(node, "QuantizedBiasAdd"))
        return iopt_codes_type(node->in[0]) == IOPT_QU8;
    if (iopt_is_op(node, "QuantizeV2"))
        return iopt_codes_is_code(node);
    return iopt_is_op(node, "Dequantize") ? iopt_codes_is_real(node) : true; /* QuantizedRelu* */
}

/* The map's op; all combinations that growing allows have one. */
static IoptCodeMapOp choose_op(const IoptCodesProgram *c)
{
    const bool wide = c->source == IOPT_CODES_OF_PRODUCT || iopt_codes_type(c->x) == IOPT_QI32;
    const bool adds = iopt_is_op(c->root, "QuantizedAdd");

    if (c->source == IOPT_CODES_OF_PAIR && c->last.node)
        return adds ? IOPT_CODE_SUM_SHRINK : IOPT_CODE_PRODUCT_SHRINK;
    if (c->source == IOPT_CODES_OF_PAIR)
        return adds ? IOPT_CODE_SUM : IOPT_CODE_PRODUCT;
    if (c->first.node)
        return c->bias   ? IOPT_CODE_SHRINK_BIAS
               : c->code ? IOPT_CODE_SHRINK_RECODE
               : c->real ? IOPT_CODE_SHRINK_REAL
                         : IOPT_CODE_SHRINK;
    if (c->bias)
        return c->last.node ? IOPT_CODE_BIAS_SHRINK : IOPT_CODE_BIAS;
    if (c->real)
        return c->code ? IOPT_CODE_RECODE : IOPT_CODE_REAL;
    if (c->code)
        return IOPT_CODE_CODE;
    return wide ? IOPT_CODE_LIMIT_S32 : IOPT_CODE_LIMIT;
}

static void start(IoptCodesProgram *codes, const IoptNode *root)
{
    codes->root = root;
    codes->x = root->in[0];
    if (iopt_op_in(root->op, "QuantizedConv2D|QuantizedMatMul")) {
        codes->source = IOPT_CODES_OF_PRODUCT;
    } else if (iopt_op_in(root->op, "QuantizedAdd|QuantizedMul")) {
        codes->source = IOPT_CODES_OF_PAIR;
        codes->x = iopt_codes_pair_larger(root, &codes->swapped);
    } else {
        codes->source = IOPT_CODES_OF_VALUE;
    }
}

static void finish(IoptCodesFusion *f)
{
    IoptCodesProgram *const c = f->codes;

    if (c->real && !c->code)
        c->end = IOPT_CODES_END_REAL;
    c->maps = c->source == IOPT_CODES_OF_PAIR || c->first.node || c->bias || c->real || c->code ||
              c->limit;
    c->op = choose_op(c);
    for (size_t i = 1; i < c->n_members; i++) /* into the order in which they can run */
        for (size_t k = i; k > 0; k--) {
            const IoptNode *const node = c->member[k];
            if (f->lower->position[c->member[k - 1]->index] < f->lower->position[node->index])
                break;
            c->member[k] = c->member[k - 1];
            c->member[k - 1] = node;
        }
}

/* "QuantizedConv2D+Requantize+QuantizedRelu": without what only finds ranges. */
static const char *names_of(IoptArena *arena, const IoptCodesProgram *codes)
{
    const char *names = iopt_arena_text(arena, codes->root->op);

    for (size_t i = 0; names && i < codes->n_members; i++) {
        const IoptNode *const node = codes->member[i];
        if (node != codes->root && !iopt_op_in(node->op, "RequantizationRange|Min|Max|Reshape"))
            names = iopt_arena_printf(arena, "%s+%s", names, node->op);
    }
    return names;
}

/* The graph's own node: chains may change theirs. */
static IoptNode *own(const IoptCodesFusion *f, const IoptNode *node)
{
    return f->lower->order[f->lower->position[node->index]];
}

static IoptStatus make_chain(IoptCodesFusion *f, IoptError *err)
{
    IoptChain *chain;

    IOPT_TRY(iopt_lower_alloc(f->lower, 1, sizeof *chain, &chain, err));
    finish(f);
    chain->root = own(f, f->codes->root);
    chain->tail = own(f, f->tail);
    chain->codes = f->codes;
    chain->ops = names_of(f->lower->plan->arena, f->codes);
    if (!chain->ops)
        return iopt_fail_memory(err, 0);
    for (size_t i = 0; i < f->codes->n_members; i++)
        f->lower->chain[f->codes->member[i]->index] = chain;
    return IOPT_OK;
}

static IoptStatus fuse_root(IoptLower *lower, const IoptNode *root, IoptError *err)
{
    IoptCodesFusion f = { .lower = lower, .tail = root };

    IOPT_TRY(iopt_lower_alloc(lower, 1, sizeof *f.codes, &f.codes, err));
    start(f.codes, root);
    iopt_codes_take(&f, root);
    IoptStatus status = iopt_codes_grow(&f, err);
    if (status == IOPT_OK)
        status = make_chain(&f, err);
    free(f.scale);
    free(f.shift);
    return status;
}

/* Those that only find ranges come last: most belong to a program that starts elsewhere. */
IoptStatus iopt_codes_fuse(IoptLower *lower, IoptError *err)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < lower->graph->n_nodes; i++) {
            const IoptNode *const node = lower->order[i];
            if (!lower->chain[node->index] && iopt_lowering_of(node)->lowers_codes &&
                (pass > 0 || !iopt_op_in(node->op, "Min|Max")))
                IOPT_TRY(fuse_root(lower, node, err));
        }
    return IOPT_OK;
}
