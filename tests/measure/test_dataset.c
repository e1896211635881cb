/* Data sets of every kind, their labels, and what is said about broken ones. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "measure/dataset.h"
#include "t_bytes.h"
#include "tensor/tensor.h"

static const IoptDatasetOptions standard = { .label_offset = IOPT_LABEL_OFFSET_AUTO };

/* "name=label name=label": all items in order. */
static void expect_items(Test *t, const char *data, const IoptDatasetOptions *options,
                         const char *want)
{
    IoptDataset *dataset;
    const IoptDataItem *item;

    T_OK(t, iopt_dataset_open(data, options, &dataset, &t->err));
    for (int round = 0; round < 2; round++) {
        char got[1024] = "";
        size_t used = 0, index = 0;
        for (;;) {
            T_OK(t, iopt_dataset_next(dataset, &item, &t->err));
            if (!item)
                break;
            T_SAME_INT(t, item->index, index++);
            T_CHECK(t, !!item->encoded.data + !!item->array.data + !!item->problem == 1);
            used +=
                (size_t)snprintf(got + used, sizeof got - used, "%s%s=%" PRId64, used ? "; " : "",
                                 item->name, item->has_label ? item->target : -99);
        }
        T_SAME_TEXT(t, got, want);
        T_OK(t, iopt_dataset_rewind(dataset, &t->err));
    }
    iopt_dataset_close(dataset);
}

static void expect_refusal(Test *t, const char *data, const IoptDatasetOptions *options,
                           IoptStatus status, const char *message)
{
    IoptDataset *dataset;

    T_FAILS(t, iopt_dataset_open(data, options, &dataset, &t->err), status, message);
    T_CHECK(t, dataset == NULL);
}

static const char *folder(const char *name)
{
    const char *const path = t_path(t_temp_dir(), name);

    (void)mkdir(path, 0777);
    return path;
}

/* A copy of a committed file; `name` may hold a folder. */
static const char *copy(Test *t, const char *from, const char *name)
{
    IoptBuffer *const file = t_map(t, t_path(t_data_dir(), from));
    const char *const path = t_write(t, name, iopt_buffer_data(file), iopt_buffer_bytes(file));

    iopt_buffer_unref(file);
    return path;
}

static void records_come_from_files_folders_and_patterns(Test *t)
{
    static const char want[] = "a.rec, record 0=1; a.rec, record 1=2; a.rec, record 2=3; "
                               "b.rec, record 0=1; b.rec, record 1=2; b.rec, record 2=3";
    const char *const records = folder("records");
    char both[256];

    (void)copy(t, "records/gzip.tfrecord", "records/a.rec");
    (void)copy(t, "records/plain.tfrecord", "records/b.rec");
    (void)t_write(t, "records/labels.txt", "cat\ndog\n", 8);
    (void)t_write(t, "records/empty", "", 0);
    expect_items(t, records, &standard, want);
    expect_items(t, t_path(records, "*.rec"), &standard, want);
    (void)snprintf(both, sizeof both, "%s/a.rec,%s/b.rec", records, records);
    expect_items(t, both, &standard, want);
    IoptDatasetOptions options = standard;
    options.limit = 2;
    options.classes = 3;
    expect_items(t, records, &options, "a.rec, record 0=0; a.rec, record 1=1");
}

static void class_folders_are_numbered_by_name(Test *t)
{
    const char *const root = folder("classes");
    IoptDataset *dataset;

    (void)folder("classes/dog");
    (void)folder("classes/cat");
    (void)copy(t, "arrays/f4.npy", "classes/dog/2.jpg");
    (void)copy(t, "arrays/f4.npy", "classes/dog/1.jpg");
    (void)copy(t, "arrays/f4.npy", "classes/cat/3.jpg");
    (void)t_write(t, "classes/cat/.hidden", "x", 1);
    expect_items(t, root, &standard, "cat/3.jpg=0; dog/1.jpg=1; dog/2.jpg=1");
    IoptDatasetOptions options = standard;
    options.classes = 3; /* one more: the background comes first */
    expect_items(t, root, &options, "cat/3.jpg=1; dog/1.jpg=2; dog/2.jpg=2");
    T_OK(t, iopt_dataset_open(root, &options, &dataset, &t->err));
    T_SAME_TEXT(t, iopt_dataset_kind_text(dataset), "2 class folders, 3 files");
    T_SAME_TEXT(t, iopt_dataset_label_text(dataset), "labels 0..1, 3 classes: offset 1 (guessed)");
    T_SAME_TEXT(t, iopt_dataset_class_name(dataset, 1), "dog");
    T_CHECK(t, !iopt_dataset_class_name(dataset, 2));
    T_SAME_INT(t, iopt_dataset_count(dataset), 3);
    iopt_dataset_close(dataset);
}

static void a_list_gives_labels(Test *t)
{
    static const char lines[] = "a cat.jpg\t7\r\n\n  b.jpg 0\nmissing.jpg 1";
    const char *const root = folder("list");
    IoptDatasetOptions options = standard;

    (void)copy(t, "arrays/f4.npy", "list/a cat.jpg");
    (void)copy(t, "arrays/f4.npy", "list/b.jpg");
    options.labels_file = t_write(t, "list.txt", lines, sizeof lines - 1);
    expect_items(t, root, &options, "a cat.jpg=7; b.jpg=0; missing.jpg=1");
    options.labels_file = t_write(t, "bad.txt", "a.jpg 1\nb.jpg x\n", 16);
    expect_refusal(t, root, &options, IOPT_BAD_DATA, "bad.txt' line 2: want 'file label'");
    options.labels_file = t_write(t, "none.txt", "\n", 1);
    expect_refusal(t, root, &options, IOPT_BAD_DATA, "no lines");
    expect_refusal(t, t_path(t_data_dir(), "records/plain.tfrecord"), &options,
                   IOPT_INVALID_ARGUMENT, "--labels-file goes with");
    options.labels_file = "/nonexistent";
    expect_refusal(t, root, &options, IOPT_NOT_FOUND, "'/nonexistent'");
}

static void arrays_are_paired(Test *t)
{
    IoptDataset *dataset;
    const IoptDataItem *item;
    char pair[512], want[512];
    const char *const npz = t_path(t_data_dir(), "arrays/deflated.npz");

    (void)snprintf(want, sizeof want, "%s[0]=1; %s[1]=0", npz, npz);
    expect_items(t, npz, &standard, want);
    T_OK(t, iopt_dataset_open(t_path(t_data_dir(), "arrays/stored.npz"), &standard, &dataset,
                              &t->err));
    T_OK(t, iopt_dataset_next(dataset, &item, &t->err));
    T_OK(t, iopt_dataset_next(dataset, &item, &t->err));
    T_SAME_TEXT(t, iopt_tensor_text(&item->array).s, "uint8[4,4,3]");
    T_SAME_INT(t, *(const unsigned char *)item->array.data, 48);
    iopt_dataset_close(dataset);
    /* [2,3,4]: two gray pictures; as float in Fortran order they have to be turned */
    (void)snprintf(pair, sizeof pair, "%s,%s", t_path(t_data_dir(), "arrays/fortran.npy"),
                   t_path(t_data_dir(), "arrays/f4.npy"));
    expect_refusal(t, pair, &standard, IOPT_BAD_DATA, "want images");
    T_OK(t, iopt_dataset_open(t_path(t_data_dir(), "arrays/fortran.npy"), &standard, &dataset,
                              &t->err));
    T_OK(t, iopt_dataset_next(dataset, &item, &t->err));
    T_SAME_TEXT(t, iopt_tensor_text(&item->array).s, "float[3,4,1]");
    T_CHECK(t, ((const float *)item->array.data)[11] == 11);
    T_CHECK(t, !iopt_dataset_has_labels(dataset));
    iopt_dataset_close(dataset);
}

static void labels_are_checked(Test *t)
{
    const char *const path = t_path(t_data_dir(), "records/plain.tfrecord"); /* labels 1..3 */
    IoptDatasetOptions options = standard;
    IoptDataset *dataset;
    const IoptDataItem *item;

    options.classes = 4;
    T_OK(t, iopt_dataset_open(path, &options, &dataset, &t->err));
    T_SAME_INT(t, iopt_dataset_label_offset(dataset), 0);
    iopt_dataset_close(dataset);
    options.classes = 1000;
    T_OK(t, iopt_dataset_open(path, &options, &dataset, &t->err));
    T_SAME_INT(t, iopt_dataset_label_offset(dataset), -1);
    iopt_dataset_close(dataset);
    options.label_offset = 1;
    options.classes = 2;
    T_OK(t, iopt_dataset_open(path, &options, &dataset, &t->err));
    T_FAILS(t, iopt_dataset_next(dataset, &item, &t->err), IOPT_BAD_DATA,
            "record 0': label 1 (offset 1) is out of range: the network has classes 0..1");
    iopt_dataset_close(dataset);
}

static void bad_data_is_described(Test *t)
{
    IoptDatasetOptions options = standard;

    options.labels_required = true;
    expect_refusal(t, "/nonexistent", &standard, IOPT_NOT_FOUND, "'/nonexistent': no such file");
    expect_refusal(t, "", &standard, IOPT_INVALID_ARGUMENT, "no data");
    expect_refusal(t, folder("void"), &standard, IOPT_BAD_DATA, "is an empty folder");
    expect_refusal(t, t_write(t, "nil", "", 0), &standard, IOPT_BAD_DATA, "is empty");
    expect_refusal(t, t_write(t, "page", "<html>", 6), &standard, IOPT_BAD_DATA,
                   "is not understood");
    expect_refusal(t, t_path(t_data_dir(), "arrays/fortran.npy"), &options, IOPT_BAD_DATA,
                   "has no labels");
    expect_refusal(t, t_path(t_data_dir(), "arrays/strings.npy"), &standard, IOPT_BAD_DATA,
                   "want images");
    options = standard;
    options.image_key = "jpeg";
    expect_refusal(t, t_path(t_data_dir(), "records/plain.tfrecord"), &options, IOPT_BAD_DATA,
                   "record 0: there is no feature 'jpeg' with bytes; it has: image/class/label");
    (void)folder("empties");
    (void)folder("empties/class");
    expect_refusal(t, t_path(t_temp_dir(), "empties"), &standard, IOPT_BAD_DATA, "hold no files");
}

static void corrupted_records_are_named(Test *t)
{
    IoptBuffer *const file = t_map(t, t_path(t_data_dir(), "records/plain.tfrecord"));
    const size_t size = iopt_buffer_bytes(file);
    char *const bytes = malloc(size);

    T_CHECK(t, bytes);
    memcpy(bytes, iopt_buffer_data(file), size);
    iopt_buffer_unref(file);
    bytes[size / 2] ^= 4;
    expect_refusal(t, t_write(t, "corrupt", bytes, size), &standard, IOPT_BAD_DATA,
                   "corrupt': corrupted TFRecord file: record 1 at offset ");
    bytes[3] ^= 4;
    expect_refusal(t, t_write(t, "corrupt", bytes, size), &standard, IOPT_BAD_DATA,
                   "first record is corrupted");
    free(bytes);
}

static void shared_photos_are_found(Test *t)
{
    static const struct {
        size_t classes;
        int offset;
    } nets[] = { { 1000, -1 }, { 1001, 0 }, { 0, 0 } };
    IoptDatasetOptions options = standard;

    for (size_t i = 0; t_shared_dir() && i < IOPT_COUNT(nets); i++) {
        IoptDataset *dataset;
        options.classes = nets[i].classes;
        T_OK(t, iopt_dataset_open(t_path(t_shared_dir(), "imagenet-sample"), &options, &dataset,
                                  &t->err));
        T_SAME_TEXT(t, iopt_dataset_kind_text(dataset), "4 TFRecord files");
        T_SAME_INT(t, iopt_dataset_count(dataset), 500);
        T_SAME_INT(t, iopt_dataset_label_offset(dataset), nets[i].offset);
        iopt_dataset_close(dataset);
    }
}

const TestCase tests_dataset[] = {
    TEST(records_come_from_files_folders_and_patterns),
    TEST(class_folders_are_numbered_by_name),
    TEST(a_list_gives_labels),
    TEST(arrays_are_paired),
    TEST(labels_are_checked),
    TEST(bad_data_is_described),
    TEST(corrupted_records_are_named),
    TEST(shared_photos_are_found),
    { 0 },
};
