/* A .npz archive and all of its members. */
#include "formats/npz.h"
#include "fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptNpz *npz;
    IoptTensor *tensor;
    IoptError err;

    if (iopt_npz_open(fuzz_file(data, size), &npz, &err) != IOPT_OK)
        return 0;
    for (size_t i = 0; i < iopt_npz_count(npz); i++) {
        (void)iopt_npz_find(npz, iopt_npz_name(npz, i));
        if (iopt_npz_read(npz, i, IOPT_DTYPE_NONE, &tensor, &err) == IOPT_OK)
            iopt_tensor_destroy(tensor);
    }
    iopt_npz_close(npz);
    return 0;
}
