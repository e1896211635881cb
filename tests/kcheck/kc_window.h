/* Windows for the checks of convolution and pooling. */
#ifndef IOPT_TESTS_KC_WINDOW_H
#define IOPT_TESTS_KC_WINDOW_H

#include "kcheck.h"
#include "kernels/window.h"

/* An image of in_h x in_w under a square kernel: SAME as TensorFlow pads it, or VALID. */
IoptWindow kc_window_same(size_t in_h, size_t in_w, size_t kernel, size_t stride);
IoptWindow kc_window_valid(size_t in_h, size_t in_w, size_t kernel, size_t stride);

/* Any small window: different along the two axes, padded by anything, at times by more than the
 * kernel's reach; dilated if asked for. */
IoptWindow kc_window_random(KCheck *k, bool dilated);

/* A layer to time: images and kernel are square. */
typedef struct KcLayer {
    size_t size, channels, kernel, stride;
} KcLayer;

/* "112x112 c32 k3 s1" is the case; SAME. */
IoptWindow kc_layer_same(KCheck *k, const KcLayer *layer);

/* Depthwise layers of MobileNet, EfficientNet and NASNet. */
enum { KC_DEPTHWISE_LAYERS = 17 };
extern const KcLayer kc_depthwise_layers[KC_DEPTHWISE_LAYERS];

/* "20x21 k3x5 s1x2 d1x1 p1,2" */
typedef struct KcWindowText {
    char s[64];
} KcWindowText;
KcWindowText kc_window_text(const IoptWindow *window);

#endif
