/* A .npy file. */
#include "formats/npy.h"
#include "fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptTensor *tensor;
    IoptError err;

    if (iopt_npy_parse(data, size, IOPT_DTYPE_NONE, &tensor, &err) == IOPT_OK)
        iopt_tensor_destroy(tensor);
    return 0;
}
