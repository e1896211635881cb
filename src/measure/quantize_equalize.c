/* The step of recipe int8 that equalizes channels, by what they are on images or as a file says. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "measure/calibration_images.h"
#include "measure/channel_factors.h"
#include "measure/quantize_job.h"
#include "passes/int8/equalize.h"
#include "platform/clock.h"

enum { IMAGES = 64 };

/* What weights that are refined err, against those rounded to the nearest. */
static const double refined_noise = 0.3, least_gain = 0.95;

typedef struct Measure {
    IoptQuantizeJob *job;
    IoptChannelSets sets;
    IoptWatch *watches;
    const IoptNode **nodes; /* of the watches */
    size_t n_watches;
    IoptStatistics statistics;
    double *peak, *power, *factor; /* by set */
} Measure;

/* The first images only. */
typedef struct FirstImages {
    IoptCalibrationImages images;
    size_t seen;
} FirstImages;

static IoptStatus next_of_first(void *context, const IoptTensor **out, IoptError *err)
{
    FirstImages *const first = context;

    *out = NULL;
    if (first->seen >= IMAGES)
        return IOPT_OK;
    IOPT_TRY(iopt_calibration_images_next(&first->images, out, err));
    first->seen += *out ? (size_t)(*out)->shape.dim[0] : 0;
    return IOPT_OK;
}

static void on_images(void *context, size_t images)
{
    const IoptQuantizeRequest *const request = context;

    if (request->progress)
        request->progress(request->context, "photos looked at", images);
}

/* Values that layers read. */
static IoptStatus find_watches(Measure *m, IoptError *err)
{
    const IoptGraph *const graph = m->job->graph;
    void *watches, *nodes;

    IOPT_TRY(iopt_alloc(&watches, graph->n_nodes, sizeof(IoptWatch), err));
    m->watches = watches;
    IOPT_TRY(iopt_alloc(&nodes, graph->n_nodes, sizeof(IoptNode *), err));
    m->nodes = nodes;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const IoptChannels *const channels = &m->sets.nodes[i];
        const bool is_first = channels->axis == 1 && channels->rank > 2;
        if (!channels->is_read || channels->count == 0 ||
            (!is_first && channels->axis != channels->rank - 1))
            continue;
        m->nodes[m->n_watches] = graph->nodes[i];
        m->watches[m->n_watches++] = (IoptWatch){ .value = graph->nodes[i]->name,
                                                  .by_channel = true,
                                                  .channels_first = is_first };
    }
    return IOPT_OK;
}

static IoptStatus watch(Measure *m, IoptError *err)
{
    const IoptQuantizeRequest *const request = m->job->request;
    IoptLoaderOptions loader = request->loader;
    FirstImages first = { 0 };

    if (m->n_watches == 0)
        return IOPT_OK;
    const IoptCalibrateRun run = {
        .graph = m->job->graph,
        .watches = m->watches,
        .n_watches = m->n_watches,
        .plan = request->plan,
        .batch = iopt_calibrate_batch(m->job->graph, m->watches, m->n_watches),
        .next = next_of_first,
        .next_context = &first,
        .progress = on_images,
        .progress_context = (void *)(uintptr_t)request,
    };

    loader.batch = run.batch;
    IoptStatus status = iopt_calibration_images_open(request->images, &loader, &first.images, err);
    if (status == IOPT_OK)
        status = iopt_calibrate(&run, &m->statistics, err);
    iopt_calibration_images_close(&first.images);
    return status;
}

static IoptStatus make_arrays(Measure *m, IoptError *err)
{
    const size_t n = m->sets.n_sets;
    void *block;

    IOPT_TRY(iopt_alloc(&block, n, 3 * sizeof(double), err));
    m->peak = block;
    m->power = m->peak + n;
    m->factor = m->power + n;
    return IOPT_OK;
}

/* The most that any value with a set's channels had. */
static void gather(Measure *m)
{
    for (size_t i = 0; i < m->statistics.n_values; i++) {
        const IoptWatched *const watched = &m->statistics.values[i];
        const IoptChannels *const channels = iopt_channels_of(&m->sets, m->nodes[i]);
        if (watched->channels != channels->count || !(watched->rows > 0))
            continue;
        for (size_t c = 0; c < channels->count; c++) {
            const size_t set = m->sets.of[channels->first + c];
            m->peak[set] = fmax(m->peak[set], (double)watched->channel_peak[c]);
            m->power[set] = fmax(m->power[set], watched->channel_squares[c] / watched->rows);
        }
    }
}

static IoptStatus measure(Measure *m, IoptEqualizeReport *report, IoptError *err)
{
    const bool refined = m->job->request->techniques.refine_weights;

    IOPT_TRY(find_watches(m, err));
    IOPT_TRY(watch(m, err));
    gather(m);
    const IoptEqualizeInput input = { m->peak, m->power, least_gain, refined ? refined_noise : 1 };
    IOPT_TRY(iopt_equalize_choose(m->job->graph, &m->sets, &input, m->factor, report, err));
    for (size_t set = 0; set < m->sets.n_sets; set++)
        m->factor[set] = (double)(float)m->factor[set]; /* as a file will tell it */
    return iopt_channel_factors_keep(m->job->graph, &m->sets, m->factor, &m->job->equalized, err);
}

static IoptStatus read_factors(Measure *m, IoptEqualizeReport *report, IoptError *err)
{
    IOPT_TRY(iopt_channel_factors_read(&m->job->report->calibration, m->job->graph, &m->sets,
                                       m->factor, err));
    for (size_t set = 0; set < m->sets.n_sets; set++)
        report->sets += m->factor[set] != 1;
    return IOPT_OK;
}

static IoptStatus equalize(Measure *m, IoptEqualizeReport *report, char *note, size_t size,
                           IoptError *err)
{
    const IoptQuantizeRequest *const request = m->job->request;

    IOPT_TRY(iopt_channel_sets_find(m->job->graph, &m->sets, err));
    IOPT_TRY(make_arrays(m, err));
    if (request->load_file)
        IOPT_TRY(read_factors(m, report, err));
    else if (request->images)
        IOPT_TRY(measure(m, report, err));
    (void)snprintf(note, size, "%zu of %zu channels%s", report->sets, m->sets.n_sets,
                   request->load_file ? ", as the calibration says" : "");
    if (report->sets == 0)
        return IOPT_OK;
    if (!request->load_file)
        (void)snprintf(note, size, "%zu of %zu channels: noise of values and weights %.1f dB less",
                       report->sets, m->sets.n_sets, report->noise_db);
    return iopt_equalize_apply(m->job->graph, &m->sets, m->factor, err);
}

static void free_measure(Measure *m)
{
    iopt_channel_sets_free(&m->sets);
    iopt_statistics_free(&m->statistics);
    free(m->watches);
    free(m->nodes);
    free(m->peak);
}

IoptStatus iopt_quantize_equalize(IoptQuantizeJob *job, IoptError *err)
{
    IoptPassEntry entry = iopt_quantize_entry(job->graph, "equalize_channels");
    IoptEqualizeReport report = { 0 };
    Measure m = { .job = job };
    const uint64_t start = iopt_now_ns();

    iopt_graph_compact(job->graph);
    const IoptStatus status = equalize(&m, &report, entry.note, sizeof entry.note, err);
    entry.ms = 1e3 * iopt_seconds_since(start);
    entry.outcome = report.sets ? IOPT_PASS_CHANGED : IOPT_PASS_NOTHING;
    entry.changes = report.sets;
    free_measure(&m);
    return status == IOPT_OK ? iopt_quantize_log(job, &entry, err)
                             : iopt_while(err, status, "calibration");
}
