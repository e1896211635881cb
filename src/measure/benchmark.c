/* Running in turn. */
#include "measure/benchmark.h"

#include <stdio.h>

#include "tensor/tensor.h"

/* Both sides once; ns[side] gets the times. */
static IoptStatus run_round(IoptBenchmark *benchmark, const IoptTensor *const *in, size_t first,
                            uint64_t *ns, IoptError *err)
{
    for (size_t i = 0; i < benchmark->n_sides; i++) {
        const size_t side = (first + i) % benchmark->n_sides;
        IoptNetwork *const network = benchmark->side[side].network;
        IOPT_TRY(iopt_network_feed(network, in, &ns[side], err));
        if (benchmark->n_sides > 1)
            iopt_network_rest(network);
    }
    return IOPT_OK;
}

IoptStatus iopt_benchmark_warm_up(IoptBenchmark *benchmark, const IoptTensor *const *in,
                                  size_t times, IoptError *err)
{
    uint64_t ns[IOPT_SIDES];

    for (size_t i = 0; i < times; i++)
        IOPT_TRY(run_round(benchmark, in, i, ns, err));
    return IOPT_OK;
}

/* Judges the outputs of the last run. */
static void judge(IoptBenchmark *benchmark, size_t count, const int64_t *targets)
{
    const size_t classes = benchmark->classes;
    const float *values[IOPT_SIDES] = { NULL, NULL };

    for (size_t side = 0; side < benchmark->n_sides; side++)
        values[side] = iopt_f32(iopt_network_output(benchmark->side[side].network, 0));
    for (size_t i = 0; i < count; i++) {
        const int64_t target = targets ? targets[i] : -1;
        IoptVerdict verdicts[IOPT_SIDES];
        for (size_t side = 0; side < benchmark->n_sides; side++)
            verdicts[side] = iopt_tally_add(&benchmark->side[side].tally,
                                            values[side] + i * classes, classes, target);
        if (benchmark->n_sides == IOPT_SIDES)
            iopt_pair_add(&benchmark->pair, &verdicts[IOPT_BEFORE], &verdicts[IOPT_AFTER]);
    }
    if (benchmark->n_sides == IOPT_SIDES)
        iopt_pair_compare(&benchmark->pair, values[IOPT_BEFORE], values[IOPT_AFTER],
                          count * classes);
}

IoptStatus iopt_benchmark_batch(IoptBenchmark *benchmark, const IoptTensor *const *in, size_t count,
                                const int64_t *targets, IoptError *err)
{
    uint64_t sum[IOPT_SIDES] = { 0, 0 }, ns[IOPT_SIDES] = { 0, 0 };

    for (size_t run = 0; run < benchmark->runs; run++) {
        IOPT_TRY(run_round(benchmark, in, benchmark->batches + run, ns, err));
        for (size_t side = 0; side < benchmark->n_sides; side++) {
            sum[side] += ns[side];
            if (count == benchmark->batch)
                IOPT_TRY(iopt_samples_add(&benchmark->side[side].ms, (double)ns[side] * 1e-6, err));
        }
    }
    for (size_t side = 0; side < benchmark->n_sides; side++)
        benchmark->side[side].inference_s += (double)sum[side] * 1e-9 / (double)benchmark->runs;
    if (benchmark->classes)
        judge(benchmark, count, targets);
    benchmark->images += count;
    benchmark->batches++;
    return IOPT_OK;
}

void iopt_benchmark_free(IoptBenchmark *benchmark)
{
    for (size_t side = 0; side < IOPT_SIDES; side++)
        iopt_samples_free(&benchmark->side[side].ms);
}

const char *iopt_benchmark_doubt(const IoptBenchmark *benchmark, const IoptSpeedup *speedup,
                                 const IoptSpread *spread, char *buffer, size_t size)
{
    enum { FEWEST = 3 };
    const double width = speedup->ci95.high - speedup->ci95.low;
    const size_t timed = benchmark->side[0].ms.count;

    if (benchmark->images == 0)
        return "no image was evaluated";
    if (timed < FEWEST)
        (void)snprintf(buffer, size, "only %zu timed runs; more images, --runs or a smaller batch",
                       timed);
    else if (benchmark->n_sides > 1 && width > speedup->median / 4)
        (void)snprintf(buffer, size, "the machine was too noisy: %.2fx .. %.2fx", speedup->ci95.low,
                       speedup->ci95.high);
    else if (benchmark->n_sides == 1 && spread->p90 > 1.5 * spread->p50)
        (void)snprintf(buffer, size, "the machine was too noisy: p90 is %.2f times the median",
                       spread->p90 / spread->p50);
    else
        return NULL;
    return buffer;
}
