/* Counting what is right, and how sure that is. */
#include "measure/accuracy.h"

#include <float.h>
#include <math.h>

static const double z95 = 1.959963984540054; /* the normal distribution's 97.5 % point */

enum { TOP_5 = 5 };

size_t iopt_top1(const float *values, size_t count)
{
    float best = -INFINITY;
    size_t at = 0;
    bool found = false;

    for (size_t i = 0; i < count; i++)
        if (values[i] > best || (!found && values[i] == best)) {
            best = values[i];
            at = i;
            found = true;
        }
    return at;
}

size_t iopt_rank_of(const float *values, size_t count, size_t target)
{
    const float value = values[target];
    size_t rank = 0;

    if (isnan(value))
        return count;
    for (size_t i = 0; i < count; i++)
        rank += values[i] > value || (values[i] == value && i < target);
    return rank;
}

static bool is_distribution(const float *values, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        if (!(values[i] >= 0))
            return false;
        sum += (double)values[i];
    }
    return fabs(sum - 1) <= 1e-3;
}

double iopt_probability(const float *values, size_t count, size_t target)
{
    const size_t first = iopt_top1(values, count);
    const double largest = (double)values[first];
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        if (isnan(values[i]))
            return (double)NAN;
    if (is_distribution(values, count))
        return (double)values[target];
    if (isinf(largest)) /* exp(inf - inf) is NaN: the first infinite one takes all */
        return target == first;
    for (size_t i = 0; i < count; i++)
        sum += exp((double)values[i] - largest);
    return exp((double)values[target] - largest) / sum;
}

IoptInterval iopt_wilson_interval(size_t hits, size_t count)
{
    const double n = (double)count, z2 = z95 * z95;

    if (count == 0)
        return (IoptInterval){ 0, 1 };
    const double p = (double)hits / n, centre = p + z2 / (2 * n);
    const double half = z95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
    /* no hits, or nothing but hits: the formula gives 0 or 1, but for rounding */
    return (IoptInterval){ hits == 0 ? 0 : (centre - half) / (1 + z2 / n),
                           hits == count ? 1 : (centre + half) / (1 + z2 / n) };
}

IoptVerdict iopt_tally_add(IoptTally *tally, const float *values, size_t classes, int64_t target)
{
    IoptVerdict verdict = { .top1 = iopt_top1(values, classes), .labelled = target >= 0 };

    verdict.probability = iopt_probability(values, classes, verdict.top1);
    tally->images++;
    tally->not_numbers += isnan(verdict.probability) ? 1 : 0;
    if (!verdict.labelled)
        return verdict;
    const double p = iopt_probability(values, classes, (size_t)target);
    verdict.correct = verdict.top1 == (size_t)target;
    tally->labelled++;
    tally->top1 += verdict.correct;
    tally->top5 += iopt_rank_of(values, classes, (size_t)target) < TOP_5;
    tally->loss_sum -= log(p > (double)FLT_MIN ? p : (double)FLT_MIN); /* NaN counts as that, too */
    return verdict;
}

static double share(double part, size_t whole)
{
    return whole ? part / (double)whole : (double)NAN;
}

double iopt_tally_top1(const IoptTally *tally)
{
    return share((double)tally->top1, tally->labelled);
}

double iopt_tally_top5(const IoptTally *tally)
{
    return share((double)tally->top5, tally->labelled);
}

double iopt_tally_loss(const IoptTally *tally)
{
    return share(tally->loss_sum, tally->labelled);
}

void iopt_pair_add(IoptPair *pair, const IoptVerdict *before, const IoptVerdict *after)
{
    pair->images++;
    pair->agreed += before->top1 == after->top1;
    if (!before->labelled)
        return;
    pair->labelled++;
    pair->lost += before->correct && !after->correct;
    pair->won += !before->correct && after->correct;
}

void iopt_pair_compare(IoptPair *pair, const float *before, const float *after, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const float a = before[i], b = after[i];
        double difference = 0;
        if (isnan(a) != isnan(b))
            difference = (double)INFINITY;
        else if (!isnan(a) && a != b) /* equal infinities differ by nothing */
            difference = fabs((double)a - (double)b);
        if (difference > pair->largest)
            pair->largest = difference;
    }
}

double iopt_pair_change(const IoptPair *pair)
{
    return share((double)pair->won - (double)pair->lost, pair->labelled);
}

IoptInterval iopt_pair_interval(const IoptPair *pair)
{
    const double n = (double)pair->labelled + 2;
    const double a = ((double)pair->won + 1) / n, b = ((double)pair->lost + 1) / n;
    const double half = z95 * sqrt((a + b - (a - b) * (a - b)) / n);

    if (pair->labelled == 0)
        return (IoptInterval){ (double)NAN, (double)NAN };
    return (IoptInterval){ fmax(a - b - half, -1), fmin(a - b + half, 1) };
}
