/* Building variants and running them. */
#include "measure/mixer.h"

void iopt_mixer_tell(const IoptMixer *m, const char *what, size_t done)
{
    if (m->request->progress)
        m->request->progress(m->request->context, what, done);
}

IoptStatus iopt_mixer_settle(IoptMixer *m, IoptError *err)
{
    bool changed = false;

    IOPT_TRY(iopt_quantization_settle(m->plan, m->graph, m->request->techniques, err));
    if (m->request->calibration)
        iopt_calibration_widen(m->request->calibration, m->plan, &changed);
    if (!changed)
        return IOPT_OK;
    return iopt_quantization_settle(m->plan, m->graph, m->request->techniques, err);
}

IoptStatus iopt_mixer_build(IoptMixer *m, const bool *wanted, IoptGraph **out, IoptError *err)
{
    *out = NULL;
    for (size_t i = 0; i < m->plan->n_layers; i++)
        m->plan->layers[i].precision = wanted[i] ? IOPT_PRECISION_INT8 : IOPT_PRECISION_FLOAT;
    IOPT_TRY(iopt_mixer_settle(m, err));
    return iopt_quantization_apply(m->graph, m->plan, m->request->techniques, out, err);
}

/* Outputs of a graph on some images, against those of the float graph. */
static IoptStatus judge(IoptMixer *m, const IoptGraph *graph, const IoptTrialImages *images,
                        IoptBudgetScore *score, IoptError *err)
{
    IOPT_TRY(iopt_trial_outputs(graph, &m->request->plan, images, images->n_batches, m->classes,
                                m->after, err));
    return iopt_budget_score(m->before, m->after, images->images, m->classes, m->targets, score,
                             err);
}

IoptStatus iopt_mixer_try_graph(IoptMixer *m, const IoptGraph *graph, IoptBudgetScore *score,
                                IoptError *err)
{
    iopt_mixer_tell(m, "networks tried", m->report->trials++);
    return judge(m, graph, m->request->images, score, err);
}

IoptStatus iopt_mixer_try(IoptMixer *m, const bool *wanted, IoptBudgetScore *score, IoptError *err)
{
    IoptGraph *graph;

    IOPT_TRY(iopt_mixer_build(m, wanted, &graph, err));
    const IoptStatus status = iopt_mixer_try_graph(m, graph, score, err);
    iopt_graph_destroy(graph);
    return status;
}

IoptStatus iopt_mixer_experiment(IoptMixer *m, const bool *wanted, double *noise, IoptError *err)
{
    IoptBudgetScore score = { 0 };
    IoptGraph *graph;

    iopt_mixer_tell(m, "layers tried", m->report->experiments++);
    IOPT_TRY(iopt_mixer_build(m, wanted, &graph, err));
    const IoptStatus status = judge(m, graph, &m->sample, &score, err);
    iopt_graph_destroy(graph);
    *noise = score.noise;
    return status;
}
