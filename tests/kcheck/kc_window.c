/* Windows for the checks of convolution and pooling. */
#include "kc_window.h"

#include <stdio.h>

static IoptWindow square(size_t in_h, size_t in_w, size_t kernel, size_t stride)
{
    return (IoptWindow){
        .in_h = in_h,
        .in_w = in_w,
        .kernel_h = kernel,
        .kernel_w = kernel,
        .stride_h = stride,
        .stride_w = stride,
        .dilation_h = 1,
        .dilation_w = 1,
    };
}

static size_t pad_before(size_t in, size_t out, size_t kernel, size_t stride)
{
    const size_t reach = (out - 1) * stride + kernel;
    return reach > in ? (reach - in) / 2 : 0;
}

IoptWindow kc_window_same(size_t in_h, size_t in_w, size_t kernel, size_t stride)
{
    IoptWindow window = square(in_h, in_w, kernel, stride);

    window.out_h = (in_h + stride - 1) / stride;
    window.out_w = (in_w + stride - 1) / stride;
    window.pad_top = pad_before(in_h, window.out_h, kernel, stride);
    window.pad_left = pad_before(in_w, window.out_w, kernel, stride);
    return window;
}

IoptWindow kc_window_valid(size_t in_h, size_t in_w, size_t kernel, size_t stride)
{
    IoptWindow window = square(in_h, in_w, kernel, stride);

    window.out_h = in_h < kernel ? 0 : (in_h - kernel) / stride + 1;
    window.out_w = in_w < kernel ? 0 : (in_w - kernel) / stride + 1;
    return window;
}

/* One axis: a random kernel, stride, dilation and padding, and an output that follows from them. */
static void random_axis(KCheck *k, bool dilated, size_t *in, size_t *out, size_t *kernel,
                        size_t *stride, size_t *dilation, size_t *pad)
{
    *in = (size_t)kc_random(k, 1, 24);
    *kernel = (size_t)kc_random(k, 1, 7);
    *stride = (size_t)kc_random(k, 1, 3);
    *dilation = dilated && kc_random(k, 0, 2) == 0 ? (size_t)kc_random(k, 2, 3) : 1;
    *pad = (size_t)kc_random(k, 0, 4);

    const size_t reach = (*kernel - 1) * *dilation + 1;
    const size_t padded = *in + *pad + (size_t)kc_random(k, 0, 4);
    *out = padded < reach ? 1 : (padded - reach) / *stride + 1;
}

IoptWindow kc_window_random(KCheck *k, bool dilated)
{
    IoptWindow w;

    random_axis(k, dilated, &w.in_h, &w.out_h, &w.kernel_h, &w.stride_h, &w.dilation_h, &w.pad_top);
    random_axis(k, dilated, &w.in_w, &w.out_w, &w.kernel_w, &w.stride_w, &w.dilation_w,
                &w.pad_left);
    if (kc_random(k, 0, 1)) { /* the widths and strides that have code of their own */
        w.kernel_w = 3 + 2 * (size_t)kc_random(k, 0, 2);
        w.stride_w = (size_t)kc_random(k, 1, 2);
        w.dilation_w = 1;
    }
    return w;
}

KcWindowText kc_window_text(const IoptWindow *w)
{
    KcWindowText text;

    snprintf(text.s, sizeof text.s, "%zux%zu k%zux%zu s%zux%zu d%zux%zu p%zu,%zu", w->in_h, w->in_w,
             w->kernel_h, w->kernel_w, w->stride_h, w->stride_w, w->dilation_h, w->dilation_w,
             w->pad_top, w->pad_left);
    return text;
}

IoptWindow kc_layer_same(KCheck *k, const KcLayer *layer)
{
    kc_case(k, "%zux%zu c%zu k%zu s%zu", layer->size, layer->size, layer->channels, layer->kernel,
            layer->stride);
    return kc_window_same(layer->size, layer->size, layer->kernel, layer->stride);
}

const KcLayer kc_depthwise_layers[KC_DEPTHWISE_LAYERS] = {
    { 112, 32, 3, 1 }, { 112, 96, 3, 2 }, { 56, 144, 3, 1 }, { 28, 192, 3, 1 }, { 14, 576, 3, 1 },
    { 14, 576, 3, 2 }, { 7, 960, 3, 1 },  { 28, 240, 5, 1 }, { 14, 480, 5, 1 }, { 14, 672, 5, 2 },
    { 7, 1152, 5, 1 }, { 42, 216, 3, 1 }, { 42, 216, 5, 1 }, { 42, 216, 7, 1 }, { 21, 432, 7, 1 },
    { 11, 864, 7, 1 }, { 83, 108, 7, 2 },
};
