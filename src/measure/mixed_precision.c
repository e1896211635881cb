/* Choosing precisions: all in eight bits, then without what is slow, then as the budget asks. */
#include "measure/mixed_precision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/budget_search.h"
#include "measure/mixer.h"

enum { TIMED_RUNS = 5, FEWEST_SAMPLES = 2, MOST_SAMPLES = 8 };
static const double macs_of_sample = 1e11; /* of one experiment's images, about */
static const double slower = 1.1;          /* times the float time: eight bits do not pay */
static const double matters = 0.001;       /* of the whole time: what a layer has to cost */
static const double least_top1 = 0.05;     /* of the float graph, for labels to count */

void iopt_mixed_report_free(IoptMixedReport *report)
{
    free(report->damage);
    free(report->times);
    *report = (IoptMixedReport){ 0 };
}

static bool is_int8(const IoptMixer *m, size_t layer)
{
    return m->plan->layers[layer].precision == IOPT_PRECISION_INT8;
}

/* --- speed ----------------------------------------------------------------------------------- */

static void note_base(IoptMixer *m)
{
    for (size_t i = 0; i < m->plan->n_layers; i++)
        m->base[i] = is_int8(m, i);
}

/* Layers that eight bits make slower become float; tells whether there are any. */
static bool drop_slow(IoptMixer *m)
{
    const double least = matters * m->report->whole.before_ms;
    size_t slow = 0;

    for (size_t i = 0; i < m->plan->n_layers; i++) {
        const IoptLayerTime time = m->report->times[i];
        if (!m->base[i] || !(time.after_ms > slower * time.before_ms) ||
            !(time.after_ms - time.before_ms > least))
            continue;
        m->base[i] = false;
        slow++;
        (void)snprintf(m->plan->layers[i].why, sizeof m->plan->layers[i].why,
                       "8 bits are not faster: %.3f ms, float %.3f ms", time.after_ms,
                       time.before_ms);
    }
    m->report->layers_slow = slow;
    return slow > 0;
}

/* Candidate 0: everything that can be in eight bits and is the faster for it. */
static IoptStatus build_full(IoptMixer *m, IoptGraph **out, IoptError *err)
{
    IOPT_TRY(iopt_mixer_build(m, m->base, out, err));
    note_base(m);
    if (m->request->ignore_times)
        return IOPT_OK;
    iopt_mixer_tell(m, "layers timed", 0);
    IOPT_TRY(iopt_layer_times(m->graph, *out, m->plan, &m->request->plan,
                              m->request->images->batches[0], TIMED_RUNS, m->report->times,
                              &m->report->whole, err));
    if (!drop_slow(m))
        return IOPT_OK;
    iopt_graph_destroy(*out);
    IOPT_TRY(iopt_mixer_build(m, m->base, out, err));
    note_base(m);
    return IOPT_OK;
}

/* --- all together ---------------------------------------------------------------------------- */

static void count_layers(IoptMixer *m)
{
    m->report->layers_int8 = 0;
    m->report->macs_int8 = 0;
    for (size_t i = 0; i < m->plan->n_layers; i++)
        if (is_int8(m, i)) {
            m->report->layers_int8++;
            m->report->macs_int8 += iopt_layer_work(&m->plan->layers[i]);
        }
}

/* Labels that the float graph hardly ever gives are those of something else (a folder of photos
 * looks like one class): then they do not count. */
static IoptStatus judge_labels(IoptMixer *m, IoptError *err)
{
    const IoptTrialImages *const images = m->request->images;
    const double least = fmin(0.5, fmax(least_top1, 2.0 / (double)m->classes));
    IoptBudgetScore score;

    m->report->float_top1 = NAN;
    if (images->labelled == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_budget_score(m->before, m->before, images->images, m->classes, images->targets,
                               &score, err));
    m->report->float_top1 = score.top1_before;
    m->report->has_labels = score.top1_before >= least;
    m->report->labels_differ = !m->report->has_labels;
    m->targets = m->report->has_labels ? images->targets : NULL;
    return IOPT_OK;
}

static IoptStatus mix(IoptMixer *m, IoptGraph **out, IoptError *err)
{
    const IoptTrialImages *const images = m->request->images;
    IoptMixedReport *const report = m->report;

    IOPT_TRY(iopt_trial_outputs(m->graph, &m->request->plan, images, images->n_batches, m->classes,
                                m->before, err));
    IOPT_TRY(judge_labels(m, err));
    note_base(m);
    IOPT_TRY(build_full(m, out, err));
    IOPT_TRY(iopt_mixer_try_graph(m, *out, &m->scores[0], err));
    report->full = report->chosen = m->scores[0];
    report->is_met = true;
    if (!iopt_budget_is_kept_well(&report->full, m->request->budget, !report->has_labels)) {
        iopt_graph_destroy(*out);
        IOPT_TRY(iopt_mixer_return_layers(m, out, err));
    }
    count_layers(m);
    return IOPT_OK;
}

static IoptStatus allocate(IoptMixer *m, IoptError *err)
{
    const size_t layers = m->plan->n_layers, images = m->request->images->images;
    IoptMixedReport *const report = m->report;

    IOPT_TRY(iopt_alloc((void **)&m->before, images, m->classes * sizeof(float), err));
    IOPT_TRY(iopt_alloc((void **)&m->after, images, m->classes * sizeof(float), err));
    IOPT_TRY(iopt_alloc((void **)&m->base, layers, sizeof(bool), err));
    IOPT_TRY(iopt_alloc((void **)&m->wanted, layers, sizeof(bool), err));
    IOPT_TRY(iopt_alloc((void **)&m->small, layers, sizeof(IoptLayerUnit), err));
    IOPT_TRY(iopt_alloc((void **)&m->candidates, 2 * layers + 1, sizeof(IoptCandidate), err));
    IOPT_TRY(iopt_alloc((void **)&m->int8, 2 * layers + 1, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&m->left, 2 * layers + 1, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&m->scores, 2 * layers + 1, sizeof(IoptBudgetScore), err));
    IOPT_TRY(iopt_alloc((void **)&report->damage, layers, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&report->times, layers, sizeof(IoptLayerTime), err));
    for (size_t i = 0; i < layers; i++) {
        report->damage[i] = NAN;
        report->times[i] = (IoptLayerTime){ NAN, NAN };
        report->macs += iopt_layer_work(&m->plan->layers[i]);
    }
    return IOPT_OK;
}

/* What experiments run on: as much of the first batch as they can afford. */
static IoptStatus take_sample(IoptMixer *m, IoptError *err)
{
    const IoptTensor *const batch = m->request->images->batches[0];
    const double affordable = fmin(macs_of_sample / m->report->macs, MOST_SAMPLES);
    const size_t there = (size_t)batch->shape.dim[0];
    const size_t most = affordable < FEWEST_SAMPLES ? FEWEST_SAMPLES : (size_t)affordable;

    return iopt_trial_images_add(&m->sample, batch, most < there ? most : there, NULL, err);
}

static void free_mixer(IoptMixer *m)
{
    iopt_trial_images_free(&m->sample);
    iopt_layer_units_free(&m->units);
    free(m->before);
    free(m->after);
    free(m->base);
    free(m->wanted);
    free(m->small);
    free(m->candidates);
    free(m->int8);
    free(m->left);
    free(m->scores);
}

IoptStatus iopt_mixed_precision(const IoptGraph *graph, IoptQuantization *plan,
                                const IoptMixedRequest *request, IoptGraph **out,
                                IoptMixedReport *report, IoptError *err)
{
    IoptMixer m = { .graph = graph, .plan = plan, .request = request, .report = report };
    IoptStatus status = IOPT_OK;

    *out = NULL;
    if (request->images->n_batches == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "no images to judge the accuracy by");
    IOPT_DO(iopt_trial_classes(graph, &request->plan, request->images, &m.classes, err));
    IOPT_DO(allocate(&m, err));
    IOPT_DO(take_sample(&m, err));
    IOPT_DO(mix(&m, out, err));
done:
    if (status != IOPT_OK) {
        iopt_graph_destroy(*out);
        *out = NULL;
    }
    free_mixer(&m);
    return status;
}
