/* Packing B into bins or words: see gemm_s8_bins.h. */
#include "kernels/gemm_s8/gemm_s8_bins.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEP = IOPT_GEMM_S8_STEP,
    MAX_COLUMNS = 16,        /* of a sub-panel */
    LANES = 2 * MAX_COLUMNS, /* of 16 bits */
    LIMIT = 128,             /* of what meets in one lane, either sign: 255 * 128 < 2^15 */
    MAX_TRIES = 256          /* partners looked at for a group */
};

/* What is compared when groups are paired: in each lane the sum of the positive weights, and of
 * the negative ones; each at most LIMIT. */
typedef union Load {
    uint8_t lane[2][LANES];
    uint64_t word[2 * LANES / 8];
} Load;

typedef struct Group {
    int32_t offset;
    uint32_t size; /* of its weights: large ones look for a partner first */
    bool taken;
    int8_t weight[MAX_COLUMNS][STEP];
    Load load;
} Group;

/* A sub-panel on its way. */
typedef struct SubPlan {
    const IoptGemmS8Weights *weights;
    size_t column, columns; /* of B, without what fills up the last vector */
    size_t width;           /* with that */
    size_t steps;
    Group *groups; /* 2 * steps, or NULL */
    size_t n_groups;
} SubPlan;

static size_t align_up(size_t bytes)
{
    return (bytes + IOPT_ALIGN_BYTES - 1) / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
}

static bool too_long(size_t steps)
{
    return steps > IOPT_GEMM_S8_COPY_BYTES / STEP;
}

/* At most each group is split in two; words take as much. */
static size_t sub_bytes(size_t steps, size_t width)
{
    return align_up(2 * steps * sizeof(int32_t)) + align_up(2 * steps * width * STEP);
}

size_t iopt_gemm_s8_bins_bytes(const IoptGemmS8Info *info, size_t taps, size_t depth, size_t n)
{
    const size_t steps = iopt_gemm_s8_steps(taps, depth);
    const size_t subs = iopt_gemm_s8_subs(iopt_gemm_s8_vectors(n, info->lanes), info->bin_vectors);
    const size_t width = info->lanes * info->bin_vectors;

    if (too_long(steps))
        return IOPT_ALIGN_BYTES + iopt_gemm_s8_quads_bytes(info->lanes, taps, depth, n);
    return IOPT_ALIGN_BYTES + align_up(subs * sizeof(IoptGemmS8Sub)) +
           subs * sub_bytes(steps, width);
}

/* The weights of one step, the missing ones zero; STEP rows of `width` columns. */
static void take_step(const SubPlan *plan, size_t step, int8_t weight[MAX_COLUMNS][STEP])
{
    const IoptGemmS8Weights *const w = plan->weights;
    const size_t depth_steps = iopt_gemm_s8_depth_steps(w->depth);
    const size_t tap = step / depth_steps, d = step % depth_steps * STEP;
    const int8_t *const b = w->b + (tap * w->depth + d) * w->k_stride + plan->column * w->n_stride;

    memset(weight, 0, MAX_COLUMNS * STEP);
    for (size_t i = 0; i < STEP && d + i < w->depth; i++)
        for (size_t j = 0; j < plan->columns; j++)
            weight[j][i] = b[i * w->k_stride + j * w->n_stride];
}

/* Moves what is beyond the limit in a lane from the larger of its two weights to `rest`. */
static bool clip_lane(int8_t pair[2], int8_t rest[2])
{
    const int sum = pair[0] + pair[1];
    const bool same_sign = (pair[0] > 0) == (pair[1] > 0);
    const int excess = sum > LIMIT ? sum - LIMIT : sum < -LIMIT ? sum + LIMIT : 0;

    rest[0] = rest[1] = 0;
    if (!same_sign || excess == 0)
        return false;
    const int larger = abs(pair[1]) > abs(pair[0]);
    pair[larger] = (int8_t)(pair[larger] - excess);
    rest[larger] = (int8_t)excess;
    return true;
}

static void set_load(Group *group)
{
    memset(&group->load, 0, sizeof group->load);
    group->size = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < 2; i++) {
            const int w = group->weight[lane / 2][lane % 2 * 2 + i];
            uint8_t *const load = &group->load.lane[w < 0][lane];
            *load = (uint8_t)(*load + abs(w));
            group->size = *load > group->size ? *load : group->size;
        }
}

static int larger_first(const void *a, const void *b)
{
    const Group *const x = a, *const y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Whether both fit into one bin.  Eight lanes at a time: the average of two bytes, rounded up, is
 * above LIMIT / 2 where their sum is above LIMIT; adding 127 - 64 then sets its highest bit. */
static bool fit(const Load *a, const Load *b)
{
    uint64_t over = 0;

    for (size_t i = 0; i < IOPT_COUNT(a->word); i++) {
        const uint64_t x = a->word[i], y = b->word[i];
        const uint64_t average = (x | y) - (((x ^ y) >> 1) & 0x7f7f7f7f7f7f7f7fU);
        over |= (average + 0x3f3f3f3f3f3f3f3fU) & 0x8080808080808080U;
    }
    return over == 0;
}

/* Clips a group to the limit; false if there is no rest. */
static bool clip_group(Group *group, Group *rest)
{
    bool clipped = false;

    *rest = (Group){ .offset = group->offset };
    for (size_t lane = 0; lane < LANES; lane++)
        clipped |= clip_lane(&group->weight[lane / 2][lane % 2 * 2],
                             &rest->weight[lane / 2][lane % 2 * 2]);
    return clipped;
}

static void make_groups(SubPlan *plan)
{
    Group *group = plan->groups;

    for (size_t step = 0; step < plan->steps; step++, group++) {
        *group = (Group){ .offset = (int32_t)(step * STEP) };
        take_step(plan, step, group->weight);
        const bool split = clip_group(group, group + 1);
        set_load(group);
        if (split)
            set_load(++group);
    }
    plan->n_groups = (size_t)(group - plan->groups);
    qsort(plan->groups, plan->n_groups, sizeof *plan->groups, larger_first);
}

/* Writes a group behind the `done` ones. */
static void put(const SubPlan *plan, Group *group, size_t done, int32_t *offsets, int8_t *b)
{
    offsets[done] = group->offset;
    memcpy(b + done * plan->width * STEP, group->weight, plan->width * STEP);
    group->taken = true;
}

static Group *partner_of(const SubPlan *plan, size_t index)
{
    const Group *const group = &plan->groups[index];
    size_t tries = 0;

    for (size_t i = index + 1; i < plan->n_groups && tries < MAX_TRIES; i++) {
        Group *const other = &plan->groups[i];
        if (other->taken)
            continue;
        if (fit(&group->load, &other->load))
            return other;
        tries++;
    }
    return NULL;
}

/* First fit, by decreasing size: pairs first, then those that found none. */
static void pack_bins(SubPlan *plan, IoptGemmS8Sub *sub, char *packed)
{
    int32_t *const offsets = (int32_t *)(void *)(packed + sub->at);
    int8_t *const b = (int8_t *)packed + sub->b_at;
    size_t done = 0;

    for (size_t i = 0; i < plan->n_groups; i++) {
        Group *const group = &plan->groups[i], *const other =
                                                   group->taken ? NULL : partner_of(plan, i);
        if (other) {
            put(plan, group, done, offsets, b);
            put(plan, other, done + 1, offsets, b);
            done += 2;
        }
    }
    sub->pairs = (uint32_t)(done / 2);
    for (size_t i = 0; i < plan->n_groups; i++)
        if (!plan->groups[i].taken)
            put(plan, &plan->groups[i], done++, offsets, b);
    sub->single = (uint32_t)done - 2 * sub->pairs;
}

static void pack_words(const SubPlan *plan, const IoptGemmS8Sub *sub, char *packed)
{
    int16_t *b = (int16_t *)(void *)(packed + sub->b_at);

    for (size_t step = 0; step < plan->steps; step++) {
        int8_t weight[MAX_COLUMNS][STEP];
        take_step(plan, step, weight);
        for (size_t half = 0; half < STEP; half += 2)
            for (size_t j = 0; j < plan->width; j++) {
                *b++ = weight[j][half];
                *b++ = weight[j][half + 1];
            }
    }
}

/* Multiplications decide: 3 vectors of them for a pair, 2 for a single group, 2 for a step of
 * words (and some to widen A). */
static bool words_are_faster(const SubPlan *plan, const IoptGemmS8Sub *sub)
{
    return 3.0 * sub->pairs + 2.0 * sub->single > 2.2 * (double)plan->steps;
}

/* Packs a sub-panel from byte `at` of `packed` on; returns where the next one may begin. */
static size_t pack_sub(SubPlan *plan, size_t at, IoptGemmS8Sub *sub, char *packed)
{
    const bool may_words = plan->steps <= IOPT_GEMM_S8_WORDS_STEPS;

    if (plan->groups) {
        make_groups(plan);
        *sub = (IoptGemmS8Sub){ .at = at, .b_at = at + align_up(plan->n_groups * sizeof(int32_t)) };
        pack_bins(plan, sub, packed);
        if (!may_words || !words_are_faster(plan, sub))
            return sub->b_at + align_up(plan->n_groups * plan->width * STEP);
    }
    *sub = (IoptGemmS8Sub){ .at = at, .b_at = at, .words = true };
    pack_words(plan, sub, packed);
    return sub->b_at + align_up(plan->steps * plan->width * STEP * sizeof(int16_t));
}

/* B with short segments joined; its rows are the same. */
static IoptGemmS8Weights joined(const IoptGemmS8Weights *weights)
{
    IoptGemmS8Weights w = *weights;

    if (iopt_gemm_s8_joins(w.taps, w.depth)) {
        w.depth *= w.taps;
        w.taps = 1;
    }
    return w;
}

void iopt_gemm_s8_bins_pack(const IoptGemmS8Info *info, const IoptGemmS8Weights *weights,
                            void *packed)
{
    const IoptGemmS8Weights w = joined(weights);
    const size_t steps = iopt_gemm_s8_steps(w.taps, w.depth);
    const size_t width = info->lanes * info->bin_vectors;
    const size_t subs =
        iopt_gemm_s8_subs(iopt_gemm_s8_vectors(w.n, info->lanes), info->bin_vectors);
    IoptGemmS8Head *const head = packed;
    IoptGemmS8Sub *const sub = (void *)((char *)packed + IOPT_ALIGN_BYTES);
    Group *const groups = too_long(steps) ? NULL : malloc(2 * steps * sizeof *groups + 1);
    size_t at = IOPT_ALIGN_BYTES + align_up(subs * sizeof *sub);

    *head = (IoptGemmS8Head){ .quads = too_long(steps) ||
                                       (!groups && steps > IOPT_GEMM_S8_WORDS_STEPS) };
    if (head->quads) {
        free(groups);
        iopt_gemm_s8_quads_pack(info->lanes, &w, (int8_t *)packed + IOPT_ALIGN_BYTES);
        return;
    }
    for (size_t i = 0; i < subs; i++) {
        const size_t left = w.n - i * width, padded = iopt_gemm_s8_vectors(left, info->lanes);
        SubPlan plan = { .weights = &w,
                         .column = i * width,
                         .columns = left < width ? left : width,
                         .width = left < width ? padded * info->lanes : width,
                         .steps = steps,
                         .groups = groups };
        at = pack_sub(&plan, at, &sub[i], packed);
        head->words |= sub[i].words;
    }
    free(groups);
}
