/* .npy arrays of every type, order and version, there and back; damaged ones are refused. */
#include <stdio.h>
#include <string.h>

#include "formats/npy.h"
#include "t_bytes.h"
#include "tensor/tensor.h"

static const char *array_path(const char *name)
{
    char file[96];

    (void)snprintf(file, sizeof file, "arrays/%s.npy", name);
    return t_path(t_data_dir(), file);
}

static IoptTensor *read_array(Test *t, const char *name, IoptDType want)
{
    IoptTensor *tensor;

    T_OK(t, iopt_npy_read(array_path(name), want, &tensor, &t->err));
    return tensor;
}

/* What is written is what numpy wrote, byte for byte. */
static void check_written(Test *t, const IoptTensor *tensor, const char *name)
{
    const char *const path = t_path(t_temp_dir(), "written.npy");

    T_OK(t, iopt_npy_write(path, tensor, &t->err));
    IoptBuffer *const got = t_map(t, path), *const want = t_map(t, array_path(name));
    if (iopt_buffer_bytes(got) != iopt_buffer_bytes(want) ||
        memcmp(iopt_buffer_data(got), iopt_buffer_data(want), iopt_buffer_bytes(got)) != 0)
        T_FAIL(t, "%s.npy is written otherwise than numpy does", name);
    iopt_buffer_unref(got);
    iopt_buffer_unref(want);
}

static void every_type_goes_there_and_back(Test *t)
{
    static const struct {
        const char *name;
        IoptDType dtype;
    } types[] = { { "u1", IOPT_U8 },    { "u2", IOPT_U16 },  { "u4", IOPT_U32 },
                  { "u8", IOPT_U64 },   { "i1", IOPT_I8 },   { "i2", IOPT_I16 },
                  { "i4", IOPT_I32 },   { "i8", IOPT_I64 },  { "f2", IOPT_F16 },
                  { "f4", IOPT_F32 },   { "f8", IOPT_F64 },  { "c8", IOPT_C64 },
                  { "c16", IOPT_C128 }, { "b1", IOPT_BOOL }, { "i1", IOPT_QI8 },
                  { "u1", IOPT_QU8 },   { "i2", IOPT_QI16 }, { "u2", IOPT_QU16 },
                  { "i4", IOPT_QI32 },  { "u2", IOPT_BF16 } };

    for (size_t i = 0; i < IOPT_COUNT(types); i++) {
        IoptTensor *const tensor = read_array(t, types[i].name, types[i].dtype);
        T_SAME_INT(t, tensor->dtype, types[i].dtype);
        T_SAME_TEXT(t, iopt_shape_text(&tensor->shape).s, "[2,3,4]");
        check_written(t, tensor, types[i].name);
        iopt_tensor_destroy(tensor);
    }
}

static void other_orders_and_versions_are_turned(Test *t)
{
    static const char *const names[] = { "fortran", "big_endian", "version2", "version3" };
    IoptTensor *const want = read_array(t, "f4", IOPT_F32);

    for (size_t i = 0; i < IOPT_COUNT(names); i++) {
        IoptTensor *const got = read_array(t, names[i], IOPT_DTYPE_NONE);
        if (!iopt_tensor_equal(got, want))
            T_FAIL(t, "%s.npy is not the array", names[i]);
        iopt_tensor_destroy(got);
    }
    IoptTensor *const complex = read_array(t, "big_fortran", IOPT_C64);
    for (int i = 0; i < 24; i++) {
        const float *const value = (const float *)complex->data + 2 * i;
        T_CHECK(t, value[0] == (float)i && value[1] == (float)(2 * i));
    }
    iopt_tensor_destroy(complex);
    iopt_tensor_destroy(want);
}

static void scalars_and_empty_arrays(Test *t)
{
    IoptTensor *const scalar = read_array(t, "scalar", IOPT_DTYPE_NONE);
    IoptTensor *const empty = read_array(t, "empty", IOPT_DTYPE_NONE);

    T_SAME_INT(t, scalar->shape.rank, 0);
    T_CHECK(t, *iopt_f32(scalar) == 2.5f);
    check_written(t, scalar, "scalar");
    T_SAME_TEXT(t, iopt_tensor_text(empty).s, "int32[3,0]");
    check_written(t, empty, "empty");
    iopt_tensor_destroy(scalar);
    iopt_tensor_destroy(empty);
}

static void strings_lose_their_padding(Test *t)
{
    IoptTensor *const array = read_array(t, "strings", IOPT_DTYPE_NONE);
    IoptTensor *const lone = read_array(t, "string", IOPT_STRING);
    IoptTensor *const none = read_array(t, "no_string", IOPT_STRING);
    const IoptBytes *const elems = array->data, *const one = lone->data, *const no = none->data;

    T_SAME_INT(t, elems[0].size, 1);
    T_SAME_INT(t, elems[1].size, 3);
    T_SAME_INT(t, elems[2].size, 0);
    T_CHECK(t, memcmp(elems[1].data, "bcd", 3) == 0);
    T_SAME_INT(t, one->size, 4);
    T_CHECK(t, memcmp(one->data, "a\0b\0", 4) == 0);
    T_SAME_INT(t, no->size, 0);
    check_written(t, array, "strings");
    check_written(t, lone, "string");
    check_written(t, none, "no_string");
    iopt_tensor_destroy(array);
    iopt_tensor_destroy(lone);
    iopt_tensor_destroy(none);
}

static void what_no_tensor_has_is_refused(Test *t)
{
    IoptTensor *tensor;

    T_FAILS(t, iopt_npy_read(array_path("unicode"), IOPT_DTYPE_NONE, &tensor, &t->err),
            IOPT_UNSUPPORTED, "<U4");
    T_FAILS(t, iopt_npy_read(array_path("struct"), IOPT_DTYPE_NONE, &tensor, &t->err),
            IOPT_BAD_DATA, "structured");
    T_FAILS(t, iopt_npy_read(array_path("f4"), IOPT_QU8, &tensor, &t->err), IOPT_BAD_DATA,
            "want quint8, got float");
    T_FAILS(t, iopt_npy_read("/nonexistent.npy", IOPT_QU8, &tensor, &t->err), IOPT_NOT_FOUND,
            "nonexistent");
    T_CHECK(t, tensor == NULL);
}

static void parse_header(Test *t, const char *header, const char *message)
{
    char file[256] = "\x93NUMPY\x01";
    const size_t length = strlen(header);
    IoptTensor *tensor;

    file[8] = (char)length;
    memcpy(file + 10, header, length);
    T_FAILS(t, iopt_npy_parse(file, 10 + length, IOPT_DTYPE_NONE, &tensor, &t->err), IOPT_BAD_DATA,
            message);
}

static void lies_in_the_header_are_found(Test *t)
{
    parse_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
                 "truncated");
    parse_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
                 "not understood");
    parse_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "not understood");
    parse_header(t, "{'descr': '<f4', 'fortran_order': False}", "not understood");
    parse_header(t, "{'descr': '<f4', 'fortran_order': 0, 'shape': ()}", "not understood");
    parse_header(t, "{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1,1,1)}",
                 "not understood");
    parse_header(t, "", "not understood");
    parse_header(t, "{", "not understood");
}

static void parse_damaged(void *context, const void *bytes, size_t size)
{
    IoptTensor *tensor;

    (void)context;
    if (iopt_npy_parse(bytes, size, IOPT_DTYPE_NONE, &tensor, NULL) == IOPT_OK)
        iopt_tensor_destroy(tensor);
}

static void damage_does_not_crash(Test *t)
{
    static const char *const names[] = { "big_fortran", "strings", "version3" };

    for (size_t i = 0; i < IOPT_COUNT(names); i++) {
        IoptBuffer *const file = t_map(t, array_path(names[i]));
        t_damage(t, file, parse_damaged, NULL);
        iopt_buffer_unref(file);
    }
}

const TestCase tests_npy[] = {
    TEST(every_type_goes_there_and_back), TEST(other_orders_and_versions_are_turned),
    TEST(scalars_and_empty_arrays),       TEST(strings_lose_their_padding),
    TEST(what_no_tensor_has_is_refused),  TEST(lies_in_the_header_are_found),
    TEST(damage_does_not_crash),          { 0 },
};
