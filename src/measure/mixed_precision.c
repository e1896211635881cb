/* Choosing precisions: building variants of the quantized graph and judging them. */
#include "measure/mixed_precision.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/budget_search.h"
#include "measure/layer_ranking.h"

enum { TIMED_RUNS = 5 };
enum { FEW_BATCHES = 4, FEWEST_EXPERIMENTS = 24, MOST_EXPERIMENTS = 100 };
static const double macs_of_few = 1e11;     /* of one experiment's images, about */
static const double macs_of_ranking = 6e12; /* of all experiments */
static const double slower = 1.1;           /* times the float time: eight bits do not pay */
static const double matters = 0.001;        /* of the whole time: what a layer has to cost */
static const double least_top1 = 0.05;      /* of the float graph, for labels to count */
static const double widening_pays = 0.75;   /* of the divergence must be left at most */

typedef struct Mixer {
    const IoptGraph *graph;
    IoptQuantization *plan;
    const IoptMixedRequest *request;
    IoptMixedReport *report;
    size_t classes, few;    /* few: batches of an experiment */
    float *before, *after;  /* outputs on all images */
    bool *base;             /* layers that are in eight bits in candidate 0 */
    bool *wanted;           /* scratch of variants */
    const int64_t *targets; /* NULL: agreement counts */

    IoptRankedLayer *ranked; /* the worst layer first */
    size_t n_ranked;
    size_t *returned; /* of each candidate: how many of them are float */
    double *int8;     /* share of the work in eight bits */
    size_t n_candidates;
    IoptBudgetScore *scores;
} Mixer;

void iopt_mixed_report_free(IoptMixedReport *report)
{
    free(report->damage);
    free(report->times);
    *report = (IoptMixedReport){ 0 };
}

static void tell(const Mixer *m, const char *what, size_t done)
{
    if (m->request->progress)
        m->request->progress(m->request->context, what, done);
}

static double work_of(const IoptQuantLayer *layer)
{
    return layer->macs > 1 ? layer->macs : 1;
}

/* --- variants -------------------------------------------------------------------------------- */

static bool is_int8(const Mixer *m, size_t layer)
{
    return m->plan->layers[layer].precision == IOPT_PRECISION_INT8;
}

static IoptStatus settle(Mixer *m, IoptError *err)
{
    bool changed = false;

    IOPT_TRY(iopt_quantization_settle(m->plan, m->graph, m->request->techniques, err));
    if (m->request->calibration)
        iopt_calibration_widen(m->request->calibration, m->plan, &changed);
    if (!changed)
        return IOPT_OK;
    return iopt_quantization_settle(m->plan, m->graph, m->request->techniques, err);
}

static IoptStatus build(Mixer *m, const bool *wanted, IoptGraph **out, IoptError *err)
{
    *out = NULL;
    for (size_t i = 0; i < m->plan->n_layers; i++)
        m->plan->layers[i].precision = wanted[i] ? IOPT_PRECISION_INT8 : IOPT_PRECISION_FLOAT;
    IOPT_TRY(settle(m, err));
    return iopt_quantization_apply(m->graph, m->plan, m->request->techniques, out, err);
}

static IoptStatus run_images(Mixer *m, const IoptGraph *graph, size_t batches, float *rows,
                             IoptError *err)
{
    return iopt_trial_outputs(graph, &m->request->plan, m->request->images, batches, m->classes,
                              rows, err);
}

/* A variant on all images. */
static IoptStatus try_graph(Mixer *m, const IoptGraph *graph, IoptBudgetScore *score,
                            IoptError *err)
{
    const IoptTrialImages *const images = m->request->images;

    tell(m, "networks tried", m->report->trials++);
    IOPT_TRY(run_images(m, graph, images->n_batches, m->after, err));
    return iopt_budget_score(m->before, m->after, images->images, m->classes, m->targets, score,
                             err);
}

static IoptStatus try_variant(Mixer *m, const bool *wanted, IoptBudgetScore *score, IoptError *err)
{
    IoptGraph *graph;

    IOPT_TRY(build(m, wanted, &graph, err));
    const IoptStatus status = try_graph(m, graph, score, err);
    iopt_graph_destroy(graph);
    return status;
}

/* --- speed ----------------------------------------------------------------------------------- */

static void note_base(Mixer *m)
{
    for (size_t i = 0; i < m->plan->n_layers; i++)
        m->base[i] = is_int8(m, i);
}

/* Layers that eight bits make slower become float; tells whether there are any. */
static bool drop_slow(Mixer *m)
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
static IoptStatus build_full(Mixer *m, IoptGraph **out, IoptError *err)
{
    IOPT_TRY(build(m, m->base, out, err));
    note_base(m);
    if (m->request->ignore_times)
        return IOPT_OK;
    tell(m, "layers timed", 0);
    IOPT_TRY(iopt_layer_times(m->graph, *out, m->plan, &m->request->plan,
                              m->request->images->batches[0], TIMED_RUNS, m->report->times,
                              &m->report->whole, err));
    if (!drop_slow(m))
        return IOPT_OK;
    iopt_graph_destroy(*out);
    IOPT_TRY(build(m, m->base, out, err));
    note_base(m);
    return IOPT_OK;
}

/* --- wide sums ------------------------------------------------------------------------------- */

static size_t count_wide(const IoptQuantization *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->n_points; i++)
        count += plan->points[i].is_used && plan->points[i].settled_bits > 8;
    return count;
}

/* Gives all sums 16 bits, and lets them if the output is the better for it. */
static IoptStatus try_wide(Mixer *m, IoptError *err)
{
    IoptQuantization *const plan = m->plan;
    IoptStatus status = IOPT_OK;
    IoptBudgetScore score;
    bool *had;

    if (m->request->techniques->wide == IOPT_WIDE_NEVER || plan->n_points == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc((void **)&had, plan->n_points, sizeof *had, err));
    const size_t before = count_wide(plan);
    for (size_t i = 0; i < plan->n_points; i++) {
        had[i] = plan->points[i].may_widen;
        plan->points[i].may_widen = had[i] || plan->points[i].role == IOPT_QUANT_SUM;
    }
    IOPT_DO(settle(m, err));
    bool helps = count_wide(plan) > before;
    if (helps) {
        IOPT_DO(try_variant(m, m->base, &score, err));
        helps = score.divergence <= widening_pays * m->scores[0].divergence &&
                iopt_budget_loss(&score) <= iopt_budget_loss(&m->scores[0]);
    }
    if (helps)
        m->scores[0] = score;
    for (size_t i = 0; i < plan->n_points && !helps; i++)
        plan->points[i].may_widen = had[i];
    m->report->is_widened = helps;
done:
    free(had);
    return status;
}

/* --- ranking --------------------------------------------------------------------------------- */

/* Only some of the layers in eight bits. */
static IoptStatus try_few(void *context, size_t first, size_t count, double *damage, IoptError *err)
{
    Mixer *const m = context;
    const IoptTrialImages *const images = m->request->images;
    IoptStatus status = IOPT_OK;
    IoptBudgetScore score;
    IoptGraph *graph;
    size_t n = 0;

    tell(m, "layers tried", m->report->experiments++);
    memset(m->wanted, 0, m->plan->n_layers * sizeof *m->wanted);
    for (size_t i = first; i < first + count; i++)
        m->wanted[m->ranked[i].layer] = true;
    for (size_t i = 0; i < m->few; i++)
        n += (size_t)images->batches[i]->shape.dim[0];
    IOPT_TRY(build(m, m->wanted, &graph, err));
    IOPT_DO(run_images(m, graph, m->few, m->after, err));
    IOPT_DO(iopt_budget_score(m->before, m->after, n, m->classes, NULL, &score, err));
    *damage = score.divergence;
done:
    iopt_graph_destroy(graph);
    return status;
}

static IoptStatus rank(Mixer *m, IoptError *err)
{
    const double batch = (double)m->request->images->batches[0]->shape.dim[0];
    const double wanted =
        fmin(macs_of_ranking / (m->report->macs * batch * (double)m->few), MOST_EXPERIMENTS);
    const size_t most = wanted < FEWEST_EXPERIMENTS ? FEWEST_EXPERIMENTS : (size_t)wanted;
    size_t used;
    void *block;

    for (size_t i = 0; i < m->plan->n_layers; i++)
        if (m->base[i])
            m->ranked[m->n_ranked++] = (IoptRankedLayer){ i, 0, work_of(&m->plan->layers[i]) };
    IOPT_TRY(iopt_alloc(&block, m->n_ranked, sizeof(double), err));
    const double *const damage = block;
    const IoptStatus status = iopt_rank_layers(m->n_ranked, most, try_few, m, block, &used, err);
    for (size_t i = 0; i < m->n_ranked && status == IOPT_OK; i++) {
        m->ranked[i].damage = damage[i];
        m->report->damage[m->ranked[i].layer] = damage[i];
    }
    iopt_sort_layers(m->ranked, m->n_ranked);
    free(block);
    return status;
}

/* --- candidates ------------------------------------------------------------------------------ */

/* The worst layers become float one by one; a candidate is where that makes a difference. */
static void list_candidates(Mixer *m)
{
    double work = 0;
    size_t left = m->n_ranked;

    m->n_candidates = iopt_list_candidates(m->ranked, m->n_ranked, m->report->macs, m->returned);
    for (size_t k = m->n_candidates; k-- > 0;) {
        while (left > m->returned[k])
            work += m->ranked[--left].work;
        m->int8[k] = work / m->report->macs;
    }
}

static void choose_wanted(Mixer *m, size_t candidate)
{
    memcpy(m->wanted, m->base, m->plan->n_layers * sizeof *m->wanted);
    for (size_t i = 0; i < m->returned[candidate]; i++)
        m->wanted[m->ranked[i].layer] = false;
}

static IoptStatus try_candidate(void *context, size_t candidate, double *loss, IoptError *err)
{
    Mixer *const m = context;

    if (candidate > 0) {
        choose_wanted(m, candidate);
        IOPT_TRY(try_variant(m, m->wanted, &m->scores[candidate], err));
    }
    *loss = iopt_budget_loss(&m->scores[candidate]);
    return IOPT_OK;
}

static void explain(Mixer *m, size_t candidate)
{
    double whole = 0;

    for (size_t i = 0; i < m->n_ranked; i++)
        whole += m->ranked[i].damage;
    for (size_t i = 0; i < m->returned[candidate]; i++) {
        const IoptRankedLayer *const ranked = &m->ranked[i];
        IoptQuantLayer *const layer = &m->plan->layers[ranked->layer];
        (void)snprintf(layer->why, sizeof layer->why,
                       "accuracy: %.1f %% of the damage for %.1f %% of the work",
                       whole > 0 ? 100 * ranked->damage / whole : 0.0,
                       100 * ranked->work / m->report->macs);
    }
}

static IoptStatus give_up(Mixer *m, IoptError *err)
{
    for (size_t i = 0; i < m->plan->n_layers; i++) {
        IoptQuantLayer *const layer = &m->plan->layers[i];
        if (m->base[i])
            (void)snprintf(layer->why, sizeof layer->why,
                           "the accuracy budget cannot be met in 8 bits");
        layer->precision = IOPT_PRECISION_FLOAT;
    }
    return settle(m, err);
}

static IoptStatus search(Mixer *m, size_t *chosen, IoptError *err)
{
    const IoptBudgetSearch how = { .budget = m->request->budget,
                                   .needs_no_reserve = !m->report->has_labels,
                                   .int8 = m->int8,
                                   .count = m->n_candidates,
                                   .attempt = try_candidate,
                                   .context = m };

    return iopt_budget_search(&how, chosen, err);
}

/* --- all together ---------------------------------------------------------------------------- */

static bool is_enough(const Mixer *m)
{
    return iopt_budget_loss(&m->scores[0]) <=
           iopt_budget_wish(m->request->budget, !m->report->has_labels);
}

/* Candidate 0 is not good enough. */
static IoptStatus return_layers(Mixer *m, IoptGraph **out, IoptError *err)
{
    size_t chosen = 0;

    iopt_graph_destroy(*out);
    *out = NULL;
    IOPT_TRY(try_wide(m, err));
    if (!is_enough(m)) {
        IOPT_TRY(rank(m, err));
        list_candidates(m);
        IOPT_TRY(search(m, &chosen, err));
    }
    if (m->n_candidates > 0 && chosen == m->n_candidates) {
        m->report->is_met = false;
        return give_up(m, err);
    }
    m->report->chosen = m->scores[chosen];
    memcpy(m->wanted, m->base, m->plan->n_layers * sizeof *m->wanted);
    if (m->n_candidates > 0)
        choose_wanted(m, chosen);
    IOPT_TRY(build(m, m->wanted, out, err));
    if (m->n_candidates > 0)
        explain(m, chosen);
    return IOPT_OK;
}

static void count_layers(Mixer *m)
{
    m->report->layers_int8 = 0;
    m->report->macs_int8 = 0;
    for (size_t i = 0; i < m->plan->n_layers; i++)
        if (is_int8(m, i)) {
            m->report->layers_int8++;
            m->report->macs_int8 += work_of(&m->plan->layers[i]);
        }
}

/* Labels that the float graph hardly ever gives are those of something else (a folder of photos
 * looks like one class): then they do not count. */
static IoptStatus judge_labels(Mixer *m, IoptError *err)
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

static IoptStatus mix(Mixer *m, IoptGraph **out, IoptError *err)
{
    IoptMixedReport *const report = m->report;

    IOPT_TRY(run_images(m, m->graph, m->request->images->n_batches, m->before, err));
    IOPT_TRY(judge_labels(m, err));
    note_base(m);
    IOPT_TRY(build_full(m, out, err));
    IOPT_TRY(try_graph(m, *out, &m->scores[0], err));
    report->full = report->chosen = m->scores[0];
    report->is_met = true;
    if (!is_enough(m))
        IOPT_TRY(return_layers(m, out, err));
    count_layers(m);
    return IOPT_OK;
}

static IoptStatus allocate(Mixer *m, IoptError *err)
{
    const size_t layers = m->plan->n_layers, images = m->request->images->images;
    IoptMixedReport *const report = m->report;

    IOPT_TRY(iopt_alloc((void **)&m->before, images, m->classes * sizeof(float), err));
    IOPT_TRY(iopt_alloc((void **)&m->after, images, m->classes * sizeof(float), err));
    IOPT_TRY(iopt_alloc((void **)&m->base, layers, sizeof(bool), err));
    IOPT_TRY(iopt_alloc((void **)&m->wanted, layers, sizeof(bool), err));
    IOPT_TRY(iopt_alloc((void **)&m->ranked, layers, sizeof(IoptRankedLayer), err));
    IOPT_TRY(iopt_alloc((void **)&m->returned, layers + 1, sizeof(size_t), err));
    IOPT_TRY(iopt_alloc((void **)&m->int8, layers + 1, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&m->scores, layers + 1, sizeof(IoptBudgetScore), err));
    IOPT_TRY(iopt_alloc((void **)&report->damage, layers, sizeof(double), err));
    IOPT_TRY(iopt_alloc((void **)&report->times, layers, sizeof(IoptLayerTime), err));
    for (size_t i = 0; i < layers; i++) {
        report->damage[i] = NAN;
        report->times[i] = (IoptLayerTime){ NAN, NAN };
        report->macs += work_of(&m->plan->layers[i]);
    }
    return IOPT_OK;
}

static size_t few_batches(const Mixer *m)
{
    const IoptTrialImages *const images = m->request->images;
    const double batch = m->report->macs * (double)images->batches[0]->shape.dim[0];
    size_t few = batch > 0 ? (size_t)fmin(macs_of_few / batch, FEW_BATCHES) : FEW_BATCHES;

    few = few < 1 ? 1 : few;
    return few < images->n_batches ? few : images->n_batches;
}

static void free_mixer(Mixer *m)
{
    free(m->before);
    free(m->after);
    free(m->base);
    free(m->wanted);
    free(m->ranked);
    free(m->returned);
    free(m->int8);
    free(m->scores);
}

IoptStatus iopt_mixed_precision(const IoptGraph *graph, IoptQuantization *plan,
                                const IoptMixedRequest *request, IoptGraph **out,
                                IoptMixedReport *report, IoptError *err)
{
    Mixer m = { .graph = graph, .plan = plan, .request = request, .report = report };

    *out = NULL;
    if (request->images->n_batches == 0)
        return iopt_fail(err, IOPT_BAD_DATA, "no images to judge the accuracy by");
    IoptStatus status = iopt_trial_classes(graph, &request->plan, request->images, &m.classes, err);
    if (status == IOPT_OK)
        status = allocate(&m, err);
    if (status == IOPT_OK) {
        m.few = few_batches(&m);
        status = mix(&m, out, err);
    }
    if (status != IOPT_OK) {
        iopt_graph_destroy(*out);
        *out = NULL;
    }
    free_mixer(&m);
    return status;
}
