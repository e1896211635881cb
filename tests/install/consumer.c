/* A program outside the tree that uses the installed headers and library. */
#include <stdio.h>
#include <string.h>

#include <iopt/status.h>
#include <iopt/tensor.h>

int main(void)
{
    const int64_t dims[] = { 2, 3 };
    const IoptShape shape = iopt_shape(2, dims);
    IoptTensor *tensor = NULL;
    IoptError err;

    if (iopt_tensor_create(IOPT_F32, &shape, &tensor, &err) != IOPT_OK) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    const size_t elems = iopt_elems(tensor);
    iopt_tensor_destroy(tensor);
    return elems == 6 && strcmp(iopt_status_text(IOPT_BAD_MODEL), "bad model") == 0 ? 0 : 1;
}
