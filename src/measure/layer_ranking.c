/* Halving the worst group of layers. */
#include "measure/layer_ranking.h"

#include <stdlib.h>

#include "base/memory.h"

static const double work_step = 0.025;  /* from candidate to candidate: of the work, */
static const double damage_step = 0.05; /* or of the damage */

typedef struct Group {
    size_t first, count;
    double damage; /* of all its layers */
} Group;

typedef struct Ranking {
    Group *groups;
    size_t n_groups, used, most;
    IoptTryLayers *attempt;
    void *context;
} Ranking;

static IoptStatus measure(Ranking *ranking, Group *group, IoptError *err)
{
    ranking->used++;
    return ranking->attempt(ranking->context, group->first, group->count, &group->damage, err);
}

/* The worst group of more than one layer, or NULL. */
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

    *second = (Group){ group->first + half, group->count - half, 0 };
    group->count = half;
    IOPT_TRY(measure(ranking, group, err));
    return measure(ranking, second, err);
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

IoptStatus iopt_rank_layers(size_t n_layers, size_t most, IoptTryLayers *attempt, void *context,
                            double *damage, size_t *used, IoptError *err)
{
    Ranking ranking = { .most = most, .attempt = attempt, .context = context };
    void *block;

    *used = 0;
    if (n_layers == 0)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc(&block, n_layers, sizeof(Group), err));
    ranking.groups = block;
    ranking.groups[0] = (Group){ 0, n_layers, 0 };
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

static int compare_layers(const void *a, const void *b)
{
    const IoptRankedLayer *const x = a, *const y = b;
    const double first = x->damage / x->work, second = y->damage / y->work;

    if (first < second || first > second)
        return first < second ? 1 : -1;
    return (x->layer > y->layer) - (x->layer < y->layer);
}

void iopt_sort_layers(IoptRankedLayer *layers, size_t count)
{
    if (count)
        qsort(layers, count, sizeof *layers, compare_layers);
}

size_t iopt_list_candidates(const IoptRankedLayer *layers, size_t count, double whole_work,
                            size_t *out)
{
    double whole_damage = 0, work = 0, damage = 0;
    size_t n = 1;

    out[0] = 0;
    for (size_t i = 0; i < count; i++)
        whole_damage += layers[i].damage;
    for (size_t i = 0; i + 1 < count; i++) {
        work += layers[i].work;
        damage += layers[i].damage;
        if (work < work_step * whole_work && damage < damage_step * whole_damage)
            continue;
        out[n++] = i + 1;
        work = damage = 0;
    }
    return n;
}
