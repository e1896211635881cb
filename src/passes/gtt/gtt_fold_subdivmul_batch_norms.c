/* fold_subdivmul_batch_norms: a batch norm after a convolution goes into its filter and its bias
 *
 *     (Conv2D(x, w) - mean) / deviation * gamma + beta
 *       ->  Conv2D(x, w * gamma / deviation) + (beta - mean * gamma / deviation)
 *
 *   exactness  rounding
 *   source     the transform of this name in forks of TensorFlow's tool
 */
#include "passes/gtt/gtt_build.h"
#include "passes/gtt/gtt_replace.h"
#include "passes/gtt/gtt_scale.h"
#include "tensor/tensor.h"

enum { WEIGHTS, MEAN, DEVIATION, GAMMA, BETA, CONSTANTS };

typedef struct Site {
    const IoptListNode *bias_add, *conv, *x, *constants[CONSTANTS];
} Site;

static Site read_match(const IoptGttMatch *bias_add)
{
    const IoptGttMatch *const scale = &bias_add->in[0], *const divide = &scale->in[0];
    const IoptGttMatch *const center = &divide->in[0], *const conv = &center->in[0];

    return (Site){
        .bias_add = bias_add->node,
        .conv = conv->node,
        .x = conv->in[0].node,
        .constants = { [WEIGHTS] = conv->in[1].node,
                       [MEAN] = center->in[1].node,
                       [DEVIATION] = divide->in[1].node,
                       [GAMMA] = scale->in[1].node,
                       [BETA] = bias_add->in[1].node },
    };
}

/* The filter's columns, which each of the other constants has a value for. */
static IoptStatus check(const Site *site, IoptTensor *const *values, IoptError *err)
{
    const IoptShape *const filter = &values[WEIGHTS]->shape;

    if (filter->rank != 4 || filter->dim[3] == 0)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "Conv2D '%s': want a filter [h,w,in,out]; "
                         "got %s",
                         site->conv->node->name, iopt_shape_text(filter).s);
    for (size_t i = MEAN; i < CONSTANTS; i++)
        if (values[i]->shape.rank < 1 || values[i]->shape.dim[0] != filter->dim[3] ||
            iopt_elems(values[i]) < (size_t)filter->dim[3])
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "Const '%s': want %lld values; got %s",
                             site->constants[i]->node->name, (long long)filter->dim[3],
                             iopt_shape_text(&values[i]->shape).s);
    return IOPT_OK;
}

/* Changes weights and beta in place. */
static void fold(IoptTensor *const *values)
{
    const size_t columns = (size_t)values[WEIGHTS]->shape.dim[3];
    const float *const mean = iopt_f32(values[MEAN]), *const gamma = iopt_f32(values[GAMMA]);
    const float *const deviation = iopt_f32(values[DEVIATION]);
    float *const weights = iopt_f32_mut(values[WEIGHTS]), *const beta = iopt_f32_mut(values[BETA]);

    for (size_t i = 0; i < iopt_elems(values[WEIGHTS]); i++)
        weights[i] = weights[i] * gamma[i % columns] / deviation[i % columns];
    for (size_t i = 0; i < columns; i++)
        beta[i] = (0 - mean[i]) * gamma[i] / deviation[i] + beta[i];
}

/* Takes values[at]. */
static IoptStatus add_const(const Site *site, IoptTensor **values, size_t at, IoptNodeList *made,
                            IoptError *err)
{
    IoptTensor *const taken = values[at];
    IoptListNode *node;

    values[at] = NULL;
    return iopt_gtt_add_const(made, site->constants[at]->node->name, taken, &node, err);
}

static IoptStatus add_bias_add(const Site *site, IoptNodeList *made, IoptError *err)
{
    IoptListNode *node;

    IOPT_TRY(iopt_list_add(made, site->bias_add->node->name, "BiasAdd", &node, err));
    if (iopt_attr(site->conv->node, "data_format"))
        IOPT_TRY(iopt_gtt_copy_attr(site->conv, "data_format", node, "data_format", err));
    IOPT_TRY(iopt_node_set_type(node->node, "T", IOPT_F32, err));
    IOPT_TRY(iopt_list_add_input(node, site->conv->node->name, err));
    return iopt_list_add_input(node, site->constants[BETA]->node->name, err);
}

static IoptStatus generate(const IoptGttSite *at, void *user, IoptNodeList *made, IoptError *err)
{
    const Site site = read_match(at->match);
    IoptTensor *values[CONSTANTS] = { 0 };
    IoptStatus status = IOPT_OK;
    IoptListNode *copy;

    (void)user;
    for (size_t i = 0; i < CONSTANTS; i++)
        IOPT_DO(iopt_gtt_floats(site.constants[i], &values[i], err));
    IOPT_DO(check(&site, values, err));
    fold(values);
    IOPT_DO(iopt_list_add_copy(made, site.x, &copy, err));
    IOPT_DO(add_const(&site, values, WEIGHTS, made, err));
    IOPT_DO(iopt_list_add_copy(made, site.conv, &copy, err));
    IOPT_DO(add_const(&site, values, BETA, made, err));
    IOPT_DO(add_bias_add(&site, made, err));
done:
    for (size_t i = 0; i < CONSTANTS; i++)
        iopt_tensor_destroy(values[i]);
    return status;
}

static IoptStatus run(const IoptNodeList *in, const IoptTransformContext *context,
                      IoptNodeList **out, IoptError *err)
{
    static const IoptGttPattern any = { .op = "*" }, constant = { .op = "Const" };
    const IoptGttPattern conv[] = { any, constant };
    const IoptGttPattern center[] = { { "Conv2D", 2, conv }, constant };
    const IoptGttPattern divide[] = { { "Sub", 2, center }, constant };
    const IoptGttPattern scale[] = { { "RealDiv", 2, divide }, constant };
    const IoptGttPattern bias_add[] = { { "Mul", 2, scale }, constant };
    const IoptGttPattern pattern = { "BiasAdd", 2, bias_add };
    const IoptGttRule rule = { .pattern = &pattern, .generate = generate };

    return iopt_gtt_replace(in, context, &rule, out, err);
}

const IoptTransform iopt_transform_fold_subdivmul_batch_norms = {
    .name = "fold_subdivmul_batch_norms",
    .brief = "bake a batch norm of Sub, RealDiv, Mul and BiasAdd into the convolution before it",
    .historic = true,
    .run = run
};
