/* A program in plain C: its members one after the other, as the reference engine runs them. */
#include <stdlib.h>

#include "engine/codes/codes.h"

/* The values of members, and pointers to those of the member that runs. */
typedef struct Run {
    const IoptCodesProgram *codes;
    const IoptCodesInputs *inputs;
    IoptTensor **out[IOPT_CODES_MOST_MEMBERS]; /* by member; NULL: not yet */
    const IoptTensor **in;
} Run;

static IoptStatus run_member(Run *run, size_t m, IoptError *err)
{
    const IoptNode *const node = run->codes->member[m];

    for (size_t i = 0; i < node->n_in; i++) {
        const size_t from = iopt_codes_member(run->codes, node->in[i].node);
        run->in[i] = from < m ? run->out[from][node->in[i].port]
                              : run->inputs->in[run->inputs->first[m] + i];
    }
    IOPT_TRY(iopt_alloc((void **)&run->out[m], node->n_out, sizeof *run->out[m], err));
    return iopt_op_eval(iopt_op_find(node->op), node, run->in, run->out[m], err);
}

static void destroy_values(Run *run, size_t keep)
{
    for (size_t m = 0; m < run->codes->n_members; m++) {
        if (!run->out[m])
            continue;
        for (size_t i = 0; i < run->codes->member[m]->n_out && m != keep; i++)
            iopt_tensor_destroy(run->out[m][i]);
        free(run->out[m]);
    }
}

IoptStatus iopt_codes_plain(const IoptCodesProgram *codes, const IoptCodesInputs *inputs,
                            IoptTensor **results, IoptError *err)
{
    const size_t last = codes->n_members - 1;
    Run run = { .codes = codes, .inputs = inputs };
    size_t most = 0;

    for (size_t m = 0; m < codes->n_members; m++)
        most = codes->member[m]->n_in > most ? codes->member[m]->n_in : most;
    IoptStatus status = iopt_alloc((void **)&run.in, most, sizeof *run.in, err);
    for (size_t m = 0; m < codes->n_members && status == IOPT_OK; m++)
        status = run_member(&run, m, err);
    const bool done = status == IOPT_OK;
    for (size_t i = 0; done && i < codes->member[last]->n_out; i++)
        results[i] = run.out[last][i];
    destroy_values(&run, done ? last : codes->n_members);
    free(run.in);
    return status;
}
