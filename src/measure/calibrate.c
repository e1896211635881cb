/* Statistics of values over images. */
#include "measure/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/checked.h"
#include "measure/network.h"
#include "platform/thread_pool.h"
#include "tensor/tensor.h"

enum { MOST_IMAGES = 16 };
static const size_t most_watched_bytes = 192u << 20;

typedef struct Job {
    const IoptCalibrateRun *run;
    IoptStatistics *statistics;
    IoptGraph *graph; /* with the watched values as outputs */
    IoptNetwork *network;
    IoptPool *pool;
    size_t fed;    /* images of this batch */
    size_t *order; /* of the values, the largest first, so that threads end together */
} Job;

void iopt_statistics_free(IoptStatistics *statistics)
{
    for (size_t i = 0; statistics->values && i < statistics->n_values; i++) {
        iopt_histogram_free(&statistics->values[i].histogram);
        free(statistics->values[i].channel_sum);
    }
    free(statistics->values);
    *statistics = (IoptStatistics){ 0 };
}

/* Values of one image, as far as the facts tell. */
static size_t elems_of_image(IoptFact fact)
{
    size_t elems = 1;

    for (int i = 1; i < fact.shape.rank; i++)
        if (fact.shape.dim[i] > 0 && !iopt_mul_size(elems, (size_t)fact.shape.dim[i], &elems))
            return most_watched_bytes;
    return elems;
}

size_t iopt_calibrate_batch(const IoptGraph *graph, const IoptWatch *watches, size_t n_watches)
{
    const IoptShape input =
        graph->n_inputs ? iopt_fact_at(graph->inputs[0]).shape : iopt_shape_unknown();
    size_t bytes = 1;
    IoptValue value;

    if (input.rank > 0 && input.dim[0] > 0)
        return (size_t)input.dim[0];
    for (size_t i = 0; i < n_watches && bytes < most_watched_bytes; i++)
        if (iopt_graph_find_value(graph, watches[i].value, &value, NULL) == IOPT_OK)
            bytes += sizeof(float) * elems_of_image(iopt_fact_at(value));
    const size_t images = most_watched_bytes / bytes;
    return images < 1 ? 1 : images > MOST_IMAGES ? MOST_IMAGES : images;
}

/* --- setting up ------------------------------------------------------------------------------- */

static IoptStatus watch_outputs(Job *job, IoptError *err)
{
    const IoptCalibrateRun *const run = job->run;
    IoptStatus status = IOPT_OK;
    IoptValue *values = NULL;

    IOPT_TRY(iopt_graph_clone(run->graph, &job->graph, err));
    IOPT_DO(iopt_alloc((void **)&values, run->n_watches, sizeof *values, err));
    for (size_t i = 0; i < run->n_watches; i++)
        IOPT_DO(iopt_graph_find_value(job->graph, run->watches[i].value, &values[i], err));
    IOPT_DO(iopt_graph_set_outputs(job->graph, values, run->n_watches, err));
done:
    free(values);
    return status;
}

static IoptStatus check_types(const Job *job, IoptError *err)
{
    const IoptPlan *const plan = iopt_network_plan(job->network);

    if (iopt_plan_inputs(plan) != 1)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "images go into one input; this graph has %zu (--inputs chooses, --set "
                         "gives the others a value)",
                         iopt_plan_inputs(plan));
    for (size_t i = 0; i < iopt_plan_outputs(plan); i++)
        if (iopt_plan_output(plan, i)->dtype != IOPT_F32)
            return iopt_fail(err, IOPT_INVALID_ARGUMENT, "value '%s' is %s; want float",
                             iopt_plan_output(plan, i)->name,
                             iopt_dtype_name(iopt_plan_output(plan, i)->dtype));
    return IOPT_OK;
}

static IoptStatus make_statistics(const Job *job, IoptError *err)
{
    const IoptCalibrateRun *const run = job->run;
    IoptStatistics *const statistics = job->statistics;

    IOPT_TRY(iopt_alloc((void **)&statistics->values, run->n_watches, sizeof(IoptWatched), err));
    statistics->n_values = run->n_watches;
    for (size_t i = 0; i < run->n_watches; i++) {
        statistics->values[i].value = run->watches[i].value;
        statistics->values[i].by_value = run->watches[i].by_value;
        if (run->watches[i].by_value)
            IOPT_TRY(iopt_histogram_init(&statistics->values[i].histogram, err));
    }
    return IOPT_OK;
}

static IoptStatus set_up(Job *job, IoptError *err)
{
    IoptPlanOptions options = job->run->plan;

    options.batch = (int64_t)job->run->batch;
    IOPT_TRY(make_statistics(job, err));
    IOPT_TRY(iopt_alloc((void **)&job->order, job->run->n_watches, sizeof *job->order, err));
    IOPT_TRY(watch_outputs(job, err));
    IOPT_TRY(iopt_network_create(job->graph, &options, &job->network, err));
    IOPT_TRY(check_types(job, err));
    const size_t threads = iopt_plan_threads(iopt_network_plan(job->network));
    return threads > 1 ? iopt_pool_create(threads, &job->pool, err) : IOPT_OK;
}

static void tear_down(Job *job)
{
    iopt_pool_destroy(job->pool);
    iopt_network_destroy(job->network);
    iopt_graph_destroy(job->graph);
    free(job->order);
}

/* --- one batch -------------------------------------------------------------------------------- */

static void add_sums(IoptWatched *watched, const float *values, size_t count)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < count; i++) {
        const double value = (double)values[i];
        sum += value;
        squares += value * value;
    }
    watched->sum += sum;
    watched->squares += squares;
}

static void add_channels(IoptWatched *watched, const float *values, size_t count)
{
    const size_t channels = watched->channels;
    double *restrict const sum = watched->channel_sum;
    double *restrict const squares = watched->channel_squares;
    float *restrict const peak = watched->channel_peak;

    for (size_t row = 0; row < count / channels; row++, values += channels)
        for (size_t c = 0; c < channels; c++) {
            const double value = (double)values[c];
            const float size = fabsf(values[c]);
            sum[c] += value;
            squares[c] += value * value;
            peak[c] = size > peak[c] ? size : peak[c];
        }
    watched->rows += (double)(count / channels);
}

/* The same of [channels][places]. */
static void add_planes(IoptWatched *watched, const float *values, size_t count)
{
    const size_t places = count / watched->channels;

    for (size_t c = 0; c < watched->channels; c++, values += places) {
        double sum = 0, squares = 0;
        float peak = watched->channel_peak[c];
        for (size_t i = 0; i < places; i++) {
            const double value = (double)values[i];
            const float size = fabsf(values[i]);
            sum += value;
            squares += value * value;
            peak = size > peak ? size : peak;
        }
        watched->channel_sum[c] += sum;
        watched->channel_squares[c] += squares;
        watched->channel_peak[c] = peak;
    }
    watched->rows += (double)places;
}

/* A value's images one after the other, so that sums do not depend on the batch. */
static void watch(void *context, size_t index)
{
    Job *const job = context;
    const size_t i = job->order[index];
    IoptWatched *const watched = &job->statistics->values[i];
    const IoptTensor *const tensor = iopt_network_output(job->network, i);
    const size_t count = iopt_elems(tensor);
    const size_t images = tensor->shape.rank > 0 ? (size_t)tensor->shape.dim[0] : 1;
    const size_t fed = images == job->run->batch ? job->fed : images; /* the others repeat one */

    for (size_t image = 0; image < fed; image++) {
        const float *const values = iopt_f32(tensor) + image * (count / images);
        if (watched->by_value)
            iopt_histogram_add(&watched->histogram, values, count / images);
        if (watched->channels && job->run->watches[i].channels_first)
            add_planes(watched, values, count / images);
        else if (watched->channels)
            add_channels(watched, values, count / images);
        else
            add_sums(watched, values, count / images);
    }
}

/* Channels are known at the latest with the first batch. */
static IoptStatus make_channels(const IoptWatch *wanted, const IoptTensor *tensor,
                                IoptWatched *watched, IoptError *err)
{
    const int rank = tensor->shape.rank;
    const int axis = wanted->channels_first ? 1 : rank - 1;
    const size_t channels = axis >= 0 && axis < rank ? (size_t)tensor->shape.dim[axis] : 1;

    if (!wanted->by_channel || channels == 0)
        return IOPT_OK;
    if (watched->channels && watched->channels != channels)
        return iopt_fail(err, IOPT_UNSUPPORTED, "value '%s': %zu channels after %zu",
                         watched->value, channels, watched->channels);
    if (watched->channels)
        return IOPT_OK;
    IOPT_TRY(iopt_alloc((void **)&watched->channel_sum, channels,
                        2 * sizeof(double) + sizeof(float), err));
    watched->channel_squares = watched->channel_sum + channels;
    watched->channel_peak = (float *)(watched->channel_squares + channels);
    watched->channels = channels;
    return IOPT_OK;
}

/* By insertion: the order hardly changes from batch to batch. */
static void sort_by_size(Job *job)
{
    for (size_t i = 0; i < job->statistics->n_values; i++) {
        const size_t bytes = iopt_network_output(job->network, i)->bytes;
        size_t at = i;
        for (; at > 0; at--) {
            if (iopt_network_output(job->network, job->order[at - 1])->bytes >= bytes)
                break;
            job->order[at] = job->order[at - 1];
        }
        job->order[at] = i;
    }
}

static IoptStatus feed(Job *job, const IoptTensor *images, IoptError *err)
{
    IOPT_TRY(iopt_network_feed(job->network, &images, NULL, err));
    for (size_t i = 0; i < job->statistics->n_values; i++)
        IOPT_TRY(make_channels(&job->run->watches[i], iopt_network_output(job->network, i),
                               &job->statistics->values[i], err));
    sort_by_size(job);
    job->fed = (size_t)images->shape.dim[0];
    iopt_network_rest(job->network); /* its threads would wait awake, on our cores */
    iopt_pool_run(job->pool, watch, job, job->statistics->n_values);
    iopt_pool_rest(job->pool);
    job->statistics->images += (size_t)images->shape.dim[0];
    return IOPT_OK;
}

static IoptStatus feed_all(Job *job, IoptError *err)
{
    const IoptCalibrateRun *const run = job->run;
    const IoptTensor *images;

    for (;;) {
        IOPT_TRY(iopt_check_cancelled(err));
        IOPT_TRY(run->next(run->next_context, &images, err));
        if (!images)
            return IOPT_OK;
        IOPT_TRY(feed(job, images, err));
        if (run->progress)
            run->progress(run->progress_context, job->statistics->images);
    }
}

/* The sums of a value are those of its channels. */
static void finish(IoptStatistics *statistics)
{
    for (size_t i = 0; i < statistics->n_values; i++) {
        IoptWatched *const watched = &statistics->values[i];
        for (size_t c = 0; c < watched->channels; c++) {
            watched->sum += watched->channel_sum[c];
            watched->squares += watched->channel_squares[c];
        }
    }
}

IoptStatus iopt_calibrate(const IoptCalibrateRun *run, IoptStatistics *out, IoptError *err)
{
    Job job = { .run = run, .statistics = out };

    *out = (IoptStatistics){ 0 };
    IoptStatus status = set_up(&job, err);
    if (status == IOPT_OK)
        status = feed_all(&job, err);
    finish(out);
    tear_down(&job);
    return status;
}
