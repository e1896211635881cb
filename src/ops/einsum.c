/* Einsum: sums of products of one or two tensors, by the letters of attribute equation.
 *
 *   "ij,jk->ik"    one letter per dimension; a letter that the result lacks is summed over
 *   "...ij->...ji" dots stand for any further dimensions, which broadcast
 *   "ii->i"        a repeated letter walks along the diagonal
 *
 *   in      one or two tensors of one type
 *   out     y, by the letters behind the arrow
 *   exact   sums in double, rounded once; integers wrap
 *   source  TensorFlow op "Einsum"
 */
#include <ctype.h>

#include "ops/elementwise.h"

/* Labels: a-z, A-Z, then the dimensions under the dots, counted from the right. */
enum {
    LETTERS = 52,
    LABELS = LETTERS + IOPT_MAX_RANK,
    MAX_SLOTS = 2 * IOPT_MAX_RANK, /* labels that one equation can use */
    ABSENT = -2
};

typedef struct Term {
    int labels[IOPT_MAX_RANK], rank;
} Term;

typedef struct Equation {
    Term in[2], out;
    int64_t size[LABELS]; /* -1: not known; ABSENT: not used */
    bool out_rank_known;
} Equation;

static IoptStatus bad_equation(const IoptNode *node, const char *why, IoptError *err)
{
    return iopt_fail(err, IOPT_BAD_MODEL, "Einsum '%s': equation '%s': %s", node->name,
                     iopt_attr_string(node, "equation", ""), why);
}

static int label_of(char letter)
{
    return islower((unsigned char)letter) ? letter - 'a' : letter - 'A' + LETTERS / 2;
}

/* Reads one term up to ',', '-' or the end; the dots stand for `dots` dimensions. */
static IoptStatus read_term(const IoptNode *node, const char **at, int dots, Term *term,
                            IoptError *err)
{
    bool has_dots = false;

    term->rank = 0;
    for (; **at && **at != ',' && **at != '-'; ++*at) {
        const bool is_dots = strncmp(*at, "...", 3) == 0;
        if (**at == ' ')
            continue;
        if (is_dots ? has_dots : !isalpha((unsigned char)**at))
            return bad_equation(node, "want letters, and dots once", err);
        if (term->rank + (is_dots ? dots : 1) > IOPT_MAX_RANK)
            return bad_equation(node, "too many dimensions", err);
        if (!is_dots) {
            term->labels[term->rank++] = label_of(**at);
            continue;
        }
        for (int i = 0; i < dots; i++)
            term->labels[term->rank++] = LABELS - dots + i;
        has_dots = true;
        *at += 2;
    }
    return IOPT_OK;
}

/* How many letters a term has, and whether it has dots. */
static int count_letters(const char *at, bool *dots)
{
    int letters = 0;

    *dots = false;
    for (; *at && *at != ',' && *at != '-'; at++) {
        letters += isalpha((unsigned char)*at) != 0;
        *dots = *dots || *at == '.';
    }
    return letters;
}

/* One input's dimension under a label: the same everywhere, or broadcast under the dots. */
static bool merge_size(Equation *eq, int label, int64_t dim)
{
    int64_t *const size = &eq->size[label];

    if (*size == ABSENT || (*size < 0 && (dim > 1 || label < LETTERS)))
        *size = dim;
    else if (label >= LETTERS && *size == 1)
        *size = dim;
    else if (label >= LETTERS && dim == 1)
        return true;
    else
        return iopt_dims_agree(*size, dim);
    return true;
}

static IoptStatus read_input(const IoptNode *node, const IoptFact *in, size_t i, const char **at,
                             int *most_dots, Equation *eq, IoptError *err)
{
    const IoptShape *const shape = &in[i].shape;
    bool has_dots;
    const int letters = count_letters(*at, &has_dots);
    const int dots = has_dots && shape->rank >= 0 ? shape->rank - letters : 0;

    if (shape->rank >= 0 && (dots < 0 || (!has_dots && shape->rank != letters)))
        return iopt_bad_inputs(node, in, err, "inputs of the ranks that '%s' says",
                               iopt_attr_string(node, "equation", ""));
    if (has_dots && shape->rank < 0)
        eq->out_rank_known = false;
    IOPT_TRY(read_term(node, at, dots, &eq->in[i], err));
    *most_dots = dots > *most_dots ? dots : *most_dots;
    for (int k = 0; k < eq->in[i].rank; k++)
        if (!merge_size(eq, eq->in[i].labels[k], shape->rank < 0 ? -1 : shape->dim[k]))
            return iopt_bad_inputs(node, in, err, "dimensions that agree with '%s'",
                                   iopt_attr_string(node, "equation", ""));
    return IOPT_OK;
}

static IoptStatus read_equation(const IoptNode *node, const IoptFact *in, Equation *eq,
                                IoptError *err)
{
    const char *at = iopt_attr_string(node, "equation", "");
    int dots = 0;

    eq->out_rank_known = true;
    for (int i = 0; i < LABELS; i++)
        eq->size[i] = ABSENT;
    for (size_t i = 0; i < node->n_in; i++) {
        if (i > 0 && *at++ != ',')
            return bad_equation(node, "fewer terms than inputs", err);
        IOPT_TRY(read_input(node, in, i, &at, &dots, eq, err));
    }
    if (strncmp(at, "->", 2) != 0)
        return bad_equation(node, "want as many terms as inputs, then '->'", err);
    at += 2;
    IOPT_TRY(read_term(node, &at, dots, &eq->out, err));
    if (*at)
        return bad_equation(node, "want one term behind '->'", err);
    for (int k = 0; k < eq->out.rank; k++)
        if (eq->size[eq->out.labels[k]] == ABSENT)
            return bad_equation(node, "a letter of the result is in no input", err);
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    Equation eq;

    if (node->n_in < 1 || node->n_in > 2)
        return iopt_bad_inputs(node, in, err, "one or two inputs");
    out[0].dtype = in[0].dtype;
    if (node->n_in == 2 && in[0].dtype && in[1].dtype && in[0].dtype != in[1].dtype)
        return iopt_bad_inputs(node, in, err, "inputs of one type");
    IOPT_TRY(read_equation(node, in, &eq, err));
    if (!eq.out_rank_known)
        return IOPT_OK;
    out[0].shape = iopt_shape_scalar();
    for (int k = 0; k < eq.out.rank; k++)
        iopt_shape_push(&out[0].shape, eq.size[eq.out.labels[k]]);
    return IOPT_OK;
}

/* A walk over some of the labels, with the offset of each of the three tensors. */
typedef struct Walk {
    int slots;
    int64_t size[MAX_SLOTS], at[MAX_SLOTS];
    int64_t stride[MAX_SLOTS][3], offset[3];
    size_t count;
} Walk;

/* How far one step along a label moves in a tensor. */
static int64_t stride_of(const Term *term, const IoptTensor *tensor, int label)
{
    int64_t strides[IOPT_MAX_RANK], sum = 0;

    iopt_shape_strides(&tensor->shape, strides);
    for (int k = 0; k < term->rank; k++)
        if (term->labels[k] == label && tensor->shape.dim[k] != 1)
            sum += strides[k];
    return sum;
}

static bool is_in(const Term *term, int label)
{
    for (int k = 0; k < term->rank; k++)
        if (term->labels[k] == label)
            return true;
    return false;
}

/* The labels of the result, or those that are summed over. */
static void make_walk(const Equation *eq, const IoptTensor *const *tensors, size_t n_in,
                      bool of_result, Walk *walk)
{
    const Term *const terms[3] = { &eq->in[0], &eq->in[1], &eq->out };

    *walk = (Walk){ .count = 1 };
    for (int label = 0; label < LABELS; label++) {
        if (eq->size[label] == ABSENT || is_in(&eq->out, label) != of_result)
            continue;
        const int slot = walk->slots++;
        walk->size[slot] = eq->size[label];
        walk->count *= (size_t)eq->size[label];
        for (int k = 0; k < 3; k++)
            if (k != 1 || n_in == 2)
                walk->stride[slot][k] = stride_of(terms[k], tensors[k], label);
    }
}

static void next(Walk *walk)
{
    for (int i = walk->slots - 1; i >= 0; i--) {
        const bool wraps = ++walk->at[i] == walk->size[i];
        for (int k = 0; k < 3; k++)
            walk->offset[k] += walk->stride[i][k] * (wraps ? 1 - walk->size[i] : 1);
        if (!wraps)
            return;
        walk->at[i] = 0;
    }
}

/* One element of the result, the sum over the inner walk. */
static void one_sum(const IoptTensor *const *tensors, size_t n_in, const Walk *outer, Walk *inner,
                    IoptTensor *out)
{
    const bool is_float = iopt_dtype_is_float(out->dtype);
    uint64_t integer_sum = 0;
    double sum = 0;

    for (size_t i = 0; i < inner->count; i++, next(inner)) {
        const size_t a = (size_t)(outer->offset[0] + inner->offset[0]);
        const size_t b = (size_t)(outer->offset[1] + inner->offset[1]);
        if (is_float)
            sum += iopt_tensor_get_f64(tensors[0], a) *
                   (n_in == 2 ? iopt_tensor_get_f64(tensors[1], b) : 1);
        else
            integer_sum += (uint64_t)iopt_tensor_get_i64(tensors[0], a) *
                           (uint64_t)(n_in == 2 ? iopt_tensor_get_i64(tensors[1], b) : 1);
    }
    if (is_float)
        iopt_tensor_set_f64(out, (size_t)outer->offset[2], sum);
    else
        iopt_tensor_set_i64(out, (size_t)outer->offset[2], (int64_t)integer_sum);
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const IoptTensor *const tensors[3] = { in[0], in[node->n_in - 1], out[0] };
    IoptFact facts[2];
    Walk outer, inner;
    Equation eq;

    for (size_t i = 0; i < node->n_in; i++)
        facts[i] = iopt_fact_of(in[i]);
    IOPT_TRY(read_equation(node, facts, &eq, err));
    make_walk(&eq, tensors, node->n_in, true, &outer);
    make_walk(&eq, tensors, node->n_in, false, &inner);
    for (size_t i = 0; i < outer.count; i++, next(&outer))
        one_sum(tensors, node->n_in, &outer, &inner, out[0]);
    return IOPT_OK;
}

static double macs(const IoptNode *node, const IoptFact *in, const IoptFact *out)
{
    Equation eq;
    double count = 1;

    (void)out;
    if (node->n_in != 2 || read_equation(node, in, &eq, NULL) != IOPT_OK)
        return 0;
    for (int label = 0; label < LABELS; label++)
        if (eq.size[label] >= 0)
            count *= (double)eq.size[label];
    return count;
}

const IoptOp iopt_op_einsum = { .name = "Einsum",
                                .n_in = IOPT_VARIADIC,
                                .n_out = 1,
                                .dtypes = IOPT_FLOAT_TYPES " int32 int64",
                                .flags = IOPT_OP_HALF,
                                .brief = "sums of products by the letters of an equation",
                                .infer = infer,
                                .eval = eval,
                                .macs = macs };
