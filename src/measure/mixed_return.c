/* Returning layers to float until a budget holds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure/budget_search.h"
#include "measure/layer_ranking.h"
#include "measure/mixer.h"

enum { FEWEST_EXPERIMENTS = 24, MOST_EXPERIMENTS = 300 };
static const double macs_of_ranking = 8e12; /* of all experiments */
static const double widening_pays = 0.75;   /* of the noise must be left at most */

/* --- wide sums ------------------------------------------------------------------------------- */

static size_t count_wide(const IoptQuantization *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->n_points; i++)
        count += plan->points[i].is_used && plan->points[i].settled_bits > 8;
    return count;
}

/* Gives all sums 16 bits, and lets them if the output is the better for it. */
static IoptStatus try_wide(IoptMixer *m, IoptError *err)
{
    IoptQuantization *const plan = m->plan;
    IoptStatus status = IOPT_OK;
    double narrow, wide;
    void *block;

    if (m->request->techniques->wide == IOPT_WIDE_NEVER || plan->n_points == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, plan->n_points, sizeof(bool), err));
    bool *const had = block;
    const size_t before = count_wide(plan);
    for (size_t i = 0; i < plan->n_points; i++) {
        had[i] = plan->points[i].may_widen;
        plan->points[i].may_widen = had[i] || plan->points[i].role == IOPT_QUANT_SUM;
    }
    IOPT_DO(iopt_mixer_settle(m, err));
    bool helps = count_wide(plan) > before;
    if (helps) {
        IOPT_DO(iopt_mixer_experiment(m, m->base, &wide, err));
        for (size_t i = 0; i < plan->n_points; i++)
            plan->points[i].may_widen = had[i];
        IOPT_DO(iopt_mixer_experiment(m, m->base, &narrow, err));
        helps = wide <= widening_pays * narrow;
    }
    for (size_t i = 0; i < plan->n_points; i++)
        plan->points[i].may_widen = had[i] || (helps && plan->points[i].role == IOPT_QUANT_SUM);
    if (helps)
        IOPT_DO(iopt_mixer_try(m, m->base, &m->scores[0], err));
    m->report->is_widened = helps;
done:
    free(block);
    return status;
}

/* --- ranking --------------------------------------------------------------------------------- */

/* The layers of some units get a precision. */
static void want(IoptMixer *m, const IoptLayerUnit *units, size_t count, bool is_wanted)
{
    for (size_t u = 0; u < count; u++)
        for (size_t i = 0; i < units[u].count; i++)
            m->wanted[m->units.layers[units[u].first + i]] = is_wanted;
}

/* Only some of the units in eight bits. */
static IoptStatus try_units(void *context, size_t first, size_t count, double *damage,
                            IoptError *err)
{
    IoptMixer *const m = context;

    memset(m->wanted, 0, m->plan->n_layers * sizeof *m->wanted);
    want(m, m->units.units + first, count, true);
    return iopt_mixer_experiment(m, m->wanted, damage, err);
}

static size_t most_experiments(const IoptMixer *m)
{
    const double macs = m->report->macs * (double)m->sample.images;
    const double wanted = fmin(macs_of_ranking / macs, MOST_EXPERIMENTS);

    return wanted < FEWEST_EXPERIMENTS ? FEWEST_EXPERIMENTS : (size_t)wanted;
}

static IoptStatus rank(IoptMixer *m, IoptError *err)
{
    IoptLayerUnits *const all = &m->units;
    size_t used;
    void *block;

    IOPT_TRY(iopt_layer_units_find(m->plan, m->base, all, err));
    IOPT_TRY(iopt_alloc(&block, all->n_units, sizeof(double), err));
    const double *const damage = block;
    const IoptStatus status =
        iopt_rank_units(all->n_units, most_experiments(m), try_units, m, block, &used, err);
    for (size_t u = 0; u < all->n_units && status == IOPT_OK; u++) {
        IoptLayerUnit *const unit = &all->units[u];
        unit->damage = damage[u];
        for (size_t i = 0; i < unit->count; i++)
            m->report->damage[all->layers[unit->first + i]] = damage[u] / (double)unit->count;
    }
    iopt_sort_units(all->units, all->n_units);
    free(block);
    return status;
}

/* --- candidates ------------------------------------------------------------------------------ */

static double sum_damage(const IoptLayerUnit *units, size_t first, size_t end)
{
    double sum = 0;

    for (size_t u = first; u < end; u++)
        sum += units[u].damage;
    return sum;
}

/* Adds candidates of a list of units: those with enough in eight bits, or the others. */
static void add_candidates(IoptMixer *m, const IoptLayerUnit *units, bool with_enough,
                           size_t *returned)
{
    const size_t count = iopt_list_candidates(units, m->units.n_units, m->report->macs, returned);
    const double damage = sum_damage(units, 0, m->units.n_units);
    double work = 0;

    for (size_t u = 0; u < m->units.n_units; u++)
        work += units[u].work;
    for (size_t k = 0, u = 0; k < count; k++) {
        while (u < returned[k])
            work -= units[u++].work;
        const double share = work / m->report->macs;
        if (k > 0 && (share >= IOPT_ENOUGH_INT8) != with_enough)
            continue;
        if (k == 0 && m->n_candidates > 0)
            continue; /* the one with everything in eight bits is there */
        m->int8[m->n_candidates] = share;
        m->left[m->n_candidates] = damage > 0 ? sum_damage(units, u, m->units.n_units) / damage : 0;
        m->candidates[m->n_candidates++] = (IoptCandidate){ units, returned[k] };
    }
}

/* The worst units become float one by one; a candidate is where that makes a difference. */
static IoptStatus list_candidates(IoptMixer *m, IoptError *err)
{
    const IoptLayerUnits *const all = &m->units;
    void *block;

    IOPT_TRY(iopt_alloc(&block, all->n_units + 1, sizeof(size_t), err));
    if (all->n_units)
        memcpy(m->small, all->units, all->n_units * sizeof *m->small);
    const IoptStatus status =
        iopt_postpone_units(m->small, all->n_units, m->report->macs, IOPT_ENOUGH_INT8, err);
    if (status == IOPT_OK) {
        add_candidates(m, m->small, true, block);
        add_candidates(m, all->units, false, block);
    }
    free(block);
    return status;
}

static void choose_wanted(IoptMixer *m, size_t candidate)
{
    memcpy(m->wanted, m->base, m->plan->n_layers * sizeof *m->wanted);
    if (m->n_candidates > 0)
        want(m, m->candidates[candidate].units, m->candidates[candidate].returned, false);
}

static IoptStatus try_candidate(void *context, size_t candidate, IoptBudgetScore *score,
                                IoptError *err)
{
    IoptMixer *const m = context;

    if (candidate > 0) {
        choose_wanted(m, candidate);
        IOPT_TRY(iopt_mixer_try(m, m->wanted, &m->scores[candidate], err));
    }
    *score = m->scores[candidate];
    return IOPT_OK;
}

static IoptStatus search(IoptMixer *m, size_t *chosen, IoptError *err)
{
    const IoptBudgetSearch how = { .budget = m->request->budget,
                                   .has_no_labels = !m->report->has_labels,
                                   .int8 = m->int8,
                                   .left = m->left,
                                   .count = m->n_candidates,
                                   .attempt = try_candidate,
                                   .context = m };

    return iopt_budget_search(&how, chosen, err);
}

/* --- what became of it ----------------------------------------------------------------------- */

static void explain(IoptMixer *m, size_t candidate)
{
    const IoptLayerUnits *const all = &m->units;
    const IoptCandidate of = m->n_candidates ? m->candidates[candidate] : (IoptCandidate){ 0 };
    const double whole = sum_damage(all->units, 0, all->n_units);

    for (size_t u = 0; u < of.returned; u++) {
        const IoptLayerUnit *const unit = &of.units[u];
        for (size_t i = 0; i < unit->count; i++) {
            IoptQuantLayer *const layer = &m->plan->layers[all->layers[unit->first + i]];
            const int n = snprintf(layer->why, sizeof layer->why,
                                   "accuracy: %.1f %% of the damage for %.1f %% of the work",
                                   whole > 0 && isfinite(whole) ? 100 * unit->damage / whole : 0.0,
                                   100 * unit->work / m->report->macs);
            if (unit->count > 1 && n > 0 && (size_t)n < sizeof layer->why)
                (void)snprintf(layer->why + n, sizeof layer->why - (size_t)n,
                               ", with %zu that read the same", unit->count - 1);
        }
    }
}

static IoptStatus give_up(IoptMixer *m, IoptError *err)
{
    for (size_t i = 0; i < m->plan->n_layers; i++) {
        IoptQuantLayer *const layer = &m->plan->layers[i];
        if (m->base[i])
            (void)snprintf(layer->why, sizeof layer->why,
                           "the accuracy budget cannot be met in 8 bits");
        layer->precision = IOPT_PRECISION_FLOAT;
    }
    m->report->is_met = false;
    return iopt_mixer_settle(m, err);
}

IoptStatus iopt_mixer_return_layers(IoptMixer *m, IoptGraph **out, IoptError *err)
{
    size_t chosen = 0;

    *out = NULL;
    IOPT_TRY(try_wide(m, err));
    if (!iopt_budget_is_kept_well(&m->scores[0], m->request->budget, !m->report->has_labels)) {
        IOPT_TRY(rank(m, err));
        IOPT_TRY(list_candidates(m, err));
        IOPT_TRY(search(m, &chosen, err));
        if (chosen == m->n_candidates)
            return give_up(m, err);
    }
    m->report->chosen = m->scores[chosen];
    choose_wanted(m, chosen);
    IOPT_TRY(iopt_mixer_build(m, m->wanted, out, err));
    explain(m, chosen);
    return IOPT_OK;
}
