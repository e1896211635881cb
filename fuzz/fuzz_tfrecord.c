/* A TFRecord file, and each of its records as an Example. */
#include "formats/example.h"
#include "formats/tfrecord.h"
#include "fuzz_input.h"

static void read_example(const void *data, size_t size)
{
    IoptExample *example;
    IoptBytes bytes;
    int64_t number;

    if (iopt_example_parse(data, size, &example, NULL) != IOPT_OK)
        return;
    (void)iopt_example_bytes(example, "image/encoded", &bytes);
    (void)iopt_example_int(example, "image/class/label", &number);
    (void)iopt_example_keys(example);
    iopt_example_free(example);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IoptTfrecord *reader;
    IoptError err;
    const void *record;
    size_t record_size;

    read_example(data, size); /* as it is: checksums would hide the decoder behind them */
    if (iopt_tfrecord_open(fuzz_file(data, size), &reader, &err) != IOPT_OK)
        return 0;
    while (iopt_tfrecord_next(reader, &record, &record_size, &err) == IOPT_OK && record)
        read_example(record, record_size);
    iopt_tfrecord_close(reader);
    return 0;
}
