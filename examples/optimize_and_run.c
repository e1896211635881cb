/* The smallest whole use of libiopt: loads a graph, optimizes it, runs it once on zeros.
 *
 *     cc optimize_and_run.c -o optimize_and_run $(pkg-config --cflags --libs iopt)
 *     ./optimize_and_run net.pb
 */
#include <iopt/iopt.h>
#include <stdio.h>

enum { MAX_PORTS = 8 };

/* Makes the inputs of a plan, runs it, prints the outputs' first elements. */
static IoptStatus run_plan(const IoptPlan *plan, IoptError *err)
{
    IoptTensor *in[MAX_PORTS] = { NULL }, *out[MAX_PORTS] = { NULL };
    const size_t n_in = iopt_plan_inputs(plan), n_out = iopt_plan_outputs(plan);
    IoptStatus status = n_in <= MAX_PORTS && n_out <= MAX_PORTS ? IOPT_OK : IOPT_UNSUPPORTED;
    IoptRun *run = NULL;

    for (size_t i = 0; i < n_in && status == IOPT_OK; i++) {
        const IoptPort *const port = iopt_plan_input(plan, i);
        status = iopt_tensor_create(port->dtype, &port->shape, &in[i], err);
    }
    if (status == IOPT_OK)
        status = iopt_run_create(plan, &run, err);
    if (status == IOPT_OK)
        status = iopt_run_new(run, (const IoptTensor *const *)in, out, err);
    for (size_t i = 0; i < n_out && status == IOPT_OK; i++)
        if (out[i]->dtype == IOPT_F32 && iopt_elems(out[i]) > 0)
            printf("%s[0] = %g\n", iopt_plan_output(plan, i)->name, *(const float *)out[i]->data);
    for (size_t i = 0; i < MAX_PORTS; i++) {
        iopt_tensor_destroy(in[i]);
        iopt_tensor_destroy(out[i]);
    }
    iopt_run_destroy(run);
    return status;
}

int main(int argc, char **argv)
{
    const IoptPlanOptions options = { .batch = 1 };
    IoptError err = { IOPT_OK, "too many inputs or outputs" };
    IoptGraph *graph = NULL;
    IoptPlan *plan = NULL;
    double difference;

    if (argc != 2) {
        fprintf(stderr, "usage: optimize_and_run MODEL\n");
        return 2;
    }
    IoptStatus status = iopt_graph_load(argv[1], NULL, &graph, &err);
    if (status == IOPT_OK) {
        printf("%zu nodes before\n", iopt_graph_nodes(graph));
        status = iopt_graph_optimize(&graph, NULL, &difference, &err);
    }
    if (status == IOPT_OK) {
        printf("%zu nodes after; outputs differ by %.1e\n", iopt_graph_nodes(graph), difference);
        status = iopt_plan_create(graph, &options, &plan, &err);
    }
    if (status == IOPT_OK)
        status = run_plan(plan, &err);
    if (status != IOPT_OK)
        fprintf(stderr, "optimize_and_run: %s: %s\n", iopt_status_text(status), err.text);
    iopt_plan_destroy(plan);
    iopt_graph_destroy(graph);
    return status == IOPT_OK ? 0 : 1;
}
