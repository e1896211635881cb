/* Collecting moments of layers' inputs, a group of layers at a time. */
#include "measure/refine_weights.h"

#include <math.h>
#include <stdlib.h>

#include "measure/network.h"
#include "ops/window_rule.h"
#include "passes/int8/refine_layer.h"

enum { DEFAULT_WINDOWS = 64 };

static const size_t default_bytes = (size_t)512 << 20;

/* --- windows ---------------------------------------------------------------------------------- */

/* A layer whose moments are being collected. */
typedef struct Collector {
    size_t layer; /* of the plan */
    const IoptNode *node;
    IoptFilterLayout layout;
    IoptMoments moments;
    bool is_window; /* Conv2D, depthwise; else MatMul */
    IoptWindowRule rule;
    float *rows; /* [windows][groups][taps] */
} Collector;

/* splitmix64, begun anew for each layer and image: the same windows however images are batched. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static const float *pixel(const IoptImage *image, const float *x, const int64_t at[3])
{
    for (int axis = 1; axis < IOPT_SPATIAL; axis++)
        if (at[axis] < 0 || at[axis] >= image->size[axis])
            return NULL;
    return x + at[1] * image->stride[1] + at[2] * image->stride[2];
}

/* The window at output (oy, ox) of one image as a row [groups][taps]; outside it is zero. */
static void copy_window(const Collector *c, const IoptImage *image, const float *x,
                        const IoptWindowPlace place[IOPT_SPATIAL], int64_t oy, int64_t ox,
                        float *row)
{
    const size_t places = (size_t)(c->rule.kernel[1] * c->rule.kernel[2]);
    const size_t channels = (size_t)image->channels, groups = c->moments.groups;
    const size_t each = channels / groups; /* of a group; 1 for depthwise */

    for (size_t p = 0; p < places; p++) {
        const int64_t ky = (int64_t)p / c->rule.kernel[2], kx = (int64_t)p % c->rule.kernel[2];
        const int64_t at[3] = { 0, oy * c->rule.stride[1] - place[1].pad + ky * c->rule.dilation[1],
                                ox * c->rule.stride[2] - place[2].pad + kx * c->rule.dilation[2] };
        const float *const from = pixel(image, x, at);
        for (size_t g = 0; g < groups; g++)
            for (size_t i = 0; i < each; i++)
                row[g * c->moments.taps + p * each + i] =
                    from ? from[(int64_t)(g * each + i) * image->channel_stride] : 0;
    }
}

static IoptStatus collect_windows(Collector *c, const IoptTensor *x, size_t windows, uint64_t seed,
                                  size_t first_image, IoptError *err)
{
    const IoptImage image = iopt_image(&x->shape, &c->rule);
    IoptWindowPlace place[IOPT_SPATIAL] = { { 0 } };

    for (int axis = 1; axis < IOPT_SPATIAL; axis++)
        IOPT_TRY(iopt_window_place(c->node, &c->rule, axis, image.size[axis], &place[axis], err));
    const size_t places = (size_t)(place[1].out * place[2].out);
    for (int64_t n = 0; places > 0 && n < image.batch; n++) {
        const float *const one = iopt_f32(x) + n * image.batch_stride;
        uint64_t state = seed + ((uint64_t)c->layer << 32) + first_image + (uint64_t)n;
        const size_t count = places < windows ? places : windows;
        for (size_t i = 0; i < count; i++) {
            const size_t at = places <= windows ? i : (size_t)(draw(&state) % places);
            copy_window(c, &image, one, place, (int64_t)at / place[2].out,
                        (int64_t)at % place[2].out,
                        c->rows + i * c->moments.groups * c->moments.taps);
        }
        iopt_moments_add(&c->moments, c->rows, count);
    }
    return IOPT_OK;
}

static IoptStatus collect(Collector *c, const IoptTensor *x, size_t windows, uint64_t seed,
                          size_t first_image, IoptError *err)
{
    if (c->is_window)
        return collect_windows(c, x, windows, seed, first_image, err);
    if (x->shape.rank == 2 && (size_t)x->shape.dim[1] == c->moments.taps)
        iopt_moments_add(&c->moments, iopt_f32(x), (size_t)x->shape.dim[0]);
    return IOPT_OK;
}

/* --- groups of layers ------------------------------------------------------------------------- */

static void free_collectors(Collector *collectors, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        iopt_moments_free(&collectors[i].moments);
        free(collectors[i].rows);
    }
}

static IoptStatus begin(Collector *c, size_t windows, IoptError *err)
{
    void *rows;

    c->is_window = c->layout.rank == 4;
    if (c->is_window) {
        const IoptTensor *const filter = iopt_filter_tensor(c->node, &c->layout);
        IOPT_TRY(iopt_window_rule(c->node, 2, true, &c->rule, err));
        c->rule.kernel[1] = filter->shape.dim[0];
        c->rule.kernel[2] = filter->shape.dim[1];
    }
    IOPT_TRY(iopt_moments_create(&c->moments, err));
    IOPT_TRY(iopt_alloc(&rows, windows * c->moments.groups, c->moments.taps * sizeof(float), err));
    c->rows = rows;
    return IOPT_OK;
}

/* Runs the images through the graph with the collectors' inputs as outputs. */
static IoptStatus run_images(const IoptRefineRun *run, Collector *collectors, size_t count,
                             size_t windows, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptNetwork *network = NULL;
    IoptGraph *graph = NULL;
    IoptPlanOptions options = run->plan;
    void *values = NULL;
    size_t images = 0;

    IOPT_DO(iopt_graph_clone(run->graph, &graph, err));
    IOPT_DO(iopt_alloc(&values, count, sizeof(IoptValue), err));
    IoptValue *const inputs = values;
    for (size_t i = 0; i < count; i++)
        inputs[i] = iopt_graph_find(graph, collectors[i].node->name)->in[collectors[i].layout.data];
    IOPT_DO(iopt_graph_set_outputs(graph, inputs, count, err));
    options.batch = run->batches[0]->shape.dim[0];
    IOPT_DO(iopt_network_create(graph, &options, &network, err));
    for (size_t b = 0; b < run->n_batches; b++) {
        const IoptTensor *const in = run->batches[b];
        IOPT_DO(iopt_network_feed(network, &in, NULL, err));
        for (size_t i = 0; i < count; i++)
            IOPT_DO(collect(&collectors[i], iopt_network_output(network, i), windows, run->seed,
                            images, err));
        images += (size_t)in->shape.dim[0];
    }
done:
    iopt_network_destroy(network);
    iopt_graph_destroy(graph);
    free(values);
    return status;
}

static IoptStatus refine_group(const IoptRefineRun *run, IoptQuantization *plan,
                               Collector *collectors, size_t count, IoptRefineReport *report,
                               IoptError *err)
{
    const size_t windows = run->windows ? run->windows : DEFAULT_WINDOWS;
    IoptStatus status = IOPT_OK;

    for (size_t i = 0; i < count; i++)
        IOPT_DO(begin(&collectors[i], windows, err));
    IOPT_DO(run_images(run, collectors, count, windows, err));
    for (size_t i = 0; i < count; i++) {
        double gain;
        IOPT_DO(iopt_refine_layer(run->graph, &plan->layers[collectors[i].layer], run->techniques,
                                  &collectors[i].moments, &gain, err));
        report->mean_gain_db += 10 * log10(gain);
        report->layers++;
        if (run->progress)
            run->progress(run->context, "layers refined", report->layers);
    }
done:
    free_collectors(collectors, count);
    return status;
}

/* Whether a layer is to be refined; *bytes of its moments. */
static bool wanted(const IoptRefineRun *run, const IoptQuantLayer *layer, Collector *c,
                   size_t *bytes)
{
    *c = (Collector){ .node = iopt_graph_find(run->graph, layer->node) };
    if (layer->precision != IOPT_PRECISION_INT8 || !c->node ||
        !iopt_filter_layout(c->node, &c->layout))
        return false;
    iopt_moments_shape(iopt_filter_tensor(c->node, &c->layout), &c->layout, layer->in_channels,
                       &c->moments, bytes);
    return true;
}

IoptStatus iopt_refine_weights(const IoptRefineRun *run, IoptQuantization *plan,
                               IoptRefineReport *report, IoptError *err)
{
    const size_t most = run->most_bytes ? run->most_bytes : default_bytes;
    IoptStatus status = IOPT_OK;
    size_t count = 0, used = 0;
    void *block = NULL;

    *report = (IoptRefineReport){ 0 };
    if (plan->n_layers == 0 || run->n_batches == 0)
        return IOPT_OK;
    IOPT_DO(iopt_alloc(&block, plan->n_layers, sizeof(Collector), err));
    Collector *const collectors = block;
    for (size_t i = 0; i < plan->n_layers; i++) {
        size_t bytes;
        Collector c;
        if (!wanted(run, &plan->layers[i], &c, &bytes))
            continue;
        if (bytes > most) {
            report->too_large++;
            continue;
        }
        if (used + bytes > most) {
            IOPT_DO(refine_group(run, plan, collectors, count, report, err));
            count = used = 0;
        }
        c.layer = i;
        collectors[count++] = c;
        used += bytes;
    }
    if (count)
        IOPT_DO(refine_group(run, plan, collectors, count, report, err));
    if (report->layers)
        report->mean_gain_db /= (double)report->layers;
done:
    free(block);
    return status;
}
