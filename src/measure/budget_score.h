/* What a changed classifier costs, judged on few images.
 *
 * On n images a share of 0.5 / n is half an image: counts alone cannot tell a small loss from luck.
 * So next to the count stands an estimate to which every image contributes: how likely a
 * disturbance of the size that was measured turns the decision, given how clear the decision was.
 *
 *   margin       log-probability of the target minus the greatest other one; the image is right
 *                where it is positive
 *   disturbance  margin after minus margin before
 *   expected     images sorted by margin; each meets the disturbances of its IOPT_SCORE_NEIGHBOURS
 *                nearest (clear decisions are disturbed more than close ones): the share of those
 *                that would make it wrong.  Expected loss = share right before - expected right.
 *                And each stands for images of about its margin: it moves by up to as much as the
 *                IOPT_SCORE_CLOSE closest decisions have of a margin (a triangle), so that it does
 *                not matter on which side of zero just these few happen to lie.
 *
 * Without a target the class that the network gave before stands for it: then the loss is how often
 * the two disagree, which no loss of accuracy can exceed.
 */
#ifndef IOPT_MEASURE_BUDGET_SCORE_H
#define IOPT_MEASURE_BUDGET_SCORE_H

#include "base/status.h"
#include "measure/accuracy.h"

enum {
    IOPT_SCORE_NEIGHBOURS = 32,
    IOPT_SCORE_CLOSE = 64 /* or a third of the images, if that is less */
};

typedef struct IoptBudgetScore {
    size_t images, labelled; /* of the labelled ones all below but `agreed` and `divergence` */
    size_t agreed;           /* the same class before and after */
    size_t lost, won;        /* right before and no longer, wrong before and now right */
    double top1_before, top1_after; /* shares; agreement with itself is 1 */
    double loss;                    /* top1_before - top1_after, in points */
    IoptInterval loss_95;           /* its interval (iopt_pair_interval), in points */
    double expected_loss;           /* in points */
    double divergence;              /* mean of sum p log(p / p'), in nats */
    double
        noise; /* mean variance over the classes of the change of log p: the size of the damage */
} IoptBudgetScore;

/* Compares outputs of `images` rows of `classes` values: probabilities, or anything whose softmax
 * they are.
 *
 *   targets  a class per image, -1 where there is none; NULL, or without any: see above
 *
 * A NaN after makes an image wrong, and the divergence infinite. */
IOPT_MUST_USE IoptStatus iopt_budget_score(const float *before, const float *after, size_t images,
                                           size_t classes, const int64_t *targets,
                                           IoptBudgetScore *out, IoptError *err);

/* The greater of the two losses: what has to fit into a budget. */
double iopt_budget_loss(const IoptBudgetScore *score);

/* What may be counted: the budget, or one image if that is more than the budget (not 0): to
 * lose none or one is luck then, and only the expected loss tells. */
double iopt_budget_tolerance(const IoptBudgetScore *score, double budget);

#endif
