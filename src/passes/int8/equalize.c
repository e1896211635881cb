/* Choosing factors of channels, and scaling by them. */
#include "passes/int8/equalize.h"

#include <math.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/union_find.h"
#include "passes/int8/int8_bias.h"
#include "passes/int8/int8_filter.h"

static const double largest_factor = 8, relu6_limit = 6, tiny = 1e-20;

/* Exponents that are tried; the first leaves all as it is. */
static const struct {
    double t, u;
} tries[] = { { 0, 0 }, { 0.25, 0 }, { 0.5, 0 }, { 0.75, 0 }, { 1, 0 }, { 0.5, 0.5 } };

enum { TRIES = IOPT_COUNT(tries) };

/* Sets whose channels meet in a value that a layer reads. */
typedef struct Chooser {
    const IoptGraph *graph;
    const IoptChannelSets *sets;
    const IoptEqualizeInput *input;
    size_t *meets;     /* [n_sets]: parent, then number of the group; itself for pinned ones */
    double *largest;   /* [n_sets]: the largest weight that reads it */
    double *bound;     /* [n_sets] that pass a Relu6: what they cannot exceed before it */
    double *reference; /* [n_sets], by group; 0: none */
    double *factors;   /* [TRIES][n_sets] */
    double *noise;     /* [n_sets][TRIES], by group */
    size_t *layers;    /* [n_sets], by group: that read it */
} Chooser;

/* --- what a layer makes of its input ---------------------------------------------------------- */

typedef struct Reading {
    const IoptChannels *channels; /* that the layer reads; the rest is of its filter */
    size_t outputs, taps;
    bool is_depthwise;
    double *energy; /* [channels]: sum of squared weights */
    float *peaks;   /* [channels][outputs]: largest weight over all taps; NULL for depthwise */
} Reading;

static void free_reading(Reading *reading)
{
    free(reading->energy);
    free(reading->peaks);
    *reading = (Reading){ 0 };
}

/* Whether a node is a layer that reads channels that are known. */
static bool reads_channels(const IoptChannelSets *sets, const IoptNode *node,
                           IoptFilterLayout *layout, const IoptChannels **in)
{
    if (!iopt_channels_of(sets, node)->is_made || !iopt_filter_layout(node, layout) ||
        node->in[layout->data].port != 0)
        return false;
    *in = iopt_channels_of(sets, node->in[layout->data].node);
    return (*in)->count ==
           iopt_filter_in_channels(iopt_const_mapped(node->in[layout->slot].node), layout);
}

static IoptStatus read_filter(const IoptNode *node, const IoptFilterLayout *layout,
                              const IoptChannels *in, Reading *reading, IoptError *err)
{
    const IoptTensor *const filter = iopt_filter_tensor(node, layout);
    void *block;

    if (!filter)
        return iopt_fail_memory(err, 0);
    const size_t elems = iopt_elems(filter), outputs = iopt_filter_out_channels(filter, layout);
    *reading = (Reading){ .channels = in,
                          .outputs = outputs,
                          .taps = elems / outputs / (layout->is_depthwise ? 1 : in->count),
                          .is_depthwise = layout->is_depthwise };
    IOPT_TRY(iopt_alloc(&block, in->count, sizeof(double), err));
    reading->energy = block;
    if (!layout->is_depthwise) {
        IOPT_TRY(iopt_alloc(&block, in->count * outputs, sizeof(float), err));
        reading->peaks = block;
    }
    for (size_t i = 0; i < elems; i++) {
        const float w = fabsf(iopt_f32(filter)[i]);
        size_t c, o;
        iopt_filter_channels(filter, layout, i, &c, &o);
        reading->energy[c] += (double)w * (double)w;
        if (reading->peaks)
            reading->peaks[c * outputs + o] = fmaxf(reading->peaks[c * outputs + o], w);
    }
    return IOPT_OK;
}

static const size_t *sets_of(const Chooser *f, const Reading *reading)
{
    return f->sets->of + reading->channels->first;
}

/* The expected noise of the layer's outputs over their power, but for a constant factor. */
static double noise_of(const Chooser *f, const Reading *reading, const double *s)
{
    const size_t *const set = sets_of(f, reading), count = reading->channels->count;
    const double *const peak = f->input->peak, *const power = f->input->power;
    double reach = 0, values = 0, signal = 0, spread = 0, weights = 0;

    for (size_t c = 0; c < count; c++)
        reach = fmax(reach, peak[set[c]] / s[set[c]]);
    for (size_t c = 0; c < count; c++) {
        const double each = s[set[c]] * s[set[c]], p = power[set[c]];
        if (reading->is_depthwise) { /* every output has a channel of its own */
            values += p > tiny ? each / p : 0;
            continue;
        }
        values += reading->energy[c] * each;
        signal += reading->energy[c] * p;
        spread += p / each;
    }
    values *= reach * reach / (255.0 * 255.0);
    if (reading->is_depthwise)
        return values / (double)count;
    for (size_t o = 0; o < reading->outputs; o++) {
        double largest = 0;
        for (size_t c = 0; c < count; c++)
            largest = fmax(largest, (double)reading->peaks[c * reading->outputs + o] * s[set[c]]);
        weights += largest * largest;
    }
    weights *= f->input->weight_noise * (double)reading->taps * spread / (127.0 * 127.0);
    return signal > tiny ? (values + weights) / signal : 0;
}

/* --- Relu6 ------------------------------------------------------------------------------------ */

/* Whether a value is one of 0 .. 6. */
static bool is_relu6(const IoptNode *node)
{
    while (iopt_op_in(node->op, "MaxPool|AvgPool|Pad|Identity"))
        node = node->in[0].node;
    return iopt_is_op(node, "Relu6");
}

/* What each channel of a layer cannot exceed, its bias in it; infinite where nothing is known. */
static IoptStatus bound_layer(Chooser *f, const IoptNode *node, IoptError *err)
{
    const IoptChannels *const made = iopt_channels_of(f->sets, node);
    IoptFilterLayout layout;
    IoptStatus status = IOPT_OK;
    void *block;
    size_t slot;

    if (!made->is_made || !iopt_filter_layout(node, &layout))
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, made->count, sizeof(double), err));
    double *const sums = block;
    const bool known = is_relu6(node->in[layout.data].node);
    const IoptTensor *const filter = iopt_filter_tensor(node, &layout);
    const IoptNode *const adder = iopt_int8_bias_node(node, made->count, &slot);
    const IoptTensor *const bias = adder ? iopt_const_input(adder, slot) : NULL;
    if (!filter)
        IOPT_DO(iopt_fail_memory(err, 0));
    for (size_t i = 0; known && i < iopt_elems(filter); i++) {
        size_t in, out;
        iopt_filter_channels(filter, &layout, i, &in, &out);
        sums[out] += relu6_limit * fmax(0, (double)iopt_f32(filter)[i]);
    }
    for (size_t c = 0; c < made->count; c++) {
        double *const bound = &f->bound[f->sets->of[made->first + c]];
        const double most = sums[c] + (bias ? (double)iopt_f32(bias)[c] : 0);
        *bound = known ? fmax(*bound, most) : (double)INFINITY;
    }
done:
    free(block);
    return status;
}

/* --- groups of sets --------------------------------------------------------------------------- */

static bool stays(const Chooser *f, size_t set)
{
    const double peak = f->input->peak[set];
    const bool may_be_cut = f->sets->relu6[set] && !(f->bound[set] <= relu6_limit);

    return f->sets->pinned[set] || may_be_cut || !(peak > tiny) || !isfinite(peak);
}

/* The group of a reading: that of any set of it that may change; SIZE_MAX if none may. */
static size_t group_of(const Chooser *f, const Reading *reading)
{
    const size_t *const set = sets_of(f, reading);

    for (size_t c = 0; c < reading->channels->count; c++)
        if (!stays(f, set[c]))
            return iopt_union_find(f->meets, set[c]);
    return SIZE_MAX;
}

static void meet(Chooser *f, const Reading *reading)
{
    const size_t *const set = sets_of(f, reading), group = group_of(f, reading);

    for (size_t c = 0; c < reading->channels->count; c++) {
        double *const largest = &f->largest[set[c]];
        if (group != SIZE_MAX && !stays(f, set[c]))
            f->meets[iopt_union_find(f->meets, set[c])] = iopt_union_find(f->meets, group);
        if (!reading->peaks)
            *largest = fmax(*largest, sqrt(reading->energy[c]));
        for (size_t o = 0; reading->peaks && o < reading->outputs; o++)
            *largest = fmax(*largest, (double)reading->peaks[c * reading->outputs + o]);
    }
}

/* What channels are compared with, if it is there: the largest one that cannot become smaller. */
static void refer(Chooser *f, const Reading *reading)
{
    const size_t *const set = sets_of(f, reading), group = group_of(f, reading);

    if (group == SIZE_MAX)
        return;
    f->layers[group]++;
    for (size_t c = 0; c < reading->channels->count; c++)
        if ((stays(f, set[c]) || f->sets->relu6[set[c]]) && isfinite(f->input->peak[set[c]]))
            f->reference[group] = fmax(f->reference[group], f->input->peak[set[c]]);
}

static void judge(Chooser *f, const Reading *reading)
{
    const size_t group = group_of(f, reading);

    for (size_t i = 0; group != SIZE_MAX && i < TRIES; i++)
        f->noise[group * TRIES + i] += noise_of(f, reading, f->factors + i * f->sets->n_sets);
}

typedef void Look(Chooser *f, const Reading *reading);

/* With or without what there is to know of the filters, which takes time. */
static IoptStatus each_reading(Chooser *f, Look *look, bool with_filter, IoptError *err)
{
    for (size_t i = 0; i < f->graph->n_nodes; i++) {
        const IoptNode *const node = f->graph->nodes[i];
        const IoptChannels *in;
        IoptFilterLayout layout;
        if (!reads_channels(f->sets, node, &layout, &in))
            continue;
        Reading reading = { .channels = in };
        const IoptStatus status =
            with_filter ? read_filter(node, &layout, in, &reading, err) : IOPT_OK;
        if (status == IOPT_OK)
            look(f, &reading);
        free_reading(&reading);
        IOPT_TRY(status);
    }
    return IOPT_OK;
}

/* --- factors ---------------------------------------------------------------------------------- */

static double wish(const Chooser *f, size_t set, size_t i)
{
    return pow(f->input->peak[set], tries[i].t) / pow(fmax(f->largest[set], tiny), tries[i].u);
}

/* Logarithms of the means that sets are compared with, where nothing stays. */
static void find_means(Chooser *f, size_t i, double *sum, double *count)
{
    for (size_t set = 0; set < f->sets->n_sets; set++)
        sum[set] = count[set] = 0;
    for (size_t set = 0; set < f->sets->n_sets; set++)
        if (!stays(f, set)) {
            sum[iopt_union_find(f->meets, set)] += log(wish(f, set, i));
            count[iopt_union_find(f->meets, set)] += 1;
        }
}

static void make_factors(Chooser *f, size_t i, const double *sum, const double *count)
{
    double *const s = f->factors + i * f->sets->n_sets;

    for (size_t set = 0; set < f->sets->n_sets; set++) {
        const size_t group = iopt_union_find(f->meets, set);
        const double reference = f->reference[group];
        s[set] = 1;
        if (stays(f, set) || (reference > 0 && tries[i].u > 0))
            continue;
        const double unit =
            reference > 0 ? pow(reference, tries[i].t) : exp(sum[group] / count[group]);
        s[set] = fmin(fmax(wish(f, set, i) / unit, 1 / largest_factor), largest_factor);
        if (f->sets->relu6[set])
            s[set] = fmin(fmax(s[set], f->bound[set] / relu6_limit), 1);
    }
}

static void take_best(Chooser *f, double *factor, IoptEqualizeReport *report)
{
    const size_t n = f->sets->n_sets;
    double before = 0, after = 0;

    for (size_t set = 0; set < n; set++) {
        const size_t group = iopt_union_find(f->meets, set);
        const double *const noise = f->noise + group * TRIES;
        size_t best = 0;
        for (size_t i = 1; i < TRIES; i++)
            if (noise[i] < noise[best] && noise[i] < noise[0] * f->input->least_gain)
                best = i;
        factor[set] = f->factors[best * n + set];
        report->sets += factor[set] != 1;
        if (group == set && f->layers[set] && noise[0] > 0) {
            before += (double)f->layers[set] * log10(noise[0]);
            after += (double)f->layers[set] * log10(noise[best]);
        }
    }
    size_t layers = 0;
    for (size_t set = 0; set < n; set++)
        layers += f->layers[set];
    report->noise_db = layers ? 10 * (before - after) / (double)layers : 0;
}

static IoptStatus choose(Chooser *f, double *factor, IoptEqualizeReport *report, IoptError *err)
{
    const size_t n = f->sets->n_sets;
    void *block;

    for (size_t set = 0; set < n; set++)
        f->meets[set] = set;
    for (size_t i = 0; i < f->graph->n_nodes; i++)
        IOPT_TRY(bound_layer(f, f->graph->nodes[i], err));
    IOPT_TRY(each_reading(f, meet, true, err));
    IOPT_TRY(each_reading(f, refer, false, err));
    IOPT_TRY(iopt_alloc(&block, 2 * n, sizeof(double), err));
    for (size_t i = 0; i < TRIES; i++) {
        find_means(f, i, block, (double *)block + n);
        make_factors(f, i, block, (double *)block + n);
    }
    free(block);
    IOPT_TRY(each_reading(f, judge, true, err));
    take_best(f, factor, report);
    return IOPT_OK;
}

IoptStatus iopt_equalize_choose(const IoptGraph *graph, const IoptChannelSets *sets,
                                const IoptEqualizeInput *input, double *factor,
                                IoptEqualizeReport *report, IoptError *err)
{
    const size_t n = sets->n_sets;
    Chooser f = { .graph = graph, .sets = sets, .input = input };
    IoptStatus status = IOPT_OK;
    void *doubles = NULL, *sizes = NULL;

    *report = (IoptEqualizeReport){ 0 };
    IOPT_DO(iopt_alloc(&doubles, n, (3 + 2 * TRIES) * sizeof(double), err));
    IOPT_DO(iopt_alloc(&sizes, n, 2 * sizeof(size_t), err));
    f.largest = doubles;
    f.bound = f.largest + n;
    f.reference = f.bound + n;
    f.factors = f.reference + n;
    f.noise = f.factors + n * TRIES;
    f.meets = sizes;
    f.layers = f.meets + n;
    IOPT_DO(choose(&f, factor, report, err));
done:
    free(doubles);
    free(sizes);
    return status;
}

/* --- scaling ---------------------------------------------------------------------------------- */

/* The factors of a value's channels, or one over them; false if all are 1. */
static bool gather(const IoptChannelSets *sets, const IoptChannels *channels, const double *factor,
                   bool inverse, IoptAffine *affine)
{
    bool any = false;

    for (size_t c = 0; c < channels->count; c++) {
        const double s = factor[sets->of[channels->first + c]];
        any = any || s != 1;
        affine->scale[c] = inverse ? 1 / s : s;
    }
    return any;
}

static IoptStatus scale_side(IoptNode *node, const IoptFilterLayout *layout,
                             const IoptChannelSets *sets, const IoptChannels *channels,
                             const double *factor, bool input_side, IoptError *err)
{
    IoptStatus status = IOPT_OK;
    IoptAffine affine = { 0 };
    IoptTensor *scaled;

    IOPT_TRY(iopt_affine_create(3, 4, channels->count, &affine, err));
    if (gather(sets, channels, factor, !input_side, &affine)) {
        const IoptTensor *const filter = iopt_filter_tensor(node, layout);
        IOPT_DO(filter ? iopt_filter_scale(filter, layout, &affine, input_side, &scaled, err)
                       : iopt_fail_memory(err, 0));
        IOPT_DO(iopt_int8_set_const(node, layout->slot, scaled, err));
    }
done:
    iopt_affine_free(&affine);
    return status;
}

static IoptStatus scale_bias(IoptNode *node, const IoptChannelSets *sets,
                             const IoptChannels *channels, const double *factor, IoptError *err)
{
    const IoptTensor *const bias = iopt_const_input(node, 1);
    IoptTensor *scaled;

    if (!bias)
        return iopt_fail_memory(err, 0);
    IOPT_TRY(iopt_tensor_create(IOPT_F32, &bias->shape, &scaled, err));
    for (size_t c = 0; c < channels->count; c++)
        iopt_f32_mut(scaled)[c] =
            (float)((double)iopt_f32(bias)[c] / factor[sets->of[channels->first + c]]);
    return iopt_int8_set_const(node, 1, scaled, err);
}

IoptStatus iopt_equalize_apply(IoptGraph *graph, const IoptChannelSets *sets, const double *factor,
                               IoptError *err)
{
    for (size_t i = 0; i < sets->n_nodes; i++) {
        IoptNode *const node = graph->nodes[i];
        const IoptChannels *const channels = iopt_channels_of(sets, node), *in;
        IoptFilterLayout layout;
        if (channels->is_made && iopt_filter_layout(node, &layout)) {
            if (reads_channels(sets, node, &layout, &in))
                IOPT_TRY(scale_side(node, &layout, sets, in, factor, true, err));
            IOPT_TRY(scale_side(node, &layout, sets, channels, factor, false, err));
        } else if (channels->count && iopt_op_in(node->op, "BiasAdd|Add|AddV2") &&
                   iopt_const_mapped(node->in[1].node)) {
            IOPT_TRY(scale_bias(node, sets, channels, factor, err));
        }
    }
    iopt_graph_compact(graph);
    return IOPT_OK;
}
