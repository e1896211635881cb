/* Halving the worst group of units. */
#include "measure/layer_ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const double work_step = 0.025;  /* from candidate to candidate: of the work, */
static const double damage_step = 0.05; /* or of the damage */

typedef struct Group {
    size_t first, count;
    double damage; /* of all its units */
} Group;

typedef struct Ranking {
    Group *groups;
    size_t n_groups, used, most;
    IoptTryUnits *attempt;
    void *context;
} Ranking;

static IoptStatus measure(Ranking *ranking, Group *group, IoptError *err)
{
    ranking->used++;
    return ranking->attempt(ranking->context, group->first, group->count, &group->damage, err);
}

/* The worst group of more than one unit, or NULL. */
static Group *find_worst(const Ranking *ranking)
{
    Group *worst = NULL;

    for (size_t i = 0; i < ranking->n_groups; i++) {
        Group *const group = &ranking->groups[i];
        if (group->count > 1 && group->damage > 0 && (!worst || group->damage > worst->damage))
            worst = group;
    }
    return worst;
}

static IoptStatus halve(Ranking *ranking, Group *group, IoptError *err)
{
    Group *const second = &ranking->groups[ranking->n_groups++];
    const size_t half = group->count / 2;
    const double whole = group->damage;

    *second = (Group){ group->first + half, group->count - half, 0 };
    group->count = half;
    IOPT_TRY(measure(ranking, group, err));
    if (!isfinite(whole) || group->damage > whole / 2)
        return measure(ranking, second, err);
    second->damage = whole - group->damage;
    return IOPT_OK;
}

static IoptStatus refine(Ranking *ranking, IoptError *err)
{
    IOPT_TRY(measure(ranking, &ranking->groups[0], err));
    while (ranking->used + 2 <= ranking->most) {
        Group *const worst = find_worst(ranking);
        if (!worst)
            break;
        IOPT_TRY(halve(ranking, worst, err));
    }
    return IOPT_OK;
}

IoptStatus iopt_rank_units(size_t n_units, size_t most, IoptTryUnits *attempt, void *context,
                           double *damage, size_t *used, IoptError *err)
{
    Ranking ranking = { .most = most, .attempt = attempt, .context = context };
    void *block;

    *used = 0;
    if (n_units == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, n_units, sizeof(Group), err));
    ranking.groups = block;
    ranking.groups[0] = (Group){ 0, n_units, 0 };
    ranking.n_groups = 1;
    const IoptStatus status = refine(&ranking, err);
    for (size_t i = 0; i < ranking.n_groups && status == IOPT_OK; i++)
        for (size_t k = 0; k < ranking.groups[i].count; k++)
            damage[ranking.groups[i].first + k] =
                ranking.groups[i].damage / (double)ranking.groups[i].count;
    *used = ranking.used;
    free(ranking.groups);
    return status;
}

static int compare_units(const void *a, const void *b)
{
    const IoptLayerUnit *const x = a, *const y = b;
    const double first = x->damage / x->work, second = y->damage / y->work;

    if (first < second || first > second)
        return first < second ? 1 : -1;
    return (x->first > y->first) - (x->first < y->first);
}

void iopt_sort_units(IoptLayerUnit *units, size_t count)
{
    if (count)
        qsort(units, count, sizeof *units, compare_units);
}

IoptStatus iopt_postpone_units(IoptLayerUnit *units, size_t count, double whole_work, double enough,
                               IoptError *err)
{
    size_t kept = 0, postponed = 0;
    double left = 0;
    void *block;

    IOPT_TRY(iopt_alloc(&block, count, sizeof *units, err));
    IoptLayerUnit *const later = block;
    for (size_t i = 0; i < count; i++)
        left += units[i].work;
    for (size_t i = 0; i < count; i++) {
        const IoptLayerUnit unit = units[i];
        if (left - unit.work >= enough * whole_work) {
            left -= unit.work;
            units[kept++] = unit;
        } else {
            later[postponed++] = unit;
        }
    }
    if (postponed)
        memcpy(units + kept, later, postponed * sizeof *units);
    free(block);
    return IOPT_OK;
}

size_t iopt_list_candidates(const IoptLayerUnit *units, size_t count, double whole_work,
                            size_t *out)
{
    double whole_damage = 0, work = 0, damage = 0;
    size_t n = 1;

    out[0] = 0;
    for (size_t i = 0; i < count; i++)
        whole_damage += units[i].damage;
    for (size_t i = 0; i + 1 < count; i++) {
        work += units[i].work;
        damage += units[i].damage;
        if (work < work_step * whole_work && damage < damage_step * whole_damage)
            continue;
        out[n++] = i + 1;
        work = damage = 0;
    }
    return n;
}
