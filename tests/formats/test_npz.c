/* .npz archives, stored and deflated. */
#include <stdint.h>
#include <string.h>

#include "formats/npz.h"
#include "t_bytes.h"
#include "tensor/tensor.h"

static void check_archive(Test *t, const char *path)
{
    IoptNpz *npz;
    IoptTensor *images, *labels;

    T_OK(t, iopt_npz_open(path, &npz, &t->err));
    T_SAME_INT(t, iopt_npz_count(npz), 2);
    T_SAME_TEXT(t, iopt_npz_name(npz, 1), "labels");
    T_CHECK(t, iopt_npz_find(npz, "weights") == SIZE_MAX);
    T_OK(t, iopt_npz_read(npz, iopt_npz_find(npz, "images"), IOPT_U8, &images, &t->err));
    T_OK(t, iopt_npz_read(npz, iopt_npz_find(npz, "labels"), IOPT_I64, &labels, &t->err));
    T_SAME_TEXT(t, iopt_tensor_text(images).s, "uint8[2,4,4,3]");
    for (size_t i = 0; i < iopt_elems(images); i++)
        T_SAME_INT(t, ((const unsigned char *)images->data)[i], i);
    T_SAME_INT(t, ((const int64_t *)labels->data)[0], 1);
    iopt_tensor_destroy(images);
    iopt_tensor_destroy(labels);
    iopt_npz_close(npz);
}

static void stored_and_deflated_arrays_are_read(Test *t)
{
    check_archive(t, t_path(t_data_dir(), "arrays/stored.npz"));
    check_archive(t, t_path(t_data_dir(), "arrays/deflated.npz"));
}

static void other_files_are_refused(Test *t)
{
    IoptNpz *npz;

    T_FAILS(t, iopt_npz_open(t_path(t_data_dir(), "arrays/f4.npy"), &npz, &t->err), IOPT_BAD_DATA,
            "not a zip file");
    T_FAILS(t, iopt_npz_open(t_write(t, "none.npz", "", 0), &npz, &t->err), IOPT_BAD_DATA,
            "not a zip file");
    T_CHECK(t, npz == NULL);
}

/* The first member claims to unpack to 4 GB. */
static void bombs_are_refused(Test *t)
{
    IoptBuffer *const file = t_map(t, t_path(t_data_dir(), "arrays/deflated.npz"));
    const size_t size = iopt_buffer_bytes(file);
    unsigned char copy[1024];
    IoptNpz *npz;
    IoptBuffer *bytes;

    T_CHECK(t, size < sizeof copy);
    memcpy(copy, iopt_buffer_data(file), size);
    iopt_buffer_unref(file);
    for (size_t i = 0; i + 28 < size; i++)
        if (memcmp(copy + i, "PK\x01\x02", 4) == 0)
            memcpy(copy + i + 24, "\xfe\xff\xff\xff", 4);
    T_OK(t, iopt_npz_open(t_write(t, "bomb.npz", copy, size), &npz, &t->err));
    T_FAILS(t, iopt_npz_bytes(npz, 0, &bytes, &t->err), IOPT_BAD_DATA, "impossible size");
    iopt_npz_close(npz);
}

static void read_damaged(void *context, const void *bytes, size_t size)
{
    Test *const t = context;
    IoptNpz *npz;
    IoptTensor *tensor;

    if (iopt_npz_open(t_write(t, "damaged.npz", bytes, size), &npz, &t->err) != IOPT_OK)
        return;
    for (size_t i = 0; i < iopt_npz_count(npz); i++)
        if (iopt_npz_read(npz, i, IOPT_DTYPE_NONE, &tensor, &t->err) == IOPT_OK)
            iopt_tensor_destroy(tensor);
    iopt_npz_close(npz);
}

static void damage_does_not_crash(Test *t)
{
    IoptBuffer *const file = t_map(t, t_path(t_data_dir(), "arrays/deflated.npz"));

    t_damage(t, file, read_damaged, t);
    iopt_buffer_unref(file);
}

const TestCase tests_npz[] = {
    TEST(stored_and_deflated_arrays_are_read),
    TEST(other_files_are_refused),
    TEST(bombs_are_refused),
    TEST(damage_does_not_crash),
    { 0 },
};
