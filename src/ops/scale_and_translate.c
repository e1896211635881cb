/* ScaleAndTranslate: images scaled and moved, by a filter kernel
 *
 *   in      images [N,H,W,C] of any number type; size [2], int32; scale [2], translation [2], float
 *   out     y [N,size[0],size[1],C], float; pixels that come from outside are 0
 *   attr    kernel_type: lanczos1, lanczos3, lanczos5, gaussian, box, triangle, keyscubic,
 *           mitchellcubic; antialias: the kernel is widened when the image shrinks
 *   exact   weights in float, sums in double
 *   source  TensorFlow op "ScaleAndTranslate"
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "ops/ints.h"

typedef float KernelFn(float x); /* x >= 0 */

static float lanczos(float x, float radius)
{
    const float pi = 3.14159265359f;

    if (x > radius)
        return 0;
    if (x <= 1e-3f)
        return 1;
    return radius * sinf(pi * x) * sinf(pi * x / radius) / (pi * pi * x * x);
}
static float lanczos1(float x)
{
    return lanczos(x, 1);
}
static float lanczos3(float x)
{
    return lanczos(x, 3);
}
static float lanczos5(float x)
{
    return lanczos(x, 5);
}
static float gaussian(float x)
{
    return x >= 1.5f ? 0 : expf(-x * x / (2.0f * 0.5f * 0.5f)); /* three deviations wide */
}
static float box(float x)
{
    return x < 0.5f ? 1.0f : x == 0.5f ? 0.5f : 0.0f;
}
static float triangle(float x)
{
    return x < 1.0f ? 1.0f - x : 0.0f;
}
static float keys_cubic(float x)
{
    if (x >= 2.0f)
        return 0;
    return x >= 1.0f ? ((-0.5f * x + 2.5f) * x - 4.0f) * x + 2.0f
                     : ((1.5f * x - 2.5f) * x) * x + 1.0f;
}
static float mitchell_cubic(float x)
{
    if (x >= 2.0f)
        return 0;
    return x >= 1.0f ? (((-7.0f / 18.0f) * x + 2.0f) * x - 10.0f / 3.0f) * x + 16.0f / 9.0f
                     : (((7.0f / 6.0f) * x - 2.0f) * x) * x + 8.0f / 9.0f;
}

typedef struct Kernel {
    const char *name;
    float radius;
    KernelFn *weight;
} Kernel;

static const Kernel kernels[] = {
    { "lanczos1", 1, lanczos1 },
    { "lanczos3", 3, lanczos3 },
    { "lanczos5", 5, lanczos5 },
    { "gaussian", 1.5f, gaussian },
    { "box", 1, box },
    { "triangle", 1, triangle },
    { "keyscubic", 2, keys_cubic },
    { "mitchellcubic", 2, mitchell_cubic },
};

static IoptStatus find_kernel(const IoptNode *node, const Kernel **out, IoptError *err)
{
    const char *const name = iopt_attr_string(node, "kernel_type", "lanczos3");

    *out = kernels;
    for (size_t i = 0; i < IOPT_COUNT(kernels); i++)
        if (strcmp(kernels[i].name, name) == 0) {
            *out = &kernels[i];
            return IOPT_OK;
        }
    return iopt_fail(err, IOPT_BAD_MODEL, "ScaleAndTranslate '%s': unknown kernel_type '%s'",
                     node->name, name);
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptShape *const x = &in[0].shape;
    const Kernel *kernel;
    IoptInts size;

    IOPT_TRY(find_kernel(node, &kernel, err));
    IOPT_TRY(iopt_ints_vector(node, in, 1, "size", &size, err));
    if (!iopt_may_have_rank(&in[0], 4) || !iopt_dims_agree(size.count, 2) ||
        (size.known && (size.v[0] < 1 || size.v[1] < 1)) || iopt_dim_or_unknown(x, 1) == 0 ||
        iopt_dim_or_unknown(x, 2) == 0)
        return iopt_bad_inputs(node, in, err, "images [N,H,W,C] and a size [2] of at least 1");
    for (int i = 2; i < 4; i++)
        if (!iopt_may_have_rank(&in[i], 1) || (in[i].dtype && in[i].dtype != IOPT_F32) ||
            !iopt_dims_agree(iopt_dim_or_unknown(&in[i].shape, 0), 2))
            return iopt_bad_inputs(node, in, err, "scale and translation as float[2]");
    out[0] = iopt_fact(IOPT_F32,
                       (IoptShape){ 4,
                                    { iopt_dim_or_unknown(x, 0), size.known ? size.v[0] : -1,
                                      size.known ? size.v[1] : -1, iopt_dim_or_unknown(x, 3) } });
    return IOPT_OK;
}

/* One axis: input pixels per output pixel, and where output 0 begins. */
typedef struct Axis {
    const Kernel *kernel;
    int64_t in;
    float inverse, offset, kernel_scale;
} Axis;

static Axis make_axis(const Kernel *kernel, int64_t in, float scale, float translation,
                      bool antialias)
{
    const float inverse = 1.0f / scale;

    return (Axis){ kernel, in, inverse, -inverse * translation,
                   antialias && inverse > 1.0f ? inverse : 1.0f };
}

static int64_t bound(float at, int64_t dim)
{
    return !(at > 0) ? 0 : at < (float)dim ? (int64_t)at : dim - 1;
}

/* The input pixels of output `at` and their weights, which sum to 1; no pixels from outside. */
static void weigh(const Axis *a, int64_t at, int64_t *first, int64_t *count, float *weights)
{
    const float sample = ((float)at + 0.5f) * a->inverse + a->offset;
    const float reach = a->kernel->radius * a->kernel_scale;
    float sum = 0;

    *first = *count = 0;
    if (!(sample >= 0 && sample <= (float)a->in))
        return;
    *first = bound(ceilf(sample - reach - 0.5f), a->in);
    const int64_t last = bound(floorf(sample + reach - 0.5f), a->in);
    *count = last >= *first ? last - *first + 1 : 0;
    for (int64_t i = 0; i < *count; i++) {
        const float distance = (float)(*first + i) + 0.5f - sample;
        weights[i] = a->kernel->weight(fabsf(distance / a->kernel_scale));
        sum += weights[i];
    }
    for (int64_t i = 0; fabsf(sum) >= 1000.0f * FLT_MIN && i < *count; i++)
        weights[i] /= sum;
}

typedef struct Window {
    int64_t first, count;
    const float *weights;
} Window;

static float filter(const IoptTensor *x, int64_t n, int64_t c, const Window *h, const Window *w)
{
    const int64_t *const dim = x->shape.dim;
    double sum = 0;

    for (int64_t i = 0; i < h->count; i++)
        for (int64_t j = 0; j < w->count; j++) {
            const int64_t at = ((n * dim[1] + h->first + i) * dim[2] + w->first + j) * dim[3] + c;
            sum +=
                (double)h->weights[i] * (double)w->weights[j] * iopt_tensor_get_f64(x, (size_t)at);
        }
    return (float)sum;
}

static void run(const IoptTensor *x, const Axis *rows, const Axis *columns, float *weights,
                IoptTensor *out)
{
    const int64_t *const y = out->shape.dim;
    float *to = iopt_f32_mut(out);
    Window h = { 0, 0, weights }, w = { 0, 0, weights + rows->in };

    for (int64_t n = 0; n < y[0]; n++)
        for (int64_t i = 0; i < y[1]; i++) {
            weigh(rows, i, &h.first, &h.count, weights);
            for (int64_t j = 0; j < y[2]; j++) {
                weigh(columns, j, &w.first, &w.count, weights + rows->in);
                for (int64_t c = 0; c < y[3]; c++)
                    *to++ = filter(x, n, c, &h, &w);
            }
        }
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    const bool antialias = iopt_attr_bool(node, "antialias", true);
    const float *const scale = iopt_f32(in[2]), *const move = iopt_f32(in[3]);
    const int64_t *const x = in[0]->shape.dim;
    const Kernel *kernel;
    void *weights;

    IOPT_TRY(find_kernel(node, &kernel, err));
    if (!(scale[0] > 0) || !(scale[1] > 0))
        return iopt_fail(err, IOPT_BAD_DATA,
                         "ScaleAndTranslate '%s': want scales above 0; got %g, %g", node->name,
                         (double)scale[0], (double)scale[1]);
    const Axis rows = make_axis(kernel, x[1], scale[0], move[0], antialias);
    const Axis columns = make_axis(kernel, x[2], scale[1], move[1], antialias);
    IOPT_TRY(iopt_alloc(&weights, (size_t)x[1] + (size_t)x[2], sizeof(float), err));
    run(in[0], &rows, &columns, weights, out[0]);
    free(weights);
    return IOPT_OK;
}

const IoptOp iopt_op_scale_and_translate = {
    .name = "ScaleAndTranslate",
    .n_in = 4,
    .n_out = 1,
    .dtypes = "float double half bfloat16 uint8 int8 uint16 int16 int32 int64",
    .flags = IOPT_OP_MAY_FAIL,
    .brief = "images scaled and moved",
    .infer = infer,
    .eval = eval,
};
