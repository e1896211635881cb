/* Sliding windows: attributes, sizes, and the order of dimensions. */
#include "ops/window_rule.h"

#include "base/compiler.h"

enum { MOST = INT32_MAX }; /* of a stride, a dilation, a kernel, a padding */

static IoptStatus read_format(const IoptNode *node, int axes, IoptWindowRule *rule, IoptError *err)
{
    const char *const last = axes == 2 ? "NHWC" : "NDHWC";
    const char *const first = axes == 2 ? "NCHW" : "NCDHW";
    const char *const format = iopt_attr_string(node, "data_format", last);

    rule->channels_first = strcmp(format, first) == 0;
    if (!rule->channels_first && strcmp(format, last) != 0)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want data_format %s or %s; got '%s'",
                         node->op, node->name, last, first, format);
    return IOPT_OK;
}

static IoptStatus read_explicit(const IoptNode *node, IoptWindowRule *rule, IoptError *err)
{
    const int64_t *list;
    const size_t count = iopt_attr_ints(node, "explicit_paddings", &list);
    const int rank = rule->axes + 2, channel = rule->channels_first ? 1 : rank - 1;

    if (count != 2 * (size_t)rank)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %d explicit_paddings; got %zu",
                         node->op, node->name, 2 * rank, count);
    for (int i = 0; i < 2 * rank; i++) {
        const int axis = i / 2;
        const bool spatial = axis != 0 && axis != channel;
        if (list[i] < 0 || list[i] > (spatial ? MOST : 0))
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "%s '%s': want explicit_paddings >= 0, and 0 for batch and channels; "
                             "got %lld for dimension %d",
                             node->op, node->name, (long long)list[i], axis);
        if (spatial)
            rule->explicit_pad[IOPT_SPATIAL - rule->axes + axis - (rule->channels_first ? 2 : 1)]
                              [i % 2] = list[i];
    }
    return IOPT_OK;
}

static IoptStatus read_padding(const IoptNode *node, IoptWindowRule *rule, IoptError *err)
{
    const char *const padding = iopt_attr_string(node, "padding", "");

    if (strcmp(padding, "SAME") == 0) {
        rule->padding = IOPT_PAD_SAME;
    } else if (strcmp(padding, "VALID") == 0) {
        rule->padding = IOPT_PAD_VALID;
    } else if (strcmp(padding, "EXPLICIT") == 0) {
        rule->padding = IOPT_PAD_EXPLICIT;
        return read_explicit(node, rule, err);
    } else {
        return iopt_fail(err, IOPT_BAD_MODEL,
                         "%s '%s': want padding SAME, VALID or EXPLICIT; got '%s'", node->op,
                         node->name, padding);
    }
    return IOPT_OK;
}

IoptStatus iopt_window_spread(const IoptNode *node, const char *what, const int64_t *list,
                              size_t count, const IoptWindowRule *rule, int64_t out[IOPT_SPATIAL],
                              int64_t *channels, IoptError *err)
{
    const int rank = rule->axes + 2, channel = rule->channels_first ? 1 : rank - 1;

    if (count != (size_t)rank)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': want %d numbers in %s; got %zu", node->op,
                         node->name, rank, what, count);
    int axis = IOPT_SPATIAL - rule->axes;
    for (int i = 0; i < rank; i++) {
        const bool one = i == 0 || (i == channel && !channels);
        if (list[i] < 1 || list[i] > (one ? 1 : MOST))
            return iopt_fail(err, IOPT_BAD_MODEL,
                             "%s '%s': want %s of at least 1, and 1 for %s; got %lld for "
                             "dimension %d",
                             node->op, node->name, what,
                             channels ? "the batch" : "batch and channels", (long long)list[i], i);
        if (i == channel && channels)
            *channels = list[i];
        else if (i != 0 && i != channel)
            out[axis++] = list[i];
    }
    return IOPT_OK;
}

IoptStatus iopt_window_rule(const IoptNode *node, int axes, bool has_strides, IoptWindowRule *rule,
                            IoptError *err)
{
    const int64_t *list;
    size_t count;

    *rule = (IoptWindowRule){
        .axes = axes, .stride = { 1, 1, 1 }, .dilation = { 1, 1, 1 }, .kernel = { 1, 1, 1 }
    };
    IOPT_TRY(read_format(node, axes, rule, err));
    IOPT_TRY(read_padding(node, rule, err));
    if (has_strides) {
        count = iopt_attr_ints(node, "strides", &list);
        IOPT_TRY(iopt_window_spread(node, "strides", list, count, rule, rule->stride, NULL, err));
    }
    count = iopt_attr_ints(node, "dilations", &list);
    if (count > 0)
        IOPT_TRY(
            iopt_window_spread(node, "dilations", list, count, rule, rule->dilation, NULL, err));
    return IOPT_OK;
}

IoptStatus iopt_conv_rule(const IoptNode *node, int axes, const IoptShape *filter,
                          IoptWindowRule *rule, IoptError *err)
{
    IOPT_TRY(iopt_window_rule(node, axes, true, rule, err));
    for (int i = 0; i < axes; i++)
        rule->kernel[IOPT_SPATIAL - axes + i] = filter->rank < 0 ? -1 : filter->dim[i];
    return IOPT_OK;
}

IoptStatus iopt_depthwise_rule(const IoptNode *node, const IoptShape *filter, IoptWindowRule *rule,
                               IoptError *err)
{
    IOPT_TRY(iopt_conv_rule(node, 2, filter, rule, err));
    rule->dilation[1] = rule->dilation[2] = 1;
    return IOPT_OK;
}

IoptStatus iopt_window_place(const IoptNode *node, const IoptWindowRule *rule, int axis,
                             int64_t in_size, IoptWindowPlace *place, IoptError *err)
{
    const int64_t stride = rule->stride[axis], kernel = rule->kernel[axis];

    *place = (IoptWindowPlace){ .out = -1 };
    if (in_size < 0 || (kernel < 0 && rule->padding != IOPT_PAD_SAME))
        return IOPT_OK;
    if (kernel == 0 || kernel > MOST || in_size > INT64_MAX / 4)
        return iopt_fail(err, IOPT_BAD_MODEL, "%s '%s': a window of %lld over %lld values",
                         node->op, node->name, (long long)kernel, (long long)in_size);
    const int64_t reach = kernel < 0 ? 1 : (kernel - 1) * rule->dilation[axis] + 1;
    if (rule->padding == IOPT_PAD_SAME) {
        place->out = in_size / stride + (in_size % stride != 0);
        const int64_t missing = (place->out - 1) * stride + reach - in_size;
        place->pad = missing > 0 ? missing / 2 : 0;
        return IOPT_OK;
    }
    const int64_t *const pad = rule->explicit_pad[axis]; /* zero for VALID */
    const int64_t room = in_size + pad[0] + pad[1];
    place->pad = pad[0];
    place->out = room < reach ? 0 : (room - reach) / stride + 1;
    return IOPT_OK;
}

IoptImage iopt_image(const IoptShape *shape, const IoptWindowRule *rule)
{
    const int rank = rule->axes + 2, channel = rule->channels_first ? 1 : rank - 1;
    const int first = rule->channels_first ? 2 : 1, empty = IOPT_SPATIAL - rule->axes;
    IoptImage image = { .batch = -1, .channels = -1, .size = { 1, 1, 1 } };
    int64_t strides[IOPT_MAX_RANK] = { 0 };

    for (int i = empty; i < IOPT_SPATIAL; i++)
        image.size[i] = -1;
    if (shape->rank != rank)
        return image;
    image.batch = shape->dim[0];
    image.channels = shape->dim[channel];
    for (int i = 0; i < rule->axes; i++)
        image.size[empty + i] = shape->dim[first + i];
    if (!iopt_shape_known(shape))
        return image;
    iopt_shape_strides(shape, strides);
    image.batch_stride = strides[0];
    image.channel_stride = strides[channel];
    for (int i = 0; i < rule->axes; i++)
        image.stride[empty + i] = strides[first + i];
    return image;
}

IoptShape iopt_image_shape(const IoptImage *image, const IoptWindowRule *rule)
{
    IoptShape shape = iopt_shape_scalar();

    iopt_shape_push(&shape, image->batch);
    if (rule->channels_first)
        iopt_shape_push(&shape, image->channels);
    for (int i = IOPT_SPATIAL - rule->axes; i < IOPT_SPATIAL; i++)
        iopt_shape_push(&shape, image->size[i]);
    if (!rule->channels_first)
        iopt_shape_push(&shape, image->channels);
    return shape;
}

double iopt_known_elems(const IoptShape *shape)
{
    double elems = 1;

    for (int i = 0; i < shape->rank; i++)
        if (shape->dim[i] >= 0)
            elems *= (double)shape->dim[i];
    return elems;
}
