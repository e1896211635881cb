/* NonMaxSuppressionV2, V3: the best boxes that do not overlap much
 *
 *   in      boxes [n,4]: two opposite corners y, x each; scores [n]; max_output_size, one int32;
 *           iou_threshold, one float; V3: score_threshold, one float
 *   out     indices [m] of int32, best first; a box is left out if its intersection with one taken
 *           before, by their union, is above the threshold, or if its score is not above the other
 *   exact   of equal scores the lower index comes first
 *   source  TensorFlow ops "NonMaxSuppressionV2", "NonMaxSuppressionV3"
 */
#include <math.h>
#include <stdlib.h>

#include "ops/ints.h"

typedef struct Candidate {
    float score;
    int32_t index;
} Candidate;

static int compare_scores(const void *a, const void *b)
{
    const Candidate *const x = a, *const y = b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static float overlap(const float *a, const float *b)
{
    const float a_top = fminf(a[0], a[2]), a_bottom = fmaxf(a[0], a[2]);
    const float a_left = fminf(a[1], a[3]), a_right = fmaxf(a[1], a[3]);
    const float b_top = fminf(b[0], b[2]), b_bottom = fmaxf(b[0], b[2]);
    const float b_left = fminf(b[1], b[3]), b_right = fmaxf(b[1], b[3]);
    const float area_a = (a_bottom - a_top) * (a_right - a_left);
    const float area_b = (b_bottom - b_top) * (b_right - b_left);

    if (!(area_a > 0) || !(area_b > 0))
        return 0;
    const float height = fmaxf(fminf(a_bottom, b_bottom) - fmaxf(a_top, b_top), 0);
    const float width = fmaxf(fminf(a_right, b_right) - fmaxf(a_left, b_left), 0);
    return height * width / (area_a + area_b - height * width);
}

typedef struct Selection {
    Candidate *candidates; /* the first `count` are taken; free() it */
    size_t count;
} Selection;

static IoptStatus select_boxes(const IoptTensor *const *in, size_t n_in, Selection *out,
                               IoptError *err)
{
    const float *const boxes = iopt_f32(in[0]), *const scores = iopt_f32(in[1]);
    const float iou_threshold = *iopt_f32(in[3]);
    const float score_threshold = n_in > 4 ? *iopt_f32(in[4]) : -INFINITY;
    const int64_t limit = iopt_tensor_get_i64(in[2], 0);
    const size_t n = iopt_elems(in[1]);
    size_t n_candidates = 0;
    void *block;

    *out = (Selection){ NULL, 0 };
    IOPT_TRY(iopt_alloc(&block, n, sizeof(Candidate), err));
    Candidate *const c = block;
    for (size_t i = 0; i < n; i++)
        if (scores[i] > score_threshold)
            c[n_candidates++] = (Candidate){ scores[i], (int32_t)i };
    qsort(c, n_candidates, sizeof *c, compare_scores);
    for (size_t i = 0; i < n_candidates && (int64_t)out->count < limit; i++) {
        bool taken = true;
        for (size_t k = 0; taken && k < out->count; k++)
            taken = !(overlap(boxes + 4 * c[i].index, boxes + 4 * c[k].index) > iou_threshold);
        if (taken)
            c[out->count++] = c[i];
    }
    out->candidates = c;
    return IOPT_OK;
}

static IoptStatus infer(const IoptNode *node, const IoptFact *in, IoptFact *out, IoptError *err)
{
    const IoptTensor *values[5];
    IoptTensor *copies[5] = { NULL };
    IoptStatus status = IOPT_OK;
    Selection selection = { NULL, 0 };
    int64_t count = -1;
    bool known = true;

    if (!iopt_may_have_rank(&in[0], 2) || !iopt_may_have_rank(&in[1], 1) ||
        !iopt_dims_agree(in[0].shape.rank < 0 ? -1 : in[0].shape.dim[1], 4) ||
        !iopt_dims_agree(iopt_dim_or_unknown(&in[0].shape, 0),
                         iopt_dim_or_unknown(&in[1].shape, 0)))
        return iopt_bad_inputs(node, in, err, "boxes [n,4] and scores [n]");
    for (size_t i = 1; i < node->n_in; i++)
        if ((i >= 2 && !iopt_may_have_rank(&in[i], 0)) ||
            (in[i].dtype && in[i].dtype != (i == 2 ? IOPT_I32 : IOPT_F32)))
            return iopt_bad_inputs(node, in, err, "boxes, scores, a count and float thresholds");
    for (size_t i = 0; i < node->n_in; i++)
        known = known && in[i].value;
    for (size_t i = 0; known && i < node->n_in; i++) { /* a constant may lie at any address */
        IOPT_DO(iopt_tensor_clone(in[i].value, &copies[i], err));
        values[i] = copies[i];
    }
    if (known) {
        IOPT_DO(select_boxes(values, node->n_in, &selection, err));
        count = (int64_t)selection.count;
    }
    out[0] = iopt_fact(IOPT_I32, iopt_shape(1, &count));
done:
    free(selection.candidates);
    for (size_t i = 0; i < node->n_in; i++)
        iopt_tensor_destroy(copies[i]);
    return status;
}

static IoptStatus eval(const IoptNode *node, const IoptTensor *const *in, IoptTensor *const *out,
                       IoptError *err)
{
    Selection selection;

    IOPT_TRY(select_boxes(in, node->n_in, &selection, err));
    for (size_t i = 0; i < selection.count && i < iopt_elems(out[0]); i++)
        iopt_i32_mut(out[0])[i] = selection.candidates[i].index;
    free(selection.candidates);
    return IOPT_OK;
}

const IoptOp iopt_op_non_max_suppression_v2 = {
    .name = "NonMaxSuppressionV2",
    .n_in = 4,
    .n_out = 1,
    .dtypes = "float",
    .brief = "the best boxes that do not overlap much",
    .infer = infer,
    .eval = eval,
};

const IoptOp iopt_op_non_max_suppression_v3 = {
    .name = "NonMaxSuppressionV3",
    .n_in = 5,
    .n_out = 1,
    .dtypes = "float",
    .brief = "the best boxes that do not overlap much",
    .infer = infer,
    .eval = eval,
};
