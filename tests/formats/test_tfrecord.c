/* TFRecord files and the Examples in them; checksums find all damage. */
#include <stdlib.h>
#include <string.h>

#include "formats/crc32c.h"
#include "formats/example.h"
#include "formats/image.h"
#include "formats/tfrecord.h"
#include "t_bytes.h"

static void checksum_is_castagnolis(Test *t)
{
    unsigned char zeros[32] = { 0 };

    T_SAME_INT(t, iopt_crc32c(0, "123456789", 9), 0xe3069283u);
    T_SAME_INT(t, iopt_crc32c(iopt_crc32c(0, "1234", 4), "56789", 5), 0xe3069283u);
    T_SAME_INT(t, iopt_crc32c(0, zeros, sizeof zeros), 0x8a9136aau); /* RFC 3720 */
    T_SAME_INT(t, iopt_crc32c_mask(0), 0xa282ead8u);
}

static void check_records(Test *t, const char *path)
{
    IoptTfrecord *reader;
    const void *data;
    size_t size;
    int64_t count = 0;

    T_CHECK(t, iopt_tfrecord_recognize(path));
    T_OK(t, iopt_tfrecord_open(path, &reader, &t->err));
    for (;; count++) {
        IoptExample *example;
        IoptBytes image;
        int64_t label;
        T_OK(t, iopt_tfrecord_next(reader, &data, &size, &t->err));
        if (!data)
            break;
        T_SAME_INT(t, iopt_tfrecord_number(reader), count);
        T_OK(t, iopt_example_parse(data, size, &example, &t->err));
        T_CHECK(t, iopt_example_int(example, "image/class/label", &label) && label == count + 1);
        T_CHECK(t, iopt_example_bytes(example, "image/encoded", &image));
        T_CHECK(t, iopt_image_format(image.data, image.size) != IOPT_IMAGE_UNKNOWN);
        T_CHECK(t, !iopt_example_bytes(example, "image/class/label", &image));
        T_CHECK(t, !iopt_example_int(example, "label", &label));
        T_SAME_TEXT(t, iopt_example_keys(example).s,
                    "image/class/label, image/encoded, image/class/text");
        iopt_example_free(example);
    }
    T_SAME_INT(t, count, 3);
    iopt_tfrecord_close(reader);
}

static void compression_is_told_by_content(Test *t)
{
    check_records(t, t_path(t_data_dir(), "records/plain.tfrecord"));
    check_records(t, t_path(t_data_dir(), "records/gzip.tfrecord"));
    check_records(t, t_path(t_data_dir(), "records/zlib.tfrecord"));
}

static void written_records_are_read(Test *t)
{
    const char *const path = t_path(t_temp_dir(), "written.tfrecord");
    const int64_t label = -7;
    IoptOutput *output;
    IoptTfrecord *reader;
    IoptExample *example;
    IoptBytes image;
    int64_t got;
    const void *data;
    void *made;
    size_t size;

    T_OK(t, iopt_example_make("pixels", 6, &label, &made, &size, &t->err));
    T_OK(t, iopt_output_open(path, &output, &t->err));
    T_OK(t, iopt_tfrecord_write(output, made, size, &t->err));
    T_OK(t, iopt_tfrecord_write(output, "", 0, &t->err));
    T_OK(t, iopt_output_commit(output, &t->err));
    free(made);
    T_OK(t, iopt_tfrecord_open(path, &reader, &t->err));
    T_OK(t, iopt_tfrecord_next(reader, &data, &size, &t->err));
    T_OK(t, iopt_example_parse(data, size, &example, &t->err));
    T_CHECK(t, iopt_example_int(example, "image/class/label", &got) && got == label);
    T_CHECK(t, iopt_example_bytes(example, "image/encoded", &image) && image.size == 6);
    iopt_example_free(example);
    T_OK(t, iopt_tfrecord_next(reader, &data, &size, &t->err));
    T_CHECK(t, data && size == 0);
    T_OK(t, iopt_tfrecord_next(reader, &data, &size, &t->err));
    T_CHECK(t, !data);
    iopt_tfrecord_close(reader);
}

/* Reads to the end or to the first error, whose status it gives. */
static IoptStatus read_all(Test *t, const char *path, int *count)
{
    IoptTfrecord *reader;
    const void *data = "";
    size_t size;

    *count = 0;
    IoptStatus status = iopt_tfrecord_open(path, &reader, &t->err);
    if (status != IOPT_OK)
        return status;
    while (status == IOPT_OK && data) {
        status = iopt_tfrecord_next(reader, &data, &size, &t->err);
        *count += data != NULL;
    }
    iopt_tfrecord_close(reader);
    return status;
}

static void damage_is_named(Test *t)
{
    IoptBuffer *const file = t_map(t, t_path(t_data_dir(), "records/plain.tfrecord"));
    const size_t size = iopt_buffer_bytes(file);
    char *const copy = malloc(size);
    int count;

    T_CHECK(t, copy);
    memcpy(copy, iopt_buffer_data(file), size);
    iopt_buffer_unref(file);
    copy[size - 10] ^= 1;
    T_FAILS(t, read_all(t, t_write(t, "bad.tfrecord", copy, size), &count), IOPT_BAD_DATA,
            "bad.tfrecord': corrupted TFRecord file: record 2 at offset ");
    T_CHECK(t, strstr(t->err.text, "wrong checksum of the data"));
    T_SAME_INT(t, count, 2);
    T_FAILS(t, read_all(t, t_write(t, "cut.tfrecord", copy, size - 20), &count), IOPT_BAD_DATA,
            "the file ends within a record");
    copy[0] ^= 1;
    T_FAILS(t, read_all(t, t_write(t, "bad.tfrecord", copy, size), &count), IOPT_BAD_DATA,
            "not a TFRecord file, or its first record is corrupted");
    T_OK(t, read_all(t, t_write(t, "empty.tfrecord", "", 0), &count));
    T_CHECK(t, !iopt_tfrecord_recognize(t_path(t_temp_dir(), "empty.tfrecord")));
    free(copy);
}

typedef struct Damage {
    Test *t;
    size_t read_whole; /* damaged files that gave all records without complaint */
} Damage;

static void read_damaged(void *context, const void *bytes, size_t size)
{
    Damage *const damage = context;
    int count;

    if (read_all(damage->t, t_write(damage->t, "damaged.tfrecord", bytes, size), &count) ==
            IOPT_OK &&
        count == 3)
        damage->read_whole++;
}

static void damage_does_not_crash(Test *t)
{
    static const char *const names[] = { "records/small.tfrecord", "records/small_gzip.tfrecord" };
    size_t unnoticed[2];

    for (size_t i = 0; i < 2; i++) {
        Damage damage = { .t = t };
        IoptBuffer *const file = t_map(t, t_path(t_data_dir(), names[i]));
        t_damage(t, file, read_damaged, &damage);
        unnoticed[i] = damage.read_whole;
        iopt_buffer_unref(file);
    }
    T_SAME_INT(t, unnoticed[0], 0);
    T_CHECK(t, unnoticed[1] < 40); /* gzip's header holds bytes without meaning: time, system */
}

static void parse_damaged(void *context, const void *bytes, size_t size)
{
    IoptExample *example;

    (void)context;
    if (iopt_example_parse(bytes, size, &example, NULL) != IOPT_OK)
        return;
    (void)iopt_example_keys(example);
    iopt_example_free(example);
}

static void broken_examples_do_not_crash(Test *t)
{
    const int64_t label = 3;
    IoptBuffer *whole;
    void *made;
    size_t size;

    T_OK(t, iopt_example_make("pixels", 6, &label, &made, &size, &t->err));
    T_OK(t, iopt_buffer_create(size, &whole, &t->err));
    memcpy(iopt_buffer_data(whole), made, size);
    t_damage(t, whole, parse_damaged, NULL);
    iopt_buffer_unref(whole);
    free(made);
}

const TestCase tests_tfrecord[] = {
    TEST(checksum_is_castagnolis),
    TEST(compression_is_told_by_content),
    TEST(written_records_are_read),
    TEST(damage_is_named),
    TEST(damage_does_not_crash),
    TEST(broken_examples_do_not_crash),
    { 0 },
};
