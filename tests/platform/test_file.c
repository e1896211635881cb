/* Output files appear whole or not at all. */
#include <string.h>

#include "platform/file.h"
#include "t.h"

static void abandoned_output_leaves_the_old_file(Test *t)
{
    const char *const path = t_path(t_temp_dir(), "kept");
    IoptOutput *output;
    IoptBuffer *file;

    T_OK(t, iopt_output_open(path, &output, &t->err));
    T_OK(t, iopt_output_write(output, "old", 3, &t->err));
    T_OK(t, iopt_output_commit(output, &t->err));
    T_OK(t, iopt_output_open(path, &output, &t->err));
    T_OK(t, iopt_output_write(output, "newer", 5, &t->err));
    iopt_output_abandon(output);
    T_OK(t, iopt_file_map(path, &file, &t->err));
    T_SAME_INT(t, iopt_buffer_bytes(file), 3);
    T_CHECK(t, memcmp(iopt_buffer_data(file), "old", 3) == 0);
    iopt_buffer_unref(file);
}

static void full_disk_is_an_error(Test *t)
{
    IoptOutput *output;
    char block[16] = { 0 };

    T_OK(t, iopt_output_open("/dev/full", &output, &t->err));
    T_OK(t, iopt_output_write(output, block, sizeof block, &t->err));
    T_FAILS(t, iopt_output_commit(output, &t->err), IOPT_IO, "No space left");
}

static void missing_file_is_named(Test *t)
{
    IoptBuffer *file;

    T_FAILS(t, iopt_file_map("/nonexistent/x.pb", &file, &t->err), IOPT_NOT_FOUND,
            "'/nonexistent/x.pb': No such file");
    T_CHECK(t, file == NULL);
}

const TestCase tests_file[] = {
    TEST(abandoned_output_leaves_the_old_file),
    TEST(full_disk_is_an_error),
    TEST(missing_file_is_named),
    { 0 },
};
