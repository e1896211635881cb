/* One model in a process of its own. */
#include "measure/solo.h"

#include "measure/network.h"
#include "platform/child.h"
#include "platform/clock.h"

typedef struct Job {
    IoptOpenModel *open;
    void *context;
    const IoptPlanOptions *options;
    uint64_t seed;
} Job;

static double ms_since(uint64_t start)
{
    return (double)(iopt_now_ns() - start) * 1e-6;
}

/* The child ends behind this: what is still allocated goes with it. */
static IoptStatus work(void *context, void *result, IoptError *err)
{
    const Job *const job = context;
    IoptSolo *const solo = result;
    IoptModel model;
    IoptNetwork *network;
    IoptTensor **inputs;
    uint64_t ns = 0;

    (void)iopt_peak_rss_reset();
    const uint64_t start = iopt_now_ns();
    IOPT_TRY(job->open(job->context, &model, err));
    solo->open_ms = ms_since(start);
    IOPT_TRY(iopt_network_create(model.graph, job->options, &network, err));
    solo->load_ms = ms_since(start);
    solo->plan_ms = solo->load_ms - solo->open_ms;
    const IoptPlan *const plan = iopt_network_plan(network);
    IOPT_TRY(iopt_seeded_inputs(plan, job->seed, &inputs, err));
    IOPT_TRY(iopt_network_feed(network, (const IoptTensor *const *)inputs, &ns, err));
    solo->first_run_ms = (double)ns * 1e-6;
    solo->peak_rss_bytes = iopt_peak_rss_bytes();
    solo->plan = iopt_plan_bytes(plan);
    solo->images =
        iopt_plan_inputs(plan) && inputs[0]->shape.rank > 0 ? (size_t)inputs[0]->shape.dim[0] : 1;
    return IOPT_OK;
}

IoptStatus iopt_solo_measure(IoptOpenModel *open, void *context, const IoptPlanOptions *options,
                             uint64_t seed, IoptSolo *out, IoptError *err)
{
    Job job = { open, context, options, seed };

    return iopt_child_run(work, &job, out, sizeof *out, err);
}
