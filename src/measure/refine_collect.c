/* Windows of a layer's input, drawn and added up. */
#include "measure/refine_collect.h"

#include <stdlib.h>

#include "ops/window_rule.h"

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
static void copy_window(const IoptCollector *c, const IoptWindowRule *rule, const IoptImage *image,
                        const float *x, const IoptWindowPlace place[IOPT_SPATIAL], int64_t oy,
                        int64_t ox, float *row)
{
    const size_t places = (size_t)(rule->kernel[1] * rule->kernel[2]);
    const size_t channels = (size_t)image->channels, groups = c->moments.groups;
    const size_t each = channels / groups; /* of a group; 1 for depthwise */

    for (size_t p = 0; p < places; p++) {
        const int64_t ky = (int64_t)p / rule->kernel[2], kx = (int64_t)p % rule->kernel[2];
        const int64_t at[3] = { 0, oy * rule->stride[1] - place[1].pad + ky * rule->dilation[1],
                                ox * rule->stride[2] - place[2].pad + kx * rule->dilation[2] };
        const float *const from = pixel(image, x, at);
        for (size_t g = 0; g < groups; g++)
            for (size_t i = 0; i < each; i++)
                row[g * c->moments.taps + p * each + i] =
                    from ? from[(int64_t)(g * each + i) * image->channel_stride] : 0;
    }
}

static IoptStatus read_rule(const IoptCollector *c, IoptWindowRule *rule, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(c->node, &c->layout);

    if (!filter)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_window_rule(c->node, 2, true, rule, err));
    rule->kernel[1] = filter->shape.dim[0];
    rule->kernel[2] = filter->shape.dim[1];
    return IOPT_OK;
}

static IoptStatus add_windows(IoptCollector *c, const IoptTensor *x, IoptError *err)
{
    IoptWindowPlace place[IOPT_SPATIAL] = { { 0 } };
    IoptWindowRule rule;

    IOPT_TRY(read_rule(c, &rule, err));
    const IoptImage image = iopt_image(&x->shape, &rule);
    for (int axis = 1; axis < IOPT_SPATIAL; axis++)
        IOPT_TRY(iopt_window_place(c->node, &rule, axis, image.size[axis], &place[axis], err));
    const size_t places = (size_t)(place[1].out * place[2].out);
    for (int64_t n = 0; places > 0 && n < image.batch; n++) {
        const float *const one = iopt_f32(x) + n * image.batch_stride;
        const size_t count = places < c->windows ? places : c->windows;
        uint64_t state = c->seed + c->images + (uint64_t)n;
        for (size_t i = 0; i < count; i++) {
            const size_t at = places <= c->windows ? i : (size_t)(draw(&state) % places);
            copy_window(c, &rule, &image, one, place, (int64_t)at / place[2].out,
                        (int64_t)at % place[2].out,
                        c->rows + i * c->moments.groups * c->moments.taps);
        }
        IOPT_TRY(iopt_moments_add(&c->moments, c->rows, count, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_collector_begin(IoptCollector *collector, size_t windows, uint64_t seed,
                                IoptError *err)
{
    void *rows;

    collector->windows = windows;
    collector->seed = seed;
    IOPT_TRY(iopt_moments_create(&collector->moments, err));
    IOPT_TRY(iopt_alloc(&rows, windows * collector->moments.groups,
                        collector->moments.taps * sizeof(float), err));
    collector->rows = rows;
    return IOPT_OK;
}

void iopt_collector_free(IoptCollector *collector)
{
    iopt_moments_free(&collector->moments);
    free(collector->rows);
    collector->rows = NULL;
}

IoptStatus iopt_collector_add(IoptCollector *collector, const IoptTensor *x, IoptError *err)
{
    const bool is_window = collector->layout.rank == 4;

    if (is_window)
        IOPT_TRY(add_windows(collector, x, err));
    else if (x->shape.rank == 2 && (size_t)x->shape.dim[1] == collector->moments.taps)
        IOPT_TRY(iopt_moments_add(&collector->moments, iopt_f32(x), (size_t)x->shape.dim[0], err));
    collector->images += x->shape.rank > 0 ? (size_t)x->shape.dim[0] : 1;
    return IOPT_OK;
}
