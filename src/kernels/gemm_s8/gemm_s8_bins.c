/* Packing B into bins and words: see gemm_s8_bins.h. */
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
    Group *groups; /* `steps`, or NULL */
    size_t n_groups;
} SubPlan;

static size_t align_up(size_t bytes)
{
    return (bytes + IOPT_ALIGN_BYTES - 1) / IOPT_ALIGN_BYTES * IOPT_ALIGN_BYTES;
}

static bool too_long(size_t steps)
{
    return steps > IOPT_GEMM_S8_COPY_BYTES / (3 * STEP); /* as bytes, and as words */
}

/* At most all steps are words. */
static size_t sub_bytes(size_t steps, size_t width)
{
    return align_up(steps * sizeof(int32_t)) + align_up(2 * steps * width * STEP);
}

size_t iopt_gemm_s8_bins_bytes(const IoptGemmS8Info *info, size_t taps, size_t depth, size_t n)
{
    const size_t steps = iopt_gemm_s8_steps(taps, depth);
    const size_t sub_vectors = iopt_gemm_s8_sub_vectors(info->bin_vectors, steps);
    const size_t subs = iopt_gemm_s8_subs(iopt_gemm_vectors(n, info->lanes), sub_vectors);
    const size_t width = info->lanes * sub_vectors;

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

/* False if a group cannot even be in a bin of its own. */
static bool set_load(Group *group)
{
    memset(&group->load, 0, sizeof group->load);
    group->size = 0;
    for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < 2; i++) {
            const int w = group->weight[lane / 2][lane % 2 * 2 + i];
            uint8_t *const load = &group->load.lane[w < 0][lane];
            *load = (uint8_t)(*load + abs(w)); /* at most 256, which is 0 only for two of -128 */
            if (*load > LIMIT || (i == 1 && *load == 0 && w != 0))
                return false;
            group->size = *load > group->size ? *load : group->size;
        }
    return true;
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

/* Makes groups of the steps that may be in bins.  The offsets of the others go to `words`; returns
 * how many they are. */
static size_t make_groups(SubPlan *plan, int32_t *words)
{
    size_t n_words = 0;

    plan->n_groups = 0;
    for (size_t step = 0; step < plan->steps; step++) {
        Group *const group = plan->groups ? &plan->groups[plan->n_groups] : NULL;
        if (group) {
            *group = (Group){ .offset = (int32_t)(step * STEP) };
            take_step(plan, step, group->weight);
        }
        if (group && set_load(group))
            plan->n_groups++;
        else
            words[n_words++] = (int32_t)(step * STEP);
    }
    if (plan->n_groups > 1)
        qsort(plan->groups, plan->n_groups, sizeof *plan->groups, larger_first);
    return n_words;
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
static void pack_bins(SubPlan *plan, IoptGemmS8Sub *sub, int32_t *offsets, int8_t *b)
{
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

static void pack_words(const SubPlan *plan, const int32_t *offsets, size_t count, int16_t *b)
{
    for (size_t i = 0; i < count; i++) {
        int8_t weight[MAX_COLUMNS][STEP];
        take_step(plan, (size_t)offsets[i] / STEP, weight);
        for (size_t half = 0; half < STEP; half += 2)
            for (size_t j = 0; j < plan->width; j++) {
                *b++ = weight[j][half];
                *b++ = weight[j][half + 1];
            }
    }
}

/* Packs a sub-panel from byte `at` of `packed` on; returns where the next one may begin. */
static size_t pack_sub(SubPlan *plan, size_t at, IoptGemmS8Sub *sub, char *packed)
{
    const size_t b_at = at + align_up(plan->steps * sizeof(int32_t));
    const size_t step_bytes = plan->width * STEP;
    int32_t *const offsets = (int32_t *)(void *)(packed + at);
    const size_t words = make_groups(plan, offsets);

    *sub = (IoptGemmS8Sub){ .at = at, .b_at = b_at, .words = (uint32_t)words };
    pack_words(plan, offsets, words, (int16_t *)(void *)(packed + b_at));
    pack_bins(plan, sub, offsets + words, (int8_t *)packed + b_at + 2 * words * step_bytes);
    return b_at + align_up((plan->steps + words) * step_bytes);
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
    const size_t sub_vectors = iopt_gemm_s8_sub_vectors(info->bin_vectors, steps);
    const size_t width = info->lanes * sub_vectors;
    const size_t subs = iopt_gemm_s8_subs(iopt_gemm_vectors(w.n, info->lanes), sub_vectors);
    IoptGemmS8Head *const head = packed;
    IoptGemmS8Sub *const sub = (void *)((char *)packed + IOPT_ALIGN_BYTES);
    Group *const groups = too_long(steps) ? NULL : malloc(steps * sizeof *groups + 1);
    size_t at = IOPT_ALIGN_BYTES + align_up(subs * sizeof *sub);

    *head = (IoptGemmS8Head){ .quads = too_long(steps) };
    if (head->quads) {
        iopt_gemm_s8_quads_pack(info->lanes, &w, (int8_t *)packed + IOPT_ALIGN_BYTES);
        return;
    }
    for (size_t i = 0; i < subs; i++) {
        const size_t left = w.n - i * width, padded = iopt_gemm_vectors(left, info->lanes);
        SubPlan plan = { .weights = &w,
                         .column = i * width,
                         .columns = left < width ? left : width,
                         .width = left < width ? padded * info->lanes : width,
                         .steps = steps,
                         .groups = groups };
        at = pack_sub(&plan, at, &sub[i], packed);
        head->words |= sub[i].words > 0;
    }
    free(groups);
}
