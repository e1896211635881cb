/* Bias, batch norm and activation behind a product, as TensorFlow's graph optimizer fuses them. */
#include "ops/fused_steps.h"

#include <stdlib.h>

#include "ops/activation.h"
#include "ops/batch_norm.h"

typedef struct Steps {
    bool bias, batch_norm, leaky;
    IoptActivation activation; /* NULL: none */
    double alpha, epsilon;
} Steps;

static bool is_named(IoptBytes text, const char *name)
{
    return text.size == strlen(name) && memcmp(text.data, name, text.size) == 0;
}

static IoptStatus read_step(const IoptNode *node, IoptBytes step, bool first, Steps *steps,
                            IoptError *err)
{
    char name[32] = "";

    if (step.size < sizeof name && step.size > 0)
        memcpy(name, step.data, step.size);
    if (first && is_named(step, "BiasAdd"))
        steps->bias = true;
    else if (first && is_named(step, "FusedBatchNorm"))
        steps->batch_norm = true;
    else if (!first && is_named(step, "LeakyRelu"))
        steps->leaky = true;
    else if (!first && iopt_activation_find(name))
        steps->activation = iopt_activation_find(name);
    else
        return iopt_fail(err, IOPT_UNSUPPORTED,
                         "%s '%s': cannot fuse '%.*s' in this place of fused_ops", node->op,
                         node->name, (int)(step.size < 64 ? step.size : 64), step.data);
    return IOPT_OK;
}

static IoptStatus read_steps(const IoptNode *node, Steps *steps, IoptError *err)
{
    const IoptAttr *const list = iopt_attr(node, "fused_ops");

    *steps = (Steps){ .alpha = (double)iopt_attr_float(node, "leakyrelu_alpha", 0.2f),
                      .epsilon = (double)iopt_attr_float(node, "epsilon", 0.0001f) };
    if (!list || list->kind != IOPT_ATTR_STRINGS || list->count < 1 || list->count > 2)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want one or two fused_ops", node->op,
                         node->name);
    for (size_t i = 0; i < list->count; i++)
        IOPT_TRY(read_step(node, list->u.strings[i], i == 0, steps, err));
    return IOPT_OK;
}

IoptStatus iopt_fused_infer(const IoptNode *node, const IoptFact *in, int64_t channels,
                            IoptError *err)
{
    Steps steps;

    IOPT_TRY(read_steps(node, &steps, err));
    const size_t wanted = steps.bias ? 3 : 6;
    if (node->n_in != wanted)
        return iopt_bad_inputs(node, in, err, "%zu inputs", wanted);
    for (size_t i = 2; i < wanted; i++)
        if ((in[i].shape.rank >= 0 && in[i].shape.rank != 1) ||
            (in[i].shape.rank == 1 && !iopt_dims_agree(in[i].shape.dim[0], channels)) ||
            (in[i].dtype && !iopt_dtype_is_float(in[i].dtype)))
            return iopt_bad_inputs(node, in, err, "float vectors of %lld values behind the filter",
                                   (long long)channels);
    return IOPT_OK;
}

/* Both a bias and a batch norm are one multiply-add per channel. */
static IoptNormalizer normalizer_of(const Steps *steps, const IoptTensor *const *in, size_t c)
{
    if (steps->bias)
        return (IoptNormalizer){ 0, 1, iopt_tensor_get_f64(in[2], c) };
    return iopt_normalizer(iopt_tensor_get_f64(in[4], c), iopt_tensor_get_f64(in[5], c),
                           iopt_tensor_get_f64(in[2], c), iopt_tensor_get_f64(in[3], c),
                           steps->epsilon);
}

IoptStatus iopt_fused_apply(const IoptNode *node, const IoptTensor *const *in, IoptTensor *y,
                            int channel_axis, IoptError *err)
{
    const size_t n = iopt_elems(y), channels = (size_t)y->shape.dim[channel_axis];
    size_t inner = 1;
    Steps steps;
    void *block;

    IOPT_TRY(read_steps(node, &steps, err));
    IOPT_TRY(iopt_alloc(&block, channels, sizeof(IoptNormalizer), err));
    IoptNormalizer *const norms = block;
    for (size_t c = 0; c < channels; c++)
        norms[c] = normalizer_of(&steps, in, c);
    for (int i = channel_axis + 1; i < y->shape.rank; i++)
        inner *= (size_t)y->shape.dim[i];
    for (size_t i = 0; i < n; i++) {
        double v = iopt_normalize(&norms[i / inner % channels], iopt_tensor_get_f64(y, i));
        if (steps.leaky)
            v = iopt_leaky_relu(v, steps.alpha);
        else if (steps.activation)
            v = steps.activation(v);
        iopt_tensor_set_f64(y, i, v);
    }
    free(block);
    return IOPT_OK;
}
