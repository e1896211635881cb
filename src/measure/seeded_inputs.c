/* Inputs out of nothing, the same for the same seed. */
#include <stdlib.h>

#include "measure/network.h"
#include "measure/pass_check.h"
#include "tensor/tensor.h"

static IoptStatus make(const IoptPort *port, uint64_t seed, IoptTensor **out, IoptError *err)
{
    IoptShape shape = port->shape;

    if (shape.rank < 0 || port->dtype == IOPT_DTYPE_NONE)
        return iopt_fail(err, IOPT_INVALID_ARGUMENT,
                         "the shape of input '%s' is not known; say it with --input-shape",
                         port->name);
    for (int i = 0; i < shape.rank; i++)
        shape.dim[i] = shape.dim[i] < 0 ? 1 : shape.dim[i];
    IOPT_TRY(iopt_tensor_create(port->dtype, &shape, out, err));
    iopt_fill_seeded(*out, seed);
    return IOPT_OK;
}

IoptStatus iopt_seeded_inputs(const IoptPlan *plan, uint64_t seed, IoptTensor ***out,
                              IoptError *err)
{
    const size_t count = iopt_plan_inputs(plan);
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptTensor *), err));
    IoptTensor **const inputs = block;
    for (size_t i = 0; i < count; i++) {
        const IoptStatus status = make(iopt_plan_input(plan, i), seed + i, &inputs[i], err);
        if (status != IOPT_OK) {
            iopt_seeded_inputs_free(inputs, count);
            return status;
        }
    }
    *out = inputs;
    return IOPT_OK;
}

void iopt_seeded_inputs_free(IoptTensor **inputs, size_t count)
{
    for (size_t i = 0; inputs && i < count; i++)
        iopt_tensor_destroy(inputs[i]);
    free(inputs);
}
