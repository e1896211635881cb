/* Halving the worst group of layers. */
#include "measure/layer_ranking.h"

#include <stdlib.h>

#include "base/memory.h"

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
