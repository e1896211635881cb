/* Inputs out of nothing, the same for the same seed. */
#include <stdlib.h>

#include "measure/network.h"
#include "tensor/tensor.h"

/* splitmix64: a counter, scrambled.
 *   source  G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators" (2014) */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool is_float(IoptDType dtype)
{
    return dtype == IOPT_F32 || dtype == IOPT_F64 || dtype == IOPT_F16 || dtype == IOPT_BF16;
}

static void fill(IoptTensor *tensor, uint64_t *state)
{
    for (size_t i = 0; is_float(tensor->dtype) && i < iopt_elems(tensor); i++)
        iopt_tensor_set_f64(tensor, i, (double)(next_random(state) >> 40) / 0x1p24);
}

IoptStatus iopt_seeded_inputs(const IoptPlan *plan, uint64_t seed, IoptTensor ***out,
                              IoptError *err)
{
    const size_t count = iopt_plan_inputs(plan);
    uint64_t state = seed;
    void *block;

    *out = NULL;
    IOPT_TRY(iopt_alloc(&block, count, sizeof(IoptTensor *), err));
    IoptTensor **const inputs = block;
    for (size_t i = 0; i < count; i++) {
        const IoptPort *const port = iopt_plan_input(plan, i);
        IoptShape shape = port->shape;
        for (int k = 0; k < shape.rank; k++)
            shape.dim[k] = shape.dim[k] < 0 ? 1 : shape.dim[k];
        IoptStatus status;
        if (shape.rank < 0 || port->dtype == IOPT_DTYPE_NONE)
            status = iopt_fail(err, IOPT_INVALID_ARGUMENT,
                               "the shape of input '%s' is not known; say it with --input-shape",
                               port->name);
        else
            status = iopt_tensor_create(port->dtype, &shape, &inputs[i], err);
        if (status != IOPT_OK) {
            iopt_seeded_inputs_free(inputs, count);
            return status;
        }
        fill(inputs[i], &state);
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
